// SPDX-License-Identifier: Apache-2.0
// Each side is a queue of samples at the file's rate. `end` is how many samples were ever added, so the queue begins at
// end - queue.size(). That is the same frame for both sides: the end of the file.
//
// Invariant after each call: one of the queues is empty, and the other holds at most wait_max.

#include <audiosocket/audio/stereo_recorder.hpp>

#include <audiosocket/audio/resampler.hpp>

#include <algorithm>
#include <cassert>
#include <cstdlib>
#include <limits>
#include <new>
#include <optional>
#include <utility>
#include <vector>

namespace audiosocket {

using std::chrono::nanoseconds;

namespace {

// How often sync() makes the file survive a crash: with each piece of call_recorder, which is every half second. It
// costs a few system calls; the sound itself needs a hundred a second.
constexpr std::chrono::milliseconds sync_interval{500};

// A side that was early for all of this time will not become aligned by itself.
constexpr std::chrono::seconds lead_watch_time{2};

// A block whose peak is below this is a pause: -54 dBFS, less than the noise of a telephone line.
constexpr int pause_peak_max = 64;

// How many converters a side keeps: as many as the protocol has rates.
constexpr std::size_t converters_max = 9;

struct side {
    std::vector<std::int16_t> queue;
    std::int64_t end = 0;
    resampler* to_file_rate = nullptr; // one of `converters`; null while its samples have the file's rate

    // One for each other rate so far: making a filter takes up to 50 us, and a peer may change its kind with each
    // sample.
    std::vector<resampler> converters;

    // How far its end is beyond the time of its blocks, in frames: the least since `lead_watched_at`, and how much of
    // that is still to be removed from its next pauses.
    std::int64_t lead_min = std::numeric_limits<std::int64_t>::max();
    std::int64_t lead_watched_at = 0;
    std::int64_t lead_excess = 0;

    void append(std::span<const std::int16_t> samples) {
        queue.insert(queue.end(), samples.begin(), samples.end());
        end += static_cast<std::int64_t>(samples.size());
    }

    void append_silence(std::int64_t frames) {
        queue.resize(queue.size() + static_cast<std::size_t>(frames));
        end += frames;
    }

    // Writes out what the resampler holds back, before a gap or at the end.
    void drain_resampler() {
        if (!to_file_rate) {
            return;
        }
        const std::size_t before = queue.size();
        // Its delay is a few milliseconds; flush() may need several calls.
        constexpr std::size_t step = 256;
        for (std::size_t got = step; got != 0;) {
            const std::size_t size = queue.size();
            queue.resize(size + step);
            got = to_file_rate->flush(std::span(queue).subspan(size));
            queue.resize(size + got);
        }
        end += static_cast<std::int64_t>(queue.size() - before);
    }

    void append_resampled(std::span<const std::int16_t> samples) {
        const std::size_t size = queue.size();
        queue.resize(size + to_file_rate->output_samples_max(samples.size()));
        const auto step = to_file_rate->process(samples, std::span(queue).subspan(size));
        assert(step.consumed == samples.size());
        queue.resize(size + step.produced);
        end += static_cast<std::int64_t>(step.produced);
    }
};

} // namespace

struct stereo_recorder::state {
    int rate_hz;
    sound_writer writer;
    side left;
    side right;
    std::vector<std::int16_t> interleaved; // scratch
    std::int64_t synced_at = 0;            // in frames of the file
    nanoseconds dropped{0};
    bool too_long = false;
    bool finished = false;

    state(const std::filesystem::path& path, int file_rate_hz, const file_creation& creation)
        : rate_hz(resampler(file_rate_hz, file_rate_hz).out_rate_hz()), // checks the bounds
          writer(path, file_rate_hz, 2, creation) {}

    // Returns how many frames of the file this time has. Computed in double for its range; exact far beyond
    // duration_max.
    std::int64_t frames_in(nanoseconds time) const {
        return static_cast<std::int64_t>(std::chrono::duration<double>(time).count() * rate_hz + 0.5);
    }

    bool ok() const { return !too_long && writer.failure().empty(); }

    void add(side& mine, std::span<const std::int16_t> samples, int samples_rate_hz, nanoseconds at);
    void realign(side& mine, std::int64_t target);
    void watch_lead(side& mine, std::int64_t target) const;
    bool shortens_lead(side& mine, std::span<const std::int16_t> samples, int samples_rate_hz,
                       std::int64_t target) const;
    std::span<const std::int16_t> without_excess(const side& mine, std::span<const std::int16_t> samples,
                                                 int samples_rate_hz, std::int64_t target);
    void set_rate(side& mine, int samples_rate_hz) const;
    void settle();
    void commit();
    bool finish();
};

void stereo_recorder::state::set_rate(side& mine, int samples_rate_hz) const {
    const int current = mine.to_file_rate ? mine.to_file_rate->in_rate_hz() : rate_hz;
    if (samples_rate_hz == current) {
        return;
    }
    auto next = std::ranges::find(mine.converters, samples_rate_hz, &resampler::in_rate_hz);
    std::optional<resampler> made;
    if (samples_rate_hz != rate_hz && next == mine.converters.end()) {
        made.emplace(samples_rate_hz, rate_hz); // it throws before anything has changed
    }
    mine.drain_resampler();
    if (made) {
        if (mine.converters.size() == converters_max) {
            mine.converters.clear();
        }
        next = mine.converters.insert(mine.converters.end(), *std::move(made));
    }
    mine.to_file_rate = samples_rate_hz != rate_hz ? &*next : nullptr;
}

void stereo_recorder::state::add(side& mine, std::span<const std::int16_t> samples, int samples_rate_hz,
                                 nanoseconds at) {
    if (finished || !ok()) {
        return;
    }
    if (at > duration_max) {
        too_long = true;
        return;
    }
    set_rate(mine, samples_rate_hz);
    const std::int64_t target = frames_in(std::max(at, nanoseconds::zero()));
    if (target - mine.end > frames_in(behind_max)) {
        realign(mine, target);
    }
    watch_lead(mine, target);
    if (shortens_lead(mine, samples, samples_rate_hz, target)) {
        return;
    }
    samples = without_excess(mine, samples, samples_rate_hz, target);
    if (mine.to_file_rate) {
        mine.append_resampled(samples);
    } else {
        mine.append(samples);
    }
    settle();
}

// Adds silence up to `target`, in pieces, so that a long gap takes no more memory.
void stereo_recorder::state::realign(side& mine, std::int64_t target) {
    mine.drain_resampler();
    mine.lead_excess = 0; // the side is no longer early
    while (mine.end < target && ok()) {
        mine.append_silence(std::min(target - mine.end, frames_in(wait_max)));
        settle();
    }
}

// Finds out whether a side stays early, for example after a stall whose sound came later all at once.
void stereo_recorder::state::watch_lead(side& mine, std::int64_t target) const {
    mine.lead_min = std::min(mine.lead_min, mine.end - target);
    if (target - mine.lead_watched_at < frames_in(lead_watch_time)) {
        return;
    }
    mine.lead_excess = mine.lead_min > frames_in(behind_max) ? mine.lead_min : 0;
    mine.lead_min = std::numeric_limits<std::int64_t>::max();
    mine.lead_watched_at = target;
}

// Returns whether the block is a pause that is left out because its side is early. Speech is never cut.
bool stereo_recorder::state::shortens_lead(side& mine, std::span<const std::int16_t> samples, int samples_rate_hz,
                                           std::int64_t target) const {
    const auto frames = static_cast<std::int64_t>(samples.size()) * rate_hz / samples_rate_hz;
    if (frames == 0 || frames > std::min(mine.lead_excess, mine.end - target)) {
        return false;
    }
    const auto is_quiet = [](int sample) { return std::abs(sample) <= pause_peak_max; };
    if (!std::ranges::all_of(samples, is_quiet)) {
        return false;
    }
    mine.lead_excess -= frames;
    return true;
}

// Cuts off the end of a block that would reach too far beyond its time.
std::span<const std::int16_t> stereo_recorder::state::without_excess(const side& mine,
                                                                     std::span<const std::int16_t> samples,
                                                                     int samples_rate_hz, std::int64_t target) {
    // The length of the block itself does not count: only samples before it make a side early.
    const std::int64_t early = mine.end - target - frames_in(ahead_max);
    if (early <= 0) {
        return samples;
    }
    const double in_samples = static_cast<double>(early) * samples_rate_hz / rate_hz;
    const std::size_t excess = std::min(samples.size(), static_cast<std::size_t>(in_samples) + 1);
    dropped += std::chrono::duration_cast<nanoseconds>(
        std::chrono::duration<double>(static_cast<double>(excess) / samples_rate_hz));
    return samples.first(samples.size() - excess);
}

// Fills a side that is too far behind the other with silence, and writes what both sides have to the file.
void stereo_recorder::state::settle() {
    const std::int64_t least = std::max(left.end, right.end) - frames_in(wait_max);
    for (side* s : {&left, &right}) {
        if (s->end >= least) {
            continue;
        }
        s->drain_resampler();
        if (s->end < least) {
            s->append_silence(least - s->end);
        }
    }
    commit();
    assert(left.queue.empty() || right.queue.empty());
    assert(std::abs(left.end - right.end) <= frames_in(wait_max));
}

void stereo_recorder::state::commit() {
    const std::size_t frames = std::min(left.queue.size(), right.queue.size());
    interleaved.resize(frames * 2);
    for (std::size_t i = 0; i < frames; ++i) {
        interleaved[2 * i] = left.queue[i];
        interleaved[2 * i + 1] = right.queue[i];
    }
    writer.write(interleaved);
    const auto taken = static_cast<std::ptrdiff_t>(frames);
    left.queue.erase(left.queue.begin(), left.queue.begin() + taken);
    right.queue.erase(right.queue.begin(), right.queue.begin() + taken);

    const std::int64_t file_end = std::min(left.end, right.end);
    if (file_end - synced_at >= frames_in(sync_interval)) {
        writer.sync();
        synced_at = file_end;
    }
}

bool stereo_recorder::state::finish() {
    if (std::exchange(finished, true)) {
        return ok();
    }
    left.drain_resampler();
    right.drain_resampler();
    const std::int64_t end = std::max(left.end, right.end);
    left.append_silence(end - left.end);
    right.append_silence(end - right.end);
    commit();
    writer.close();
    return ok();
}

stereo_recorder::stereo_recorder(const std::filesystem::path& path, int rate_hz, const file_creation& creation)
    : state_(std::make_unique<state>(path, rate_hz, creation)) {}

stereo_recorder::stereo_recorder(stereo_recorder&&) noexcept = default;

stereo_recorder& stereo_recorder::operator=(stereo_recorder&& other) noexcept {
    if (this != &other) {
        if (state_) {
            finish();
        }
        state_ = std::move(other.state_);
    }
    return *this;
}

stereo_recorder::~stereo_recorder() {
    if (!state_) {
        return;
    }
    try {
        finish();
    } catch (const std::bad_alloc&) { // the end of the file is missing
    }
}

void stereo_recorder::received(std::span<const std::int16_t> samples, int rate_hz, nanoseconds at) {
    state_->add(state_->left, samples, rate_hz, at);
}

void stereo_recorder::sent(std::span<const std::int16_t> samples, int rate_hz, nanoseconds at) {
    state_->add(state_->right, samples, rate_hz, at);
}

bool stereo_recorder::finish() {
    return state_->finish();
}
bool stereo_recorder::ok() const {
    return state_->ok();
}

std::string stereo_recorder::failure() const {
    if (state_->too_long) {
        return "recording stopped: it is longer than 24 hours; start another";
    }
    return state_->writer.failure();
}

nanoseconds stereo_recorder::duration() const {
    return state_->writer.duration();
}
nanoseconds stereo_recorder::dropped() const {
    return state_->dropped;
}

} // namespace audiosocket
