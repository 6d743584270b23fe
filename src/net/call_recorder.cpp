// SPDX-License-Identifier: Apache-2.0
// The sides are collected and handed over under a lock that is never held during input or output. One task at a time
// (`writing`) takes the waiting pieces in order and writes them. It ends when there are none.
//
// A strand could do this too, but it would put a piece behind work that was posted to the executor meanwhile. Then
// finish() could not promise that the file is complete for work that is posted after it.
//
// A monitor must not throw. Sound for which there is no memory is left out, and counted as dropped. A piece that cannot
// be handed over for lack of memory stays where it is collected, and the next sound tries again. If only the task
// cannot be started, the next piece does that.

#include <audiosocket/net/call_recorder.hpp>
#include <audiosocket/net/detail/unless_memory_is_out.hpp>

#include "net/recorded_piece.hpp"

#include <audiosocket/audio/resampler.hpp>

#include <exception>
#include <list>
#include <mutex>
#include <new>
#include <optional>
#include <stdexcept>
#include <vector>

namespace audiosocket {

using detail::call_side;
using detail::piece_collector;
using detail::recorded_piece;
using detail::unless_memory_is_out;
using std::chrono::nanoseconds;

namespace {

// Enough for half a minute in which the disk does not answer.
constexpr std::size_t pieces_waiting_max = 60;

// Half a minute of both sides at 48 kHz is 6 MB. Only a flood at a high rate has more.
constexpr std::size_t samples_waiting_max = 16 * 1024 * 1024 / sizeof(std::int16_t);

// Few calls with the same name start together; this ends the search if every name in the folder exists.
constexpr int attempts_max = 1000;

} // namespace

struct call_recorder::state : std::enable_shared_from_this<state> {
    state(boost::asio::any_io_executor executor, std::filesystem::path first_name, call_recorder_options chosen)
        : disk(std::move(executor)), wanted(std::move(first_name)), options(std::move(chosen)) {}

    void add(call_side side, std::span<const std::int16_t> samples, int rate_hz, time_point at);
    void finish(waiting_handler waiter);

    // Call it with `sharing` locked.
    bool is_full() const noexcept {
        return waiting.size() >= pieces_waiting_max || samples_waiting >= samples_waiting_max;
    }
    void hand_over(nanoseconds since_start) noexcept;
    void wake();

    // Runs in the task.
    void write_waiting() noexcept;
    std::optional<recorded_piece> take_waiting();
    void write(const recorded_piece& piece);
    void create(int rate_hz);
    void complete();

    // Runs where the failure is found.
    void fail(const std::string& why);

    const boost::asio::any_io_executor disk;
    const std::filesystem::path wanted;
    const call_recorder_options options;
    const time_point start = clock::now();

    mutable std::mutex sharing; // protects the next members
    piece_collector collected{options.memory};
    std::list<recorded_piece> waiting;
    std::size_t samples_waiting = 0;
    bool writing = false;   // the task is posted or running
    bool finishing = false; // nothing more is added
    std::vector<waiting_handler> waiters;
    std::filesystem::path file;
    std::string failure;
    nanoseconds duration{};
    nanoseconds dropped{};

    // Used only in the task.
    std::optional<stereo_recorder> recorder;
    nanoseconds dropped_in_pieces{};
    bool completed = false; // closed and reported
};

void call_recorder::state::add(call_side side, std::span<const std::int16_t> samples, int rate_hz, time_point at) {
    const auto since_start = at - start;
    {
        const std::lock_guard lock(sharing);
        if (finishing || !failure.empty()) return;
        const bool due = collected.is_due(since_start);
        if (!due || !is_full()) {
            if (due) hand_over(since_start);
            collected.add(side, samples, rate_hz, since_start);
            return;
        }
    }
    unless_memory_is_out([this] { // without memory for the text, the next sound tries again
        fail(wanted.string() +
             ": recording stopped: too much sound waits, because the disk is too slow; use a faster one");
    });
}

// Lets the task write what was collected. The next piece begins at this time.
void call_recorder::state::hand_over(nanoseconds since_start) noexcept {
    unless_memory_is_out([&] {
        std::list<recorded_piece> next(1); // first, so that nothing is taken without memory
        next.front() = collected.take(since_start);
        samples_waiting += next.front().samples.size();
        waiting.splice(waiting.end(), next);
        wake();
    });
}

// Starts the task, unless it is running, to write what waits.
void call_recorder::state::wake() {
    if (writing) return;
    boost::asio::post(disk, [self = shared_from_this()] { self->write_waiting(); });
    writing = true;
}

void call_recorder::state::finish(waiting_handler waiter) {
    const std::lock_guard lock(sharing);
    if (finishing && !waiter) return;
    // What may fail comes first. The task begins when this has returned.
    waiters.reserve(waiters.size() + 1);
    wake();
    finishing = true;
    if (waiter) waiters.push_back(std::move(waiter));
}

// The executor of an application may not survive an exception.
void call_recorder::state::write_waiting() noexcept {
    for (bool more = true; more;) {
        try {
            const auto piece = take_waiting();
            more = piece.has_value();
            if (more) write(*piece);
        } catch (const std::exception& e) {
            const bool is_out = dynamic_cast<const std::bad_alloc*>(&e) != nullptr;
            if (is_out || !unless_memory_is_out([&] { fail(e.what()); }))
                unless_memory_is_out([&] { fail("no memory"); }); // short enough to need none
        }
    }
}

// Returns the oldest piece that waits; after finish(), also what was collected since. If there is none, ends the task:
// closes a complete file and reports it.
std::optional<recorded_piece> call_recorder::state::take_waiting() {
    for (;;) {
        {
            const std::lock_guard lock(sharing);
            if (!waiting.empty()) {
                recorded_piece piece = std::move(waiting.front());
                waiting.pop_front();
                samples_waiting -= piece.samples.size();
                return piece;
            }
            if (finishing && !collected.is_empty()) return collected.take({});
            const bool over = finishing || !failure.empty();
            if (!over || (completed && waiters.empty())) {
                writing = false;
                return std::nullopt;
            }
        }
        complete();
    }
}

void call_recorder::state::write(const recorded_piece& piece) {
    if (!recorder && piece.has_audio()) create(options.rate_hz != 0 ? options.rate_hz : piece.rate_hz());
    if (recorder) piece.write_to(*recorder);
    dropped_in_pieces += piece.dropped;
    {
        const std::lock_guard lock(sharing);
        dropped = dropped_in_pieces + (recorder ? recorder->dropped() : nanoseconds{});
        if (recorder) duration = recorder->duration();
    }
    if (recorder && !recorder->ok()) fail(recorder->failure());
}

void call_recorder::state::create(int rate_hz) {
    if (const auto why = options.objection ? options.objection() : std::string(); !why.empty())
        throw sound_error(wanted.string() + ": " + why);
    std::filesystem::path name = wanted;
    for (int attempt = 2; !recorder; ++attempt) {
        try {
            recorder.emplace(name, rate_hz, file_creation{true, options.mode});
        } catch (const sound_file_exists&) {
            if (!options.next_file || attempt > attempts_max) throw;
            auto next = options.next_file(attempt);
            if (next.empty()) throw;
            name = std::move(next);
        }
    }
    const std::lock_guard lock(sharing);
    file = std::move(name);
}

void call_recorder::state::complete() {
    if (recorder) {
        try {
            const bool whole = recorder->finish();
            {
                const std::lock_guard lock(sharing);
                duration = recorder->duration();
            }
            if (!whole) fail(recorder->failure());
        } catch (const std::bad_alloc&) {
            recorder.reset();
            throw;
        }
        recorder.reset();
    }
    std::unique_lock lock(sharing);
    const auto ready = std::exchange(waiters, {});
    const auto lacking = dropped;
    const auto result = failure.empty() ? boost::system::error_code{} : make_error_code(boost::system::errc::io_error);
    lock.unlock();
    if (!std::exchange(completed, true) && lacking.count() > 0 && options.on_dropped)
        unless_memory_is_out([&] { options.on_dropped(lacking); });
    for (const auto& waiter : ready)
        unless_memory_is_out([&] { waiter(result); });
}

void call_recorder::state::fail(const std::string& why) {
    {
        const std::lock_guard lock(sharing);
        if (!failure.empty()) return;
        failure = why;
        waiting.clear();
        samples_waiting = 0;
        collected.take({});                       // frees its share of the memory
        unless_memory_is_out([this] { wake(); }); // otherwise finish() does
    }
    if (options.on_failure) options.on_failure(why);
}

call_recorder::call_recorder(boost::asio::any_io_executor disk, std::filesystem::path file,
                             call_recorder_options options)
    : disk_(std::move(disk)), state_(std::make_shared<state>(disk_, std::move(file), std::move(options))) {
    const int rate_hz = state_->options.rate_hz;
    if (rate_hz != 0 && !resampler::takes(rate_hz))
        throw std::invalid_argument("call_recorder: a rate of " + std::to_string(rate_hz) + " Hz is not between " +
                                    std::to_string(resampler::rate_hz_min) + " and " +
                                    std::to_string(resampler::rate_hz_max));
}

call_recorder::~call_recorder() {
    unless_memory_is_out([this] { finish(); }); // otherwise the end of the recording is missing
}

void call_recorder::received(std::span<const std::int16_t> samples, int rate_hz, time_point at) {
    state_->add(call_side::received, samples, rate_hz, at);
}

void call_recorder::sent(std::span<const std::int16_t> samples, int rate_hz, time_point at) {
    state_->add(call_side::sent, samples, rate_hz, at);
}

void call_recorder::finish() {
    state_->finish({});
}

void call_recorder::finish(state& recording, waiting_handler waiter) {
    recording.finish(std::move(waiter));
}

std::filesystem::path call_recorder::file() const {
    const std::lock_guard lock(state_->sharing);
    return state_->file;
}

nanoseconds call_recorder::duration() const {
    const std::lock_guard lock(state_->sharing);
    return state_->duration;
}

nanoseconds call_recorder::dropped() const {
    const std::lock_guard lock(state_->sharing);
    return state_->dropped;
}

std::string call_recorder::failure() const {
    const std::lock_guard lock(state_->sharing);
    return state_->failure;
}

} // namespace audiosocket
