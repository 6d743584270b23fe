// SPDX-License-Identifier: Apache-2.0
#include "gateway/gateway_call.hpp"

#include "gateway/placeholders.hpp"

#include <boost/json/serialize.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <utility>

namespace audiosocket::app::gateway {
namespace {

namespace json = boost::json;
using audiosocket::gateway::after_close;
using audiosocket::gateway::bridge;
using audiosocket::gateway::dialect_report;
using audiosocket::gateway::hang_up_time;
using weight = call_note::weight;

// Caller audio waits in the bridge, where it can be dropped, while more than this waits for the network: a fifth of a
// second in the largest dialect (48 kHz as base64), and a second and more at 8 kHz.
constexpr std::size_t congested_bytes = 24 * 1024;

// How long the connection stays after the call for a back end that has to confirm the end.
constexpr std::chrono::seconds confirmation_timeout{3};

std::string hex_digits(const uuid& id) {
    auto text = to_string(id);
    std::erase(text, '-');
    return text;
}

std::unique_ptr<audiosocket::gateway::dialect> new_dialect(const gateway_plan& plan,
                                                           const audiosocket::gateway::call_context& context) {
    audiosocket::gateway::dialect_options options{context, {}, hex_digits(uuid::random())};
    if (plan.session) {
        json::value session = *plan.session;
        expand(session, context);
        options.session = json::serialize(session);
    }
    return make_dialect(*plan.dialect, std::move(options));
}

} // namespace

gateway_call::gateway_call(std::shared_ptr<live_call> live, std::shared_ptr<const gateway_plan> plan,
                           call_reporting report)
    : live_(std::move(live)), call_(live_->line()), plan_(std::move(plan)), report_(std::move(report)),
      timer_(call_.get_executor()), playback_(call_), turns_(std::make_shared<audiosocket::gateway::turn_ledger>()) {
    context_.id = call_.id();
}

void gateway_call::start() {
    live_->hear(turns_);
    live_->describe([weak = weak_from_this()] {
        const auto self = weak.lock();
        return self ? self->description() : json::object();
    });
    if (plan_->duration_max) duration_ends_ = began_ + *plan_->duration_max;
    auto announced = plan_->take_context ? plan_->take_context(call_.id()) : std::nullopt;
    if (announced) {
        context_ = std::move(*announced);
        context_.id = call_.id();
    }
    const auto with_back_end = context_;
    if (!plan_->allowed_back_ends.empty()) context_.parameters.erase("backend"); // its query may be a secret
    begin_hooks();
    if (!announced && plan_->require_context) {
        plan_->counts->count([](auto& f) { ++f.without_context; });
        note(weight::warning, "no_context", "hung up: nothing was announced for this id (--require-context)");
        leave();
        return wait();
    }
    try {
        route_.emplace(*plan_, with_back_end);
        bridge_.emplace(new_dialect(*plan_, context_), begin_tape());
        if (plan_->while_connecting) playback_.wait_with(*plan_->while_connecting);
        dial();
    } catch (const std::exception& e) {
        note(weight::warning, "backend_refused", std::string("no back end: ") + e.what());
        give_up();
    }
    arm_timer();
    wait();
}

// --- The call ---

void gateway_call::wait() {
    call_.async_next_event([self = shared_from_this()](boost::system::error_code error, const event& e) {
        if (error) return;
        self->handle(e);
        if (!self->ended_) self->wait();
    });
}

void gateway_call::handle(const event& e) {
    if (const auto* end = std::get_if<ended_event>(&e)) return ended(*end);
    if (std::holds_alternative<dtmf_event>(e)) report_.event(e);
    const auto theirs = playback_.for_speaker(e);
    if (!theirs || !bridge_) return;
    if (tape_) tape_->happened(*theirs);
    follow_congestion();
    bridge_->happened(*theirs, clock::now());
    after_dialect();
    look_at_turns();
}

void gateway_call::ended(const ended_event& e) {
    ended_ = true;
    timer_.cancel();
    if (tape_) tape_->happened(e);
    if (bridge_) {
        bridge_->happened(e, clock::now());
        plan_->counts->count([this](auto& f) { add(f.ended, bridge_->statistics()); });
        note(weight::detail, "gateway", fmt::format("{} turns", turn_count_), description());
    }
    end_hooks(e);
    if (!is_open_) drop_connection();
    close_when_confirmed();
    report_.event(e);
}

// Some back ends confirm the end of the call first.
void gateway_call::close_when_confirmed() {
    if (!socket_) return;
    if (bridge_->may_close()) return socket_->close(1000, "the call has ended");
    timer_.expires_after(confirmation_timeout);
    timer_.async_wait([self = shared_from_this()](boost::system::error_code error) {
        if (!error && self->socket_) self->socket_->close(1000, "the call has ended");
    });
}

// --- The connection ---

void gateway_call::dial() {
    redial_at_ = time_point::max();
    dialled_ = clock::now();
    is_open_ = false;
    if (tape_) tape_->dialled(route_->name());
    socket_ = websocket::dial(call_.get_executor(), route_->next(), tape_ ? tape_->listen(handlers()) : handlers());
}

// Keeps this call alive until the connection has closed.
websocket::handlers gateway_call::handlers() {
    const auto self = shared_from_this();
    return {
        [self] {
            const auto now = clock::now();
            self->is_open_ = true;
            self->set_up_until_ = now + self->plan_->bounds.connect_timeout;
            self->bridge_->connection_opened(now);
            self->after_dialect();
        },
        [self](std::string_view message) {
            self->bridge_->text(message, clock::now());
            self->after_dialect();
        },
        [self](std::span<const std::byte> message) {
            self->bridge_->binary(message, clock::now());
            self->after_dialect();
        },
        [self](const websocket::close_report& how) { self->closed(how); },
    };
}

void gateway_call::closed(const websocket::close_report& how) {
    const bool was_open = is_open_;
    if (socket_) last_sign_ = socket_->heard_at();
    socket_.reset();
    is_open_ = false;
    set_up_until_ = time_point::max();
    if (ended_ || leaving_) return;
    const auto then = bridge_->connection_closed(how.code, how.reason);
    if (!was_open && then == after_close::reconnect && route_->has_another_try()) {
        route_->failed(last_sign_);
        redial_after(route_->pause());
    } else if (!was_open) {
        lost("cannot be reached: " + how.reason);
    } else if (then == after_close::hang_up) {
        hang_up(hang_up_time::when_played, "the back end has closed the connection");
    } else if (then == after_close::reconnect) {
        redial_after(route_->pause());
    } else {
        lost(fmt::format("closed with code {}{}{}", how.code, how.reason.empty() ? "" : ": ", how.reason));
    }
    arm_timer();
}

void gateway_call::drop_connection() {
    set_up_until_ = time_point::max();
    is_open_ = false;
    const auto socket = std::exchange(socket_, nullptr);
    if (!socket) return;
    last_sign_ = socket->heard_at();
    if (tape_) tape_->dropped();
    socket->abandon();
}

// Does what the dialect asked for while it was running.
void gateway_call::after_dialect() {
    if (ended_ && socket_ && bridge_->may_close()) {
        timer_.cancel();
        socket_->close(1000, "the call has ended");
    }
    if (ended_ || leaving_) return;
    deliver_results();
    if (auto why = std::exchange(failed_, std::nullopt)) {
        drop_connection();
        lost(*why);
    } else if (std::exchange(reconnecting_, false)) {
        note(weight::detail, "backend_reconnect", "the dialect goes on in another connection");
        drop_connection();
        route_->begin_again();
        redial_after({});
    }
    arm_timer();
}

void gateway_call::redial_after(std::chrono::milliseconds pause) {
    redial_at_ = clock::now() + pause;
}

// The connection of this back end could not be made, or is lost: the next one of the route.
void gateway_call::lost(const std::string& why) {
    if (ended_ || leaving_) return;
    plan_->counts->count([](auto& f) { ++f.lost; });
    note(weight::warning, "backend_lost", fmt::format("back end {} {}", route_->name(), why),
         {{"backend", route_->name()}, {"reason", why}});
    const bool was_fallback = route_->is_fallback();
    route_->failed(last_sign_);
    if (!route_->has_next()) return give_up();
    if (!was_fallback && route_->is_fallback()) plan_->counts->count([](auto& f) { ++f.fell_back; });
    playback_.next_speaker();
    tools_->forget_all();
    bridge_->replace(new_dialect(*plan_, context_));
    if (plan_->while_connecting) playback_.wait_with(*plan_->while_connecting);
    redial_after(route_->pause());
}

// The dialplan goes on after the hang-up.
void gateway_call::give_up() {
    plan_->counts->count([](auto& f) { ++f.without_back_end; });
    note(weight::warning, "no_backend",
         plan_->on_failure ? "no back end is left: the failure sound is played, then we hang up"
                           : "no back end is left: we hang up");
    playback_.next_speaker();
    if (plan_->on_failure) playback_.play_last(*plan_->on_failure);
    leave();
}

// Hangs up when what is queued has been played.
void gateway_call::leave() {
    leaving_ = true;
    redial_at_ = set_up_until_ = time_point::max();
    if (!is_open_) drop_connection();
    playback_.stop_waiting();
    playback_.play_tail();
    call_.hang_up_when_played();
}

// --- What the dialect asks for ---

void gateway_call::send_text(std::string_view message) {
    if (socket_ && !socket_->send_text(message) && is_open_) failed_ = "does not read what it is sent";
}

void gateway_call::send_binary(std::span<const std::byte> message) {
    if (socket_ && !socket_->send_binary(message) && is_open_) failed_ = "does not read what it is sent";
}

void gateway_call::reconnect() {
    reconnecting_ = true;
}

void gateway_call::ready() {
    const auto now = clock::now();
    set_up_until_ = time_point::max();
    route_->connected(now);
    plan_->counts->count([&](auto& f) {
        ++f.connected;
        f.connect_time.add(now - dialled_);
    });
    connect_time_ = now - dialled_;
    report_connected();
}

bool gateway_call::play(std::span<const std::int16_t> samples, int rate_hz) {
    turns_->answered(clock::now());
    const auto error = playback_.play(samples, rate_hz);
    if (!error || error == usage_errc::call_ended) return true; // a call that ends plays nothing, and refuses nothing
    if (!leaving_ && !std::exchange(refusal_reported_, true))
        note(weight::warning, "audio_refused",
             fmt::format("audio of the back end is refused: {:.0f} s wait to be played already",
                         std::chrono::duration<double>(call_.queued()).count()));
    return false;
}

void gateway_call::mark(std::string_view name) {
    const auto error = playback_.mark(name);
    if (error && error != usage_errc::call_ended && !leaving_)
        failed_ = "has set more marks than a call may have (10,000)";
}

void gateway_call::clear() {
    if (!playback_.clear()) return;
    ++barge_ins_;
    plan_->counts->count([](auto& f) { ++f.barge_ins; });
}

void gateway_call::hang_up(hang_up_time when, std::string_view why) {
    if (leaving_) return;
    note(weight::news, "backend_hangup", std::string(why), {{"reason", why}});
    if (when == hang_up_time::now) call_.clear();
    leave();
}

void gateway_call::fail(std::string_view why) {
    failed_ = "failed: " + std::string(why);
}

// --- Time ---

// More than this in the socket is a back end that reads slowly.
void gateway_call::follow_congestion() {
    if (socket_) bridge_->set_congested(socket_->queued_bytes() > congested_bytes);
}

time_point gateway_call::deadline() const noexcept {
    return std::min(
        {redial_at_, set_up_until_, duration_ends_, bridge_ && !leaving_ ? bridge_->deadline() : time_point::max()});
}

// A timer that rings too early is cheaper than one that is set again for each message.
void gateway_call::arm_timer() {
    const auto next = deadline();
    if (ended_ || next >= timer_at_) return;
    timer_at_ = next;
    timer_.expires_at(next);
    timer_.async_wait([self = shared_from_this()](boost::system::error_code error) {
        if (!error && !self->ended_) self->on_timer();
    });
}

void gateway_call::on_timer() {
    timer_at_ = time_point::max();
    const auto now = clock::now();
    if (now >= duration_ends_) {
        duration_ends_ = time_point::max();
        note(weight::news, "max_duration", "hung up: the call has lasted as long as it may (--max-duration)");
        call_.clear();
        leave();
    } else if (!leaving_) {
        if (now >= redial_at_) dial();
        if (now >= set_up_until_) failed_ = "did not set up the session in time (--connect-timeout)";
        if (now >= bridge_->deadline()) bridge_->tick(now);
        after_dialect();
    }
    arm_timer();
}

} // namespace audiosocket::app::gateway
