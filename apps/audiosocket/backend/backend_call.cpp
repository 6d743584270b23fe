// SPDX-License-Identifier: Apache-2.0
#include "backend/backend_call.hpp"

#include "backend/json_fields.hpp"
#include "base/json_text.hpp"

#include <algorithm>
#include <utility>

namespace audiosocket::app::backend {
namespace json = boost::json;
using namespace std::chrono_literals;

namespace {

// Bots send 40 ms in a message.
constexpr auto chunk = 40ms;

// How often audio is sent. At twice real time, one chunk is due each time.
constexpr auto interval = 20ms;

// How often a peer is asked whether it is alive.
constexpr auto ping_interval = 2s;

// How long before its end a session is announced to end.
constexpr auto end_notice = 10s;

// The only function of a call.
constexpr std::string_view tool_id = "call_1";

constexpr std::uint16_t normal = 1000;
constexpr std::uint16_t going_away = 1001;

} // namespace

backend_call::backend_call(unsigned number, const plan& what, event_lines& lines,
                           std::shared_ptr<websocket::websocket> link, const boost::asio::any_io_executor& executor,
                           end_handler on_end)
    : number_(number), plan_(what), lines_(lines), link_(std::move(link)), on_end_(std::move(on_end)),
      play_timer_(executor), ping_timer_(executor), limit_timer_(executor), side_(what.dialect->make(*this)) {}

websocket::handlers backend_call::handlers() {
    return {.on_open = [self = shared_from_this()] { self->side_->opened(); },
            .on_text =
                [self = shared_from_this()](std::string_view message) {
                    if (!self->deaf_) self->side_->text(message);
                },
            .on_binary =
                [self = shared_from_this()](std::span<const std::byte> message) {
                    if (!self->deaf_) self->side_->binary(message);
                },
            .on_closed = [self = shared_from_this()](const websocket::close_report& report) { self->closed(report); }};
}

void backend_call::stop() {
    leave(going_away, "the back end stops");
}

// --- What the side asks for, and reports ---

void backend_call::send_text(std::string_view message) {
    sent(link_->send_text(message));
}

void backend_call::send_binary(std::span<const std::byte> message) {
    sent(link_->send_binary(message));
}

void backend_call::sent(bool taken) {
    if (!taken && started_ && !closing_ && !std::exchange(full_, true))
        violated("the peer reads too slowly: a message was left out");
}

void backend_call::started(const call_start& about) {
    started_ = true;
    json::object fields{{"id", json_text(about.call_id)}};
    if (!about.stream_id.empty()) fields["stream"] = json_text(about.stream_id);
    fields["format"] = json_text(about.format);
    fields["parameters"] = about.parameters;
    say("started", std::move(fields));
    if (plan_.barge_in_dbfs) detector_.emplace(side_->caller_rate_hz(), *plan_.barge_in_dbfs);
    if (plan_.dialect->pings) ping();
    if (plan_.session_limit_s > 0) wait_for_limit();
    if (!plan_.tool.empty() && !about.resumed) call_tool();
    if (!plan_.play.empty() && !about.resumed) play_file();
}

void backend_call::heard(std::span<const std::int16_t> samples) {
    heard_samples_ += samples.size();
    if (plan_.play.empty()) echo(samples);
    if (detector_) detector_->add(samples, [this](bool speaks) { caller_speaks(speaks); });
}

void backend_call::pressed(std::string_view digits) {
    say("dtmf", {{"digit", json_text(digits)}});
}

void backend_call::marked(std::string_view name, std::string_view how) {
    const auto asked = marks_.find(name);
    if (asked == marks_.end()) return violated("the mark " + shown(name) + ", which is not pending");
    const auto after = std::chrono::duration<double, std::milli>(clock::now() - asked->second).count();
    marks_.erase(asked);
    say("mark", {{"name", json_text(name)}, {"how", json_text(how)}, {"after_ms", rounded(after)}});
    if (plan_.then_hang_up && sound_ == nullptr && marks_.empty()) hang_up();
}

bool backend_call::answered(const tool_result& result) {
    if (!tool_asked_ || result.id != tool_id || !(result.name.empty() || result.name == plan_.tool)) return false;
    const auto after = std::chrono::duration<double, std::milli>(clock::now() - *tool_asked_).count();
    tool_asked_.reset();
    say("tool_result", {{"id", json_text(result.id)},
                        {"result", json_text(result.result)},
                        {"is_error", result.is_error},
                        {"after_ms", rounded(after)}});
    return true;
}

void backend_call::noted(std::string_view what, const json::object& about) {
    say("note", {{"what", json_text(what)}, {"about", about}});
}

void backend_call::stopped() {
    say("stopped");
}

void backend_call::violated(std::string what) {
    ++violations_;
    say("violation", {{"what", json_text(what)}});
}

void backend_call::close(std::uint16_t code, std::string_view reason) {
    deaf_ = true;
    leave(code, reason);
}

void backend_call::leave(std::uint16_t code, std::string_view reason) {
    closing_ = true;
    rest();
    link_->close(code, reason);
}

void backend_call::say(std::string_view event, json::object fields) {
    lines_.write(number_, clock::now() - begin_, event, std::move(fields));
}

void backend_call::call_tool() {
    tool_asked_ = clock::now();
    say("tool_call",
        {{"id", json_text(tool_id)}, {"name", json_text(plan_.tool)}, {"arguments", plan_.tool_arguments}});
    side_->call_tool({std::string(tool_id), plan_.tool, plan_.tool_arguments});
}

// --- The time of a session ---

void backend_call::after(boost::asio::steady_timer& timer, clock::duration time, void (backend_call::*then)()) {
    timer.expires_after(time);
    timer.async_wait([self = shared_from_this(), then](const boost::system::error_code& error) {
        if (!error && !self->closing_) (*self.*then)();
    });
}

void backend_call::ping() {
    side_->ping();
    after(ping_timer_, ping_interval, &backend_call::ping);
}

// The end of a session that is shorter than twice the notice is announced after half of its time.
void backend_call::wait_for_limit() {
    limit_ =
        std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::duration<double>(plan_.session_limit_s));
    notice_ = std::min<std::chrono::milliseconds>(end_notice, limit_ / 2);
    after(limit_timer_, limit_ - notice_, &backend_call::limit_is_near);
}

void backend_call::limit_is_near() {
    side_->announce_end(notice_);
    after(limit_timer_, notice_, &backend_call::limit_is_reached);
}

void backend_call::limit_is_reached() {
    say("expired");
    side_->expire();
}

// --- Playing ---

// The agent may have another rate than the caller.
void backend_call::echo(std::span<const std::int16_t> samples) {
    if (!echo_) echo_.emplace(side_->caller_rate_hz(), side_->rate_hz());
    echo_room_.resize(echo_->output_samples_max(samples.size()));
    const auto made = echo_->process(samples, echo_room_).produced;
    if (made == 0) return;
    sent_samples_ += made;
    side_->play(std::span(echo_room_).first(made));
}

void backend_call::play_file() {
    sound_ = &plan_.sound_at(side_->rate_hz());
    play_begin_ = clock::now();
    play_sent_ = 0;
    ++plays_;
    say("play", {{"ms", rounded(std::chrono::duration<double, std::milli>(sound_->duration()).count())}});
    play_more();
}

void backend_call::play_more() {
    if (sound_ == nullptr) return;
    const auto samples = sound_->samples();
    const auto piece = static_cast<std::size_t>(side_->rate_hz()) * chunk.count() / 1000;
    const double elapsed_s = std::chrono::duration<double>(clock::now() - play_begin_).count();
    const auto due =
        plan_.speed > 0 ? static_cast<std::size_t>(elapsed_s * plan_.speed * side_->rate_hz()) + piece : samples.size();
    while (play_sent_ < std::min(due, samples.size())) {
        const auto next = samples.subspan(play_sent_, std::min(piece, samples.size() - play_sent_));
        play_sent_ += next.size();
        sent_samples_ += next.size();
        side_->play(next);
    }
    if (play_sent_ == samples.size()) return file_sent();
    after(play_timer_, interval, &backend_call::play_more);
}

void backend_call::file_sent() {
    sound_ = nullptr;
    const auto name = "end-" + std::to_string(plays_);
    side_->mark(name);
    if (!plan_.dialect->marks) {
        say("sent");
        if (plan_.then_hang_up) hang_up();
        return;
    }
    marks_[name] = clock::now();
    say("sent", {{"mark", json_text(name)}});
}

void backend_call::caller_speaks(bool speaks) {
    say(speaks ? "speech" : "silence");
    side_->caller_speaks(speaks);
    if (!speaks) return play_file();
    play_timer_.cancel();
    sound_ = nullptr;
    say("clear");
    side_->clear();
}

void backend_call::hang_up() {
    say("hang_up");
    if (!side_->hang_up()) leave(normal, "the back end hangs up");
}

// --- The end ---

void backend_call::closed(const websocket::close_report& report) {
    rest();
    say("ended", {{"code", report.code},
                  {"reason", json_text(report.reason)},
                  {"heard_ms", rounded(ms_of(heard_samples_, side_->caller_rate_hz()))},
                  {"sent_ms", rounded(ms_of(sent_samples_, side_->rate_hz()))},
                  {"violations", violations_}});
    if (const auto on_end = std::exchange(on_end_, {})) on_end(violations_);
}

void backend_call::rest() {
    play_timer_.cancel();
    ping_timer_.cancel();
    limit_timer_.cancel();
    sound_ = nullptr;
}

double backend_call::ms_of(std::uint64_t samples, int rate_hz) const {
    return started_ ? static_cast<double>(samples) * 1000 / rate_hz : 0;
}

} // namespace audiosocket::app::backend
