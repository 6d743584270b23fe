// SPDX-License-Identifier: Apache-2.0
#include "gateway/back_end_link.hpp"

#include "gateway/placeholders.hpp"

#include <audiosocket/net/detail/unless_memory_is_out.hpp>

#include <boost/asio/post.hpp>
#include <boost/json/serialize.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace audiosocket::app::gateway {
namespace {

namespace json = boost::json;
using audiosocket::gateway::after_close;
using audiosocket::gateway::dialect_output;
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

back_end_link::back_end_link(boost::asio::any_io_executor executor, std::shared_ptr<const gateway_plan> plan,
                             audiosocket::gateway::call_context context, link_user& user)
    : executor_(std::move(executor)), plan_(std::move(plan)), user_(&user), route_(*plan_, context),
      context_(without_back_end(*plan_, std::move(context))) {}

void back_end_link::start() {
    bridge_.emplace(new_dialect(*plan_, context_), begin_tape());
    dial();
}

// Returns what the bridge is to ask: the tape, which passes it on, or this link.
dialect_output& back_end_link::begin_tape() {
    if (!plan_->begin_tape) return *this;
    const tape::tape_head head{to_string(context_.id), std::string(plan_->dialect->name),
                               tape::time_now(),       route_.name(),
                               context_.from,          context_.to,
                               context_.parameters};
    const auto on_failure = [weak = weak_from_this(), executor = executor_](const std::string& why) {
        if (const auto alive = weak.lock()) { // and with it the thread of the call
            boost::asio::post(executor, [weak, why] {
                if (const auto self = weak.lock())
                    self->note(weight::warning, "tape_failed", "the tape is lost: " + why);
            });
        }
    };
    dialect_output& own = *this;
    return tape_.emplace(plan_->begin_tape(context_.id, head, on_failure), own);
}

void back_end_link::note(weight how, std::string name, std::string text, json::object details) {
    if (user_) user_->note({how, std::move(name), std::move(text), std::move(details)});
}

std::optional<std::string> back_end_link::name() const {
    return route_.has_next() ? std::optional(route_.name()) : std::nullopt;
}

// --- The call ---

// More than this in the socket is a back end that reads slowly.
void back_end_link::happened(const event& e) {
    if (tape_) tape_->happened(e);
    if (socket_) bridge_->set_congested(socket_->queued_bytes() > congested_bytes);
    bridge_->happened(e, plan_->now());
    settle();
}

void back_end_link::turned(const audiosocket::gateway::turn& one) {
    if (tape_) tape_->turned(one);
}

void back_end_link::tool_result(const gateway::tool_result& result) {
    if (tape_) tape_->answered(result);
    bridge_->tool_result(result.id, result.answer.text, result.answer.is_error);
    settle();
}

void back_end_link::stop() {
    stopped_ = true;
    redial_at_ = set_up_until_ = time_point::max();
    if (!is_open_) drop_connection();
}

void back_end_link::call_ended(const ended_event& e) {
    ended_ = true;
    redial_at_ = set_up_until_ = time_point::max();
    if (tape_) tape_->happened(e);
    bridge_->happened(e, plan_->now());
    plan_->counts->count([this](auto& f) { add(f.ended, bridge_->statistics()); });
    if (!is_open_) drop_connection();
    if (socket_) close_at_ = plan_->now() + confirmation_timeout;
    settle();
}

void back_end_link::leave() {
    forget_user();
    if (!ended_) drop_connection();
}

void back_end_link::give_up() noexcept {
    forget_user();
    ended_ = false; // messages that still come give the connection up, should that fail here
    stopped_ = true;
    audiosocket::detail::unless_memory_is_out([this] { drop_connection(); });
}

// Whether the user has gone before the call has ended. Gives the connection up then.
bool back_end_link::is_abandoned() {
    if (user_ || ended_) return false;
    drop_connection();
    return true;
}

// --- The connection ---

void back_end_link::dial() {
    redial_at_ = time_point::max();
    dialled_ = plan_->now();
    is_open_ = false;
    round_trip_.forget();
    if (tape_) tape_->dialled(route_.name());
    socket_ = plan_->dial(executor_, route_.next(), tape_ ? tape_->listen(handlers()) : handlers());
}

// Keeps this alive until the connection has closed.
websocket::handlers back_end_link::handlers() {
    const auto self = shared_from_this();
    return {
        [self] {
            if (self->is_abandoned()) return;
            const auto now = self->plan_->now();
            self->is_open_ = true;
            self->set_up_until_ = now + self->plan_->bounds.connect_timeout;
            self->bridge_->connection_opened(now);
            self->heard();
        },
        [self](std::string_view message) {
            if (self->is_abandoned()) return;
            self->bridge_->text(message, self->plan_->now());
            self->heard();
        },
        [self](std::span<const std::byte> message) {
            if (self->is_abandoned()) return;
            self->bridge_->binary(message, self->plan_->now());
            self->heard();
        },
        [self](const websocket::close_report& how) {
            self->closed(how);
            if (self->user_) self->user_->progressed();
        },
        [self](clock::duration took) {
            self->round_trip_.answered(took);
            self->plan_->counts->count([&](auto& f) { f.ping_time.add(took); });
        },
    };
}

void back_end_link::heard() {
    settle();
    if (user_) user_->progressed();
}

void back_end_link::closed(const websocket::close_report& how) {
    const bool was_open = is_open_;
    if (socket_) last_sign_ = socket_->heard_at();
    socket_.reset();
    is_open_ = false;
    set_up_until_ = close_at_ = time_point::max();
    if (ended_ || stopped_ || !user_) return;
    const auto then = bridge_->connection_closed(how.code, how.reason);
    if (!was_open && then == after_close::reconnect && route_.has_another_try()) {
        route_.failed(last_sign_);
        redial_after(route_.pause());
    } else if (!was_open) {
        lost("cannot be reached: " + how.reason);
    } else if (then == after_close::hang_up && has_served()) {
        user_->hang_up(hang_up_time::when_played, "the back end has closed the connection");
    } else if (then == after_close::reconnect) {
        redial_after(route_.pause());
    } else {
        lost(fmt::format("closed with code {}{}{}{}", how.code, how.reason.empty() ? "" : ": ", how.reason,
                         then == after_close::hang_up ? " before it said anything" : ""));
    }
}

bool back_end_link::has_served() const noexcept {
    const auto& now = bridge_->statistics();
    return now.audio > before_session_.audio || now.tool_calls > before_session_.tool_calls ||
           now.digits > before_session_.digits || now.caller_audio - before_session_.caller_audio >= heard_least;
}

void back_end_link::drop_connection() {
    set_up_until_ = close_at_ = time_point::max();
    is_open_ = false;
    const auto socket = std::exchange(socket_, nullptr);
    if (!socket) return;
    last_sign_ = socket->heard_at();
    socket->abandon();
    if (tape_) tape_->dropped();
}

// Does what the dialect asked for while it was running.
void back_end_link::settle() {
    if (ended_ && socket_ && bridge_->may_close()) {
        close_at_ = time_point::max();
        socket_->close(1000, "the call has ended");
    }
    if (ended_ || stopped_) return;
    if (auto why = std::exchange(failed_, std::nullopt)) {
        drop_connection();
        lost(*why);
    } else if (std::exchange(reconnecting_, false)) {
        note(weight::detail, "backend_reconnect", "the dialect goes on in another connection");
        drop_connection();
        route_.begin_again();
        redial_after({});
    }
}

void back_end_link::redial_after(std::chrono::milliseconds pause) {
    redial_at_ = plan_->now() + pause;
}

// The connection of this back end could not be made, or is lost. Goes on with the next back end of the route.
void back_end_link::lost(const std::string& why) {
    reconnecting_ = false; // of the connection that is lost
    plan_->counts->count([](auto& f) { ++f.lost; });
    note(weight::warning, "backend_lost", fmt::format("back end {} {}", route_.name(), why),
         {{"backend", route_.name()}, {"reason", why}});
    const bool was_fallback = route_.is_fallback();
    route_.failed(last_sign_);
    if (!route_.has_next()) return user_->no_back_end();
    if (!was_fallback && route_.is_fallback()) plan_->counts->count([](auto& f) { ++f.fell_back; });
    bridge_->replace(new_dialect(*plan_, context_));
    before_session_ = bridge_->statistics();
    redial_after(route_.pause());
    user_->next_back_end();
}

// --- What the dialect asks for ---

void back_end_link::send_text(std::string_view message) {
    if (socket_ && !socket_->send_text(message) && is_open_) failed_ = "does not read what it is sent";
}

void back_end_link::send_binary(std::span<const std::byte> message) {
    if (socket_ && !socket_->send_binary(message) && is_open_) failed_ = "does not read what it is sent";
}

void back_end_link::reconnect() {
    reconnecting_ = true;
}

void back_end_link::ready() {
    const auto now = plan_->now();
    set_up_until_ = time_point::max();
    route_.connected(now);
    connect_time_ = now - dialled_;
    plan_->counts->count([&](auto& f) {
        ++f.connected;
        f.connect_time.add(connect_time_);
    });
    user_->connected();
}

bool back_end_link::play(std::span<const std::int16_t> samples, int rate_hz) {
    return user_->play(samples, rate_hz);
}

void back_end_link::mark(std::string_view name) {
    if (!user_->mark(name)) failed_ = "has set more marks than a call may have (10,000)";
}

void back_end_link::clear() {
    user_->clear();
}

void back_end_link::hang_up(hang_up_time when, std::string_view why) {
    if (!stopped_) user_->hang_up(when, why);
}

void back_end_link::fail(std::string_view why) {
    failed_ = "failed: " + std::string(why);
}

void back_end_link::report(audiosocket::gateway::dialect_report what) {
    if (user_) user_->report(std::move(what));
}

// --- Time ---

time_point back_end_link::deadline() const noexcept {
    const auto of_dialect = stopped_ || ended_ ? time_point::max() : bridge_->deadline();
    return std::min({redial_at_, set_up_until_, close_at_, of_dialect});
}

void back_end_link::tick(time_point now) {
    if (now >= close_at_) {
        close_at_ = time_point::max();
        if (socket_) socket_->close(1000, "the call has ended");
    }
    if (stopped_ || ended_) return;
    if (now >= redial_at_) dial();
    if (now >= set_up_until_) failed_ = "did not set up the session in time (--connect-timeout)";
    if (now >= bridge_->deadline()) bridge_->tick(now);
    settle();
}

} // namespace audiosocket::app::gateway
