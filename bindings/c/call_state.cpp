// SPDX-License-Identifier: Apache-2.0
#include "call_state.hpp"

#include <audiosocket/audio/duration.hpp>
#include <audiosocket/net/call_recorder.hpp>

#include <boost/asio/post.hpp>

#include <charconv>
#include <exception>
#include <list>
#include <sstream>
#include <utility>

namespace audiosocket::c {
namespace {

// What an application that streams has in the queue at most. A synthesis may pause this long.
constexpr std::chrono::seconds ahead_max{1};

// How old the counters may be that the application sees, where the call has no events.
constexpr std::chrono::seconds statistics_age_max{1};

audiosocket_event event_of(audiosocket_event_type type) {
    audiosocket_event event{};
    event.type = type;
    return event;
}

std::string text_of(const boost::asio::ip::tcp::endpoint& peer) {
    std::ostringstream text;
    text << peer;
    return text.str();
}

audiosocket_event event_of_end(audiosocket_end_reason reason, audiosocket_code code, std::string_view text) noexcept {
    audiosocket_event event{};
    event.type = AUDIOSOCKET_EVENT_ENDED;
    event.reason = reason;
    event.code = code;
    copy_text(text, event.text, sizeof event.text);
    return event;
}

audiosocket_end_reason reason_of(end_reason reason) {
    switch (reason) {
    case end_reason::none: return AUDIOSOCKET_END_NONE;
    case end_reason::peer_hung_up: return AUDIOSOCKET_END_PEER_HUNG_UP;
    case end_reason::peer_reset: return AUDIOSOCKET_END_PEER_RESET;
    case end_reason::hung_up: return AUDIOSOCKET_END_HUNG_UP;
    case end_reason::protocol_violation: return AUDIOSOCKET_END_PROTOCOL_VIOLATION;
    case end_reason::peer_error: return AUDIOSOCKET_END_PEER_ERROR;
    case end_reason::timed_out: return AUDIOSOCKET_END_TIMED_OUT;
    case end_reason::connection_failed:
    case end_reason::never_started: return AUDIOSOCKET_END_CONNECTION_FAILED;
    }
    return AUDIOSOCKET_END_NONE;
}

} // namespace

owed_event::~owed_event() {
    if (state_ && std::this_thread::get_id() != maker_) state_->on_lost(how_, ticket_);
}

struct call_state::stream {
    stream(const call& line, int rate) : out(line, rate, ahead_max), rate_hz(rate) {}

    playout_stream out;
    const int rate_hz;
    std::atomic<bool> writing{false};
};

call_state::call_state(surroundings where, role side, const uuid& id, const call_options& rules,
                       const audio_options& audio)
    : where_(std::move(where)), side_(side), id_(to_string(id)), audio_(audio, rules.receive_queue), end_(1) {}

bool call_state::attach(call line) {
    const std::lock_guard lock(mutex_);
    if (freed_) return false; // `line` is dropped, and hangs up
    peer_ = text_of(line.peer());
    line_ = std::move(line);
    cancel_ = nullptr;
    attached_ = true;
    return true;
}

void call_state::fail(const error_code& why) noexcept {
    const auto code = code_of(why) == AUDIOSOCKET_NO_MEMORY ? AUDIOSOCKET_NO_MEMORY : AUDIOSOCKET_CALL_FAILED;
    safely([&] { conclude(event_of_end(AUDIOSOCKET_END_CONNECTION_FAILED, code, why.message())); });
}

// Without memory for the cancellation the connection is made, and attach() drops it.
void call_state::drop() noexcept {
    freed_ = true;
    call line;
    std::function<void()> cancel;
    {
        const std::lock_guard lock(mutex_);
        line = std::move(line_);
        cancel.swap(cancel_);
    }
    try {
        if (cancel) cancel();
    } catch (const std::exception&) {
    }
    // `line` is dropped without the mutex, and hangs up.
}

void call_state::event_left_queue() noexcept {
    {
        const std::lock_guard lock(mutex_);
        --waiting_;
        if (!paused_ || waiting_ > waiting_max / 2) return;
        paused_ = false;
    }
    take_events();
}

const std::string& call_state::peer() const noexcept {
    static const std::string none;
    return attached_ ? peer_ : none;
}

// --- The thread of the call ---

void call_state::take_events() noexcept {
    safely([this] {
        const std::lock_guard lock(mutex_);
        if (!line_) return;
        if (waiting_ >= waiting_max) {
            paused_ = true;
            return;
        }
        line_.async_next_event(statistics_age_max,
                               [self = shared_from_this()](boost::system::error_code error, const event& what) {
                                   self->on_event(error, what);
                               });
    });
}

void call_state::on_event(boost::system::error_code error, const event& what) {
    if (freed_ || error == boost::asio::error::eof || error == boost::asio::error::operation_aborted) return;
    safely([&] {
        {
            const std::lock_guard lock(mutex_);
            if (line_) statistics_ = line_.statistics();
        }
        if (!error) take(what);
        if (error || !std::holds_alternative<ended_event>(what)) take_events();
    });
}

void call_state::take(const event& what) {
    if (const auto* audio = std::get_if<audio_event>(&what))
        on_audio(*audio);
    else if (const auto* key = std::get_if<dtmf_event>(&what))
        on_digit(key->digit);
    else if (const auto* mark = std::get_if<played_event>(&what))
        on_mark(mark->mark, mark->sent.count(), {});
    else if (const auto* cut = std::get_if<cleared_event>(&what))
        on_mark(cut->mark, cut->sent.count(), cut->cut.count());
    else if (const auto* end = std::get_if<ended_event>(&what))
        on_end(*end);
}

void call_state::on_audio(const audio_event& audio) {
    {
        const std::lock_guard lock(mutex_);
        if (!audio_.add(audio.samples, audio.rate_hz)) return;
    }
    push(event_of(AUDIOSOCKET_EVENT_AUDIO));
}

void call_state::on_digit(char digit) {
    auto event = event_of(AUDIOSOCKET_EVENT_DTMF);
    event.digit = digit;
    {
        const std::lock_guard lock(mutex_);
        event.position = audio_.added();
    }
    push(event);
}

// Sound behind the last mark is reported without a name: the sounds with tickets report themselves.
void call_state::on_mark(const std::string& name, std::int64_t sent_ms, std::optional<std::int64_t> cut_ms) {
    if (name.empty()) return;
    auto event = event_of(cut_ms ? AUDIOSOCKET_EVENT_CUT : AUDIOSOCKET_EVENT_PLAYED);
    std::from_chars(name.data(), name.data() + name.size(), event.ticket);
    event.sent_ms = sent_ms;
    event.cut_ms = cut_ms.value_or(0);
    report(event);
}

void call_state::on_played(std::uint64_t ticket, const boost::system::error_code& error,
                           const play_result& result) noexcept {
    auto event = event_of(error || result.cleared ? AUDIOSOCKET_EVENT_CUT : AUDIOSOCKET_EVENT_PLAYED);
    event.ticket = ticket;
    event.code = code_of(error);
    event.sent_ms = result.sent.count();
    event.cut_ms = result.cut.count();
    report(event);
}

void call_state::on_end(const ended_event& end) {
    std::shared_ptr<call_recorder> recorder;
    {
        const std::lock_guard lock(stream_mutex_);
        ended_ = true; // record() does nothing any more
        recorder = recorder_.lock();
    }
    if (recorder) {
        {
            const std::lock_guard lock(mutex_);
            ++pending_;
        }
        owed_event owed(shared_from_this(), AUDIOSOCKET_EVENT_RECORDED, 0);
        recorder->async_finish([o = std::move(owed), recorder](const boost::system::error_code& error) mutable {
            const auto self = o.take();
            self->safely([&] {
                auto event = event_of(AUDIOSOCKET_EVENT_RECORDED);
                event.code = error ? AUDIOSOCKET_SYSTEM : AUDIOSOCKET_OK;
                copy_text(error ? recorder->failure() : recorder->file().string(), event.text, sizeof event.text);
                self->report(event);
            });
        });
    }
    auto code = is_failure(end.reason) ? AUDIOSOCKET_CALL_FAILED : AUDIOSOCKET_OK;
    if (end.error && code_of(end.error) == AUDIOSOCKET_NO_MEMORY) code = AUDIOSOCKET_NO_MEMORY;
    conclude(
        event_of_end(reason_of(end.reason), code, end.error ? end.error.message() : std::string(name(end.reason))));
}

// A piece that a clear cut off is not an error.
void call_state::on_written(std::uint64_t ticket, const boost::system::error_code& error,
                            std::chrono::nanoseconds taken, std::chrono::nanoseconds rest) noexcept {
    auto event = event_of(error ? AUDIOSOCKET_EVENT_CUT : AUDIOSOCKET_EVENT_WRITTEN);
    event.ticket = ticket;
    if (error && error != usage_errc::playout_cleared) event.code = code_of(error);
    event.sent_ms = std::chrono::round<std::chrono::milliseconds>(taken).count();
    event.cut_ms = std::chrono::round<std::chrono::milliseconds>(rest).count();
    report(event);
}

void call_state::on_lost(audiosocket_event_type how, std::uint64_t ticket) noexcept {
    constexpr std::string_view why = "memory is exhausted";
    if (how == AUDIOSOCKET_EVENT_ENDED)
        return conclude(event_of_end(AUDIOSOCKET_END_CONNECTION_FAILED, AUDIOSOCKET_NO_MEMORY, why));
    auto event = event_of(how);
    event.ticket = ticket;
    event.code = AUDIOSOCKET_NO_MEMORY;
    if (how == AUDIOSOCKET_EVENT_RECORDED) copy_text(why, event.text, sizeof event.text);
    report(event);
}

// A mark has no completion that says that it was refused.
void call_state::queue_mark(std::uint64_t ticket) noexcept {
    safely([&] {
        auto refused = make_error_code(usage_errc::call_ended);
        {
            const std::lock_guard lock(mutex_);
            if (line_) refused = line_.mark(std::to_string(ticket));
        }
        if (refused) on_played(ticket, refused, {});
    });
}

// Reports the end of what has a ticket.
void call_state::report(const audiosocket_event& last) noexcept {
    safely([&] { push(last); });
    settle();
}

void call_state::settle() noexcept {
    const std::lock_guard lock(mutex_);
    if (pending_ > 0) --pending_;
    push_end_if_due();
}

void call_state::conclude(const audiosocket_event& end) noexcept {
    const std::lock_guard lock(mutex_);
    if (!concluded_) end_.front().what = end;
    if (end.code == AUDIOSOCKET_NO_MEMORY) {
        if (!end_queued_) end_.front().what.code = end.code;
        pending_ = 0; // it does not wait for events that may never come
    }
    ended_ = true;
    concluded_ = true;
    push_end_if_due();
}

// ENDED is the last event of a call: it waits for the events of all tickets. Called with the mutex.
void call_state::push_end_if_due() noexcept {
    if (!concluded_ || pending_ > 0 || end_queued_) return;
    end_queued_ = true;
    if (freed_) return;
    end_.front().call = shared_from_this();
    if (where_.queue->push(end_))
        ++waiting_;
    else
        end_.clear();
}

// Ends the call without memory. Its ENDED needs none.
void call_state::give_up() noexcept {
    try {
        const std::lock_guard lock(mutex_);
        if (line_) line_.hang_up();
    } catch (const std::exception&) { // the application hangs up when it frees the call
    }
    conclude(event_of_end(AUDIOSOCKET_END_HUNG_UP, AUDIOSOCKET_NO_MEMORY, "memory is exhausted"));
}

void call_state::push(audiosocket_event what) {
    pending_event event;
    event.what = what;
    push(std::move(event));
}

// An event that is not queued is destroyed without the mutex, because it may own the call.
void call_state::push(pending_event event) {
    event.call = shared_from_this();
    std::list<pending_event> one;
    one.push_back(std::move(event));
    const std::lock_guard lock(mutex_);
    if (!freed_ && !end_queued_ && where_.queue->push(one)) ++waiting_;
}

// --- The application ---

int call_state::refusal() const noexcept {
    if (ended_ || ending_) return AUDIOSOCKET_CALL_ENDED;
    return attached_ ? AUDIOSOCKET_OK : AUDIOSOCKET_NOT_CONNECTED;
}

// Counts a ticket, whose event comes before ENDED, or refuses it.
int call_state::accept() {
    const std::lock_guard lock(mutex_);
    if (const int refused = refusal(); refused != AUDIOSOCKET_OK) return refused;
    if (pending_ >= tickets_max) return AUDIOSOCKET_QUEUE_FULL;
    ++pending_;
    return AUDIOSOCKET_OK;
}

// Calls `start` with the call. It begins what reports the end of a ticket, or returns an error.
template <class Start>
int call_state::begin(Start start) {
    if (const int refused = accept(); refused != AUDIOSOCKET_OK) return refused;
    try {
        const error_code refused = start(line_);
        if (refused) settle();
        return code_of(refused);
    } catch (...) {
        settle();
        throw;
    }
}

// The call knows its side only on its own thread.
int call_state::send_dtmf(char digit) {
    if (side_ != role::caller) return AUDIOSOCKET_CALLER_ONLY;
    return act([&](call& line) { return line.send_dtmf(digit); });
}

int call_state::play(clip sound, std::uint64_t ticket) {
    if (ticket == 0) return act([&](call& line) { return line.play(std::move(sound)); });
    return begin([&](call& line) -> error_code {
        owed_event owed(shared_from_this(), AUDIOSOCKET_EVENT_CUT, ticket);
        line.async_play(std::move(sound), [o = std::move(owed), ticket](boost::system::error_code error,
                                                                        const play_result& result) mutable {
            o.take()->on_played(ticket, error, result);
        });
        return {};
    });
}

int call_state::mark(std::uint64_t ticket) {
    return begin([&](const call& line) -> error_code {
        const auto engine = where_.engine.lock();
        if (!engine) return make_error_code(usage_errc::call_ended);
        boost::asio::post(line.get_executor(), [self = shared_from_this(), ticket] { self->queue_mark(ticket); });
        return {};
    });
}

int call_state::write(std::span<const std::int16_t> samples, int rate_hz, std::uint64_t ticket) {
    return begin([&](call& line) -> error_code {
        if (!resampler::takes(rate_hz)) return make_error_code(usage_errc::unsupported_rate);
        const std::lock_guard lock(stream_mutex_);
        if (stream_ && stream_->writing) return make_error_code(usage_errc::playout_full);
        if (!stream_ || stream_->rate_hz != rate_hz) stream_ = std::make_shared<stream>(line, rate_hz);
        stream_->writing = true;
        try {
            owed_event owed(shared_from_this(), AUDIOSOCKET_EVENT_CUT, ticket);
            stream_->out.async_write(samples, [o = std::move(owed), on = stream_, ticket, count = samples.size()](
                                                  const boost::system::error_code& error, std::size_t taken) mutable {
                on->writing = false;
                o.take()->on_written(ticket, error, duration_of(taken, on->rate_hz),
                                     duration_of(count - taken, on->rate_hz));
            });
        } catch (const std::bad_alloc&) {
            stream_->writing = false;
            throw;
        }
        return {};
    });
}

int call_state::finish(std::uint64_t ticket) {
    return begin([&](call&) -> error_code {
        const std::lock_guard lock(stream_mutex_);
        if (!stream_) throw failure(AUDIOSOCKET_BAD_ARGUMENT, "no stream is being written");
        if (stream_->writing) return make_error_code(usage_errc::playout_full);
        owed_event owed(shared_from_this(), AUDIOSOCKET_EVENT_CUT, ticket);
        stream_->out.async_finish(
            [o = std::move(owed), ticket](boost::system::error_code error, const play_result& result) mutable {
                o.take()->on_played(ticket, error, result);
            });
        stream_.reset(); // what follows is another stream
        return {};
    });
}

// What is written after it is a new stream: the old one ends with the clear.
int call_state::clear() {
    return act([&](call& line) {
        const std::lock_guard lock(stream_mutex_);
        stream_.reset();
        return line.clear();
    });
}

int call_state::hang_up() {
    return act([&](call& line) {
        const error_code refused = line.hang_up();
        if (!refused) ending_ = true;
        return refused;
    });
}

void call_state::record(const std::string& path) {
    if (path.size() >= sizeof audiosocket_event{}.text)
        throw failure(AUDIOSOCKET_BAD_ARGUMENT, "the path has " + std::to_string(path.size()) +
                                                    " bytes; expected at most 255, because an event reports it");
    const std::lock_guard lock(stream_mutex_); // on_end() looks for a recording
    if (const int refused = refusal(); refused != AUDIOSOCKET_OK)
        throw failure(static_cast<audiosocket_code>(refused), audiosocket_code_text(refused));
    if (recording_) throw failure(AUDIOSOCKET_BAD_ARGUMENT, "the call is being recorded already");
    const auto recorder = std::make_shared<call_recorder>(where_.disk, path);
    recorder_ = recorder;
    line_.set_monitor(recorder);
    recording_ = true;
}

void call_state::set_audio(const audio_options& how) {
    validate(how);
    {
        const std::lock_guard lock(mutex_);
        if (!audio_.set(how)) return;
    }
    push(event_of(AUDIOSOCKET_EVENT_AUDIO));
}

std::size_t call_state::read(std::span<std::int16_t> to) {
    const std::lock_guard lock(mutex_);
    return audio_.read(to);
}

std::size_t call_state::available() const {
    const std::lock_guard lock(mutex_);
    return audio_.available();
}

int call_state::audio_rate_hz() const {
    const std::lock_guard lock(mutex_);
    return audio_.rate_hz();
}

int call_state::send_rate_hz() const {
    return attached_ ? line_.send_format().rate_hz() : 0;
}

std::int64_t call_state::queued_ms() const {
    return attached_ ? line_.queued().count() : 0;
}

std::pair<call_statistics, std::uint64_t> call_state::statistics() const {
    const std::lock_guard lock(mutex_);
    return {statistics_, audio_.lost()};
}

} // namespace audiosocket::c

audiosocket_call::audiosocket_call(std::shared_ptr<audiosocket::c::call_state> of) : state(std::move(of)) {
    state->set_handle(this);
}

audiosocket_call::~audiosocket_call() {
    state->drop();
}
