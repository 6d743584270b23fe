// SPDX-License-Identifier: Apache-2.0
#include "call_state.hpp"

#include <audiosocket/audio/duration.hpp>
#include <audiosocket/net/call_recorder.hpp>

#include <charconv>
#include <exception>
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

audiosocket_end_reason reason_of(end_reason reason) {
    switch (reason) {
    case end_reason::none: return AUDIOSOCKET_END_NONE;
    case end_reason::peer_hung_up: return AUDIOSOCKET_END_PEER_HUNG_UP;
    case end_reason::peer_reset: return AUDIOSOCKET_END_PEER_RESET;
    case end_reason::hung_up: return AUDIOSOCKET_END_HUNG_UP;
    case end_reason::protocol_violation: return AUDIOSOCKET_END_PROTOCOL_VIOLATION;
    case end_reason::peer_error: return AUDIOSOCKET_END_PEER_ERROR;
    case end_reason::timed_out: return AUDIOSOCKET_END_TIMED_OUT;
    case end_reason::connection_failed: return AUDIOSOCKET_END_CONNECTION_FAILED;
    case end_reason::never_started: return AUDIOSOCKET_END_CONNECTION_FAILED;
    }
    return AUDIOSOCKET_END_NONE;
}

} // namespace

struct call_state::stream {
    stream(const call& line, int rate) : out(line, rate, ahead_max), rate_hz(rate) {}

    playout_stream out;
    const int rate_hz;
    std::atomic<bool> writing{false};
};

call_state::call_state(surroundings where, role side, const uuid& id, const call_options& rules,
                       const audio_options& audio)
    : where_(std::move(where)), side_(side), id_(to_string(id)), audio_(audio, rules.receive_queue) {}

bool call_state::attach(call line) {
    const std::lock_guard lock(mutex_);
    if (freed_) return false; // `line` is dropped, and hangs up
    peer_ = text_of(line.peer());
    line_ = std::move(line);
    attached_ = true;
    return true;
}

void call_state::fail(const error_code& why) {
    ended_ = true;
    push_end(end_reason::connection_failed, why.message());
}

void call_state::drop() {
    freed_ = true;
    call line;
    {
        const std::lock_guard lock(mutex_);
        line = std::move(line_);
    }
    // `line` is dropped without the mutex, and hangs up.
}

void call_state::event_left_queue() {
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

void call_state::take_events() {
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
}

// Nothing may leave it, because an exception would end the thread of all calls. Without memory the call ends.
void call_state::on_event(boost::system::error_code error, const event& what) {
    if (freed_ || error == boost::asio::error::eof || error == boost::asio::error::operation_aborted) return;
    try {
        {
            const std::lock_guard lock(mutex_);
            if (line_) statistics_ = line_.statistics();
        }
        if (!error) {
            if (const auto* audio = std::get_if<audio_event>(&what))
                on_audio(*audio);
            else if (const auto* key = std::get_if<dtmf_event>(&what))
                on_digit(key->digit);
            else if (const auto* mark = std::get_if<played_event>(&what))
                on_mark(mark->mark, mark->sent.count(), {});
            else if (const auto* cut = std::get_if<cleared_event>(&what))
                on_mark(cut->mark, cut->sent.count(), cut->cut.count());
            else if (const auto* end = std::get_if<ended_event>(&what))
                return on_end(*end);
        }
        take_events();
    } catch (const std::exception& e) {
        ended_ = true;
        const std::lock_guard lock(mutex_);
        if (line_) line_.hang_up();
    }
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
    push(event);
}

void call_state::on_played(std::uint64_t ticket, const boost::system::error_code& error, const play_result& result) {
    auto event = event_of(error || result.cleared ? AUDIOSOCKET_EVENT_CUT : AUDIOSOCKET_EVENT_PLAYED);
    event.ticket = ticket;
    event.code = code_of(error);
    event.sent_ms = result.sent.count();
    event.cut_ms = result.cut.count();
    push(event);
}

void call_state::on_end(const ended_event& end) {
    ended_ = true;
    std::shared_ptr<call_recorder> recorder;
    {
        const std::lock_guard lock(stream_mutex_);
        recorder = recorder_.lock();
    }
    auto text = end.error ? end.error.message() : std::string(name(end.reason));
    if (!recorder) return push_end(end.reason, text);
    recorder->async_finish([self = shared_from_this(), recorder, reason = end.reason,
                            why = std::move(text)](const boost::system::error_code& error) {
        auto event = event_of(AUDIOSOCKET_EVENT_RECORDED);
        event.code = error ? AUDIOSOCKET_SYSTEM : AUDIOSOCKET_OK;
        copy_text(error ? recorder->failure() : recorder->file().string(), event.text, sizeof event.text);
        self->push(event);
        self->push_end(reason, why); // the last event of a call
    });
}

// A piece that a clear cut off is not an error.
void call_state::on_written(std::uint64_t ticket, const boost::system::error_code& error,
                            std::chrono::nanoseconds taken, std::chrono::nanoseconds rest) {
    auto event = event_of(error ? AUDIOSOCKET_EVENT_CUT : AUDIOSOCKET_EVENT_WRITTEN);
    event.ticket = ticket;
    if (error && error != usage_errc::playout_cleared) event.code = code_of(error);
    event.sent_ms = std::chrono::round<std::chrono::milliseconds>(taken).count();
    event.cut_ms = std::chrono::round<std::chrono::milliseconds>(rest).count();
    push(event);
}

void call_state::push_end(end_reason reason, const std::string& text) {
    auto event = event_of(AUDIOSOCKET_EVENT_ENDED);
    event.reason = reason_of(reason);
    event.code = is_failure(reason) ? AUDIOSOCKET_CALL_FAILED : AUDIOSOCKET_OK;
    copy_text(text, event.text, sizeof event.text);
    push(event);
}

void call_state::push(audiosocket_event what) {
    pending_event event;
    event.what = what;
    push(std::move(event));
}

void call_state::push(pending_event event) {
    if (freed_) return;
    {
        const std::lock_guard lock(mutex_);
        ++waiting_;
    }
    event.call = shared_from_this();
    where_.queue->push(std::move(event));
}

// --- The application ---

// The call knows its side only on its own thread.
int call_state::send_dtmf(char digit) {
    if (side_ != role::caller) return AUDIOSOCKET_CALLER_ONLY;
    return act([&](call& line) { return line.send_dtmf(digit); });
}

int call_state::play(clip sound, std::uint64_t ticket) {
    return act([&](call& line) -> error_code {
        if (ended_) return make_error_code(usage_errc::call_ended);
        if (ticket == 0) return line.play(std::move(sound));
        line.async_play(std::move(sound), [self = shared_from_this(), ticket](boost::system::error_code error,
                                                                              const play_result& result) {
            self->on_played(ticket, error, result);
        });
        return {};
    });
}

int call_state::mark(std::uint64_t ticket) {
    return act([&](call& line) { return line.mark(std::to_string(ticket)); });
}

int call_state::write(std::span<const std::int16_t> samples, int rate_hz, std::uint64_t ticket) {
    return act([&](call& line) -> error_code {
        if (ended_) return make_error_code(usage_errc::call_ended);
        if (!resampler::takes(rate_hz)) return make_error_code(usage_errc::unsupported_rate);
        const std::lock_guard lock(stream_mutex_);
        if (stream_ && stream_->writing) return make_error_code(usage_errc::playout_full);
        if (!stream_ || stream_->rate_hz != rate_hz) stream_ = std::make_shared<stream>(line, rate_hz);
        stream_->writing = true;
        stream_->out.async_write(samples, [self = shared_from_this(), on = stream_, ticket, count = samples.size()](
                                              const boost::system::error_code& error, std::size_t taken) {
            on->writing = false;
            self->on_written(ticket, error, duration_of(taken, on->rate_hz), duration_of(count - taken, on->rate_hz));
        });
        return {};
    });
}

int call_state::finish(std::uint64_t ticket) {
    return act([&](call&) -> error_code {
        const std::lock_guard lock(stream_mutex_);
        if (!stream_) throw failure(AUDIOSOCKET_BAD_ARGUMENT, "no stream is being written");
        stream_->out.async_finish(
            [self = shared_from_this(), ticket](boost::system::error_code error, const play_result& result) {
                self->on_played(ticket, error, result);
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

void call_state::record(const std::string& path) {
    if (!attached_) throw failure(AUDIOSOCKET_NOT_CONNECTED, audiosocket_code_text(AUDIOSOCKET_NOT_CONNECTED));
    const std::lock_guard lock(stream_mutex_);
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
