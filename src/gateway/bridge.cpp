// SPDX-License-Identifier: Apache-2.0
#include <audiosocket/gateway/bridge.hpp>

#include <audiosocket/audio/duration.hpp>

#include <algorithm>
#include <utility>

namespace audiosocket::gateway {
namespace {

// Sets a flag as long as it exists, because an allocation may throw meanwhile.
class flag_while {
  public:
    explicit flag_while(bool& flag) noexcept : flag_(flag) { flag_ = true; }
    flag_while(const flag_while&) = delete;
    flag_while& operator=(const flag_while&) = delete;
    ~flag_while() { flag_ = false; }

  private:
    bool& flag_;
};

} // namespace

std::chrono::nanoseconds bridge::held::length() const noexcept {
    return digit == 0 ? duration_of(samples.size(), rate_hz) : std::chrono::nanoseconds{};
}

bridge::bridge(std::unique_ptr<dialect> language, dialect_output& out) : dialect_(std::move(language)), out_(out) {}

bridge::~bridge() = default;

void bridge::replace(std::unique_ptr<dialect> language) {
    dialect_ = std::move(language);
    ready_ = false;
}

// --- The connection to the back end ---

void bridge::connection_opened(time_point now) {
    ++counted_.connections;
    ready_ = false;
    congested_ = false;
    if (ended_) return;
    dialect_->opened(now, *this);
    release_held();
}

void bridge::text(std::string_view message, time_point now) {
    ++counted_.messages_received;
    if (may_close()) return;
    dialect_->text(message, now, *this);
    release_held();
}

void bridge::binary(std::span<const std::byte> message, time_point now) {
    ++counted_.messages_received;
    if (may_close()) return;
    dialect_->binary(message, now, *this);
    release_held();
}

bool bridge::may_close() const noexcept {
    return ended_ && (!was_ready_ || dialect_->may_close());
}

void bridge::tick(time_point now) {
    dialect_->tick(now, *this);
    release_held();
}

after_close bridge::connection_closed(std::uint16_t code, std::string_view reason) {
    const bool was_set_up = std::exchange(ready_, false);
    const auto then = dialect_->closed(code, reason);
    return then == after_close::hang_up && !was_set_up ? after_close::fail : then;
}

void bridge::set_congested(bool congested) {
    if (std::exchange(congested_, congested) && !congested) release_held();
}

// --- The call ---

void bridge::happened(const event& e, time_point now) {
    if (const auto* audio = std::get_if<audio_event>(&e)) {
        hear(audio->samples, audio->rate_hz, now);
    } else if (const auto* key = std::get_if<dtmf_event>(&e)) {
        press(key->digit, now);
    } else if (const auto* reached = std::get_if<played_event>(&e)) {
        dialect_->played(*reached, *this);
    } else if (const auto* cut = std::get_if<cleared_event>(&e)) {
        dialect_->cleared(*cut, *this);
    } else if (std::holds_alternative<ended_event>(e) && !std::exchange(ended_, true)) {
        was_ready_ = std::exchange(ready_, false);
        if (was_ready_) dialect_->call_ended(*this);
        held_.clear();
    }
}

void bridge::hear(std::span<const std::int16_t> samples, int rate_hz, time_point at) {
    if (ended_) return;
    if (!takes_audio()) return hold({{samples.begin(), samples.end()}, rate_hz, at, 0});
    pass_on(samples, rate_hz, at);
}

// Converts audio from the rate of the call to the rate of the dialect.
void bridge::pass_on(std::span<const std::int16_t> samples, int rate_hz, time_point at) {
    counted_.caller_audio += duration_of(samples.size(), rate_hz);
    const int wanted = dialect_->caller_rate_hz();
    if (rate_hz == wanted) return dialect_->caller_audio(samples, at, *this);
    if (!converter_ || converter_->in_rate_hz() != rate_hz || converter_->out_rate_hz() != wanted)
        converter_.emplace(rate_hz, wanted);
    converted_.resize(converter_->output_samples_max(samples.size()));
    const auto done = converter_->process(samples, converted_);
    if (done.produced > 0) dialect_->caller_audio(std::span(converted_).first(done.produced), at, *this);
}

void bridge::press(char digit, time_point at) {
    if (ended_) return;
    ++counted_.digits;
    if (!takes_audio()) return hold({{}, 0, at, digit});
    dialect_->caller_digit(digit, at, *this);
}

// If there is no room, the oldest audio is dropped for new audio. Of digits the newest is dropped, because half a
// number is useless.
void bridge::hold(held what) {
    const bool is_digit = what.digit != 0;
    if (is_digit && held_digits_ == digits_max) return;
    const auto length = what.length();
    held_.push_back(std::move(what));
    if (is_digit) ++held_digits_;
    held_audio_ += length;
    while (held_audio_ > hold_max) {
        const auto oldest = std::ranges::find(held_, char{0}, &held::digit);
        held_audio_ -= oldest->length();
        counted_.caller_audio_lost += oldest->length();
        held_.erase(oldest);
    }
}

// The dialect may end the readiness again meanwhile.
void bridge::release_held() {
    if (!takes_audio()) return;
    const flag_while releasing(releasing_);
    while (ready_ && !congested_ && !held_.empty()) {
        const held next = std::move(held_.front());
        held_.pop_front();
        if (next.digit != 0) {
            --held_digits_;
            dialect_->caller_digit(next.digit, next.at, *this);
            continue;
        }
        held_audio_ -= next.length();
        pass_on(next.samples, next.rate_hz, next.at);
    }
}

void bridge::tool_result(std::string_view id, std::string_view result, bool is_error) {
    if (ready_) dialect_->tool_result(id, result, is_error, *this);
}

// --- Requests of the dialect ---

void bridge::send_text(std::string_view message) {
    ++counted_.messages_sent;
    out_.send_text(message);
}

void bridge::send_binary(std::span<const std::byte> message) {
    ++counted_.messages_sent;
    out_.send_binary(message);
}

void bridge::reconnect() {
    ready_ = false;
    if (!ended_) out_.reconnect();
}

void bridge::ready() {
    if (ended_ || std::exchange(ready_, true)) return;
    out_.ready();
}

bool bridge::play(std::span<const std::int16_t> samples, int rate_hz) {
    if (ended_ || samples.empty()) return true;
    const bool taken = out_.play(samples, rate_hz);
    (taken ? counted_.audio : counted_.audio_refused) += duration_of(samples.size(), rate_hz);
    return taken;
}

void bridge::mark(std::string_view name) {
    ++counted_.marks;
    if (!ended_) out_.mark(name);
}

void bridge::clear() {
    ++counted_.clears;
    if (!ended_) out_.clear();
}

void bridge::hang_up(hang_up_time when, std::string_view why) {
    if (!ended_) out_.hang_up(when, why);
}

void bridge::fail(std::string_view why) {
    ready_ = false;
    if (!ended_) out_.fail(why);
}

// A function call before the session is set up belongs to no conversation.
void bridge::report(dialect_report what) {
    if (what.what == dialect_report::type::tool_call && !ready_)
        what = {.what = dialect_report::type::ignored, .name = "tool call", .text = "the session is not set up"};
    if (what.what == dialect_report::type::ignored) ++counted_.messages_ignored;
    if (what.what == dialect_report::type::tool_call) ++counted_.tool_calls;
    out_.report(std::move(what));
}

} // namespace audiosocket::gateway
