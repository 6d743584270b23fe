// SPDX-License-Identifier: Apache-2.0
#include "gateway/gateway_call.hpp"

#include "gateway/early_call.hpp"

#include <boost/asio/post.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <exception>
#include <utility>

namespace audiosocket::app::gateway {

namespace json = boost::json;
using audiosocket::gateway::hang_up_time;
using weight = call_note::weight;

namespace {

// Some back ends send silence all the time. -50 dBFS: noise of a line is below it, and speech above.
bool has_sound(std::span<const std::int16_t> samples) {
    return std::ranges::any_of(samples, [](int sample) { return std::abs(sample) > 104; });
}

} // namespace

gateway_call::gateway_call(std::shared_ptr<live_call> live, std::shared_ptr<const gateway_plan> plan,
                           call_reporting report)
    : live_(std::move(live)), call_(live_->line()), plan_(std::move(plan)), report_(std::move(report)),
      began_(plan_->now()), timer_(call_.get_executor()), playback_(call_),
      turns_(std::make_shared<audiosocket::gateway::turn_ledger>()), activity_(plan_->inactivity_max, began_) {
    context_.id = call_.id();
}

gateway_call::~gateway_call() {
    if (link_) link_->forget_user();
}

void gateway_call::start() {
    live_->hear(turns_);
    live_->describe([weak = weak_from_this()] {
        const auto self = weak.lock();
        return self ? self->description() : json::object();
    });
    if (plan_->duration_max) duration_ends_ = began_ + *plan_->duration_max;
    auto announced = plan_->take_context ? plan_->take_context(call_.id()) : std::nullopt;
    if (!announced && plan_->fetch_context) {
        auto go_on = [self = shared_from_this(), executor = call_.get_executor()](auto found) {
            boost::asio::post(executor, [self, found = std::move(found)]() mutable { self->begin(std::move(found)); });
        };
        if (plan_->fetch_context(call_.id(), std::move(go_on))) return;
    }
    begin(std::move(announced));
}

void gateway_call::begin(std::optional<audiosocket::gateway::call_context> announced) try {
    const bool is_announced = announced.has_value();
    auto known = is_announced ? *std::move(announced) : context_;
    known.id = call_.id();
    context_ = without_back_end(*plan_, known);
    begin_hooks();
    if (!is_announced && plan_->require_context) {
        plan_->counts->count([](auto& f) { ++f.without_context; });
        note(weight::warning, "no_context", "hung up: nothing was announced for this id (--require-context)");
        leave("no_context");
        return wait();
    }
    if (plan_->while_connecting) playback_.wait_with(*plan_->while_connecting);
    if (!is_announced || !take_early_link()) find_back_end(std::move(known));
    arm_timer();
    wait();
} catch (const std::bad_alloc&) {
    give_up();
    throw;
}

void gateway_call::find_back_end(audiosocket::gateway::call_context announced) {
    std::shared_ptr<back_end_link> link;
    try {
        link_user& own = *this;
        link = std::make_shared<back_end_link>(call_.get_executor(), plan_, std::move(announced), own);
        link->start();
        link_ = std::move(link);
    } catch (const std::exception& e) {
        if (link) link->give_up(); // its connection may have begun, and keeps it
        note(weight::warning, "backend_refused", std::string("no back end: ") + e.what());
        no_back_end();
    }
}

// What the back end has said before the call was there comes now.
bool gateway_call::take_early_link() {
    const auto early = plan_->take_early ? plan_->take_early(call_.id(), call_.get_executor()) : nullptr;
    if (!early) return false;
    early_ = plan_->now() - early->began();
    link_ = early->link();
    early->hand_over(*this);
    return true;
}

// --- The call ---

void gateway_call::wait() {
    call_.async_next_event([self = shared_from_this()](boost::system::error_code error, const event& e) {
        if (!error) self->take(e);
    });
}

void gateway_call::take(const event& e) try {
    handle(e);
    if (!ended_) wait();
} catch (const std::bad_alloc&) {
    give_up();
    throw;
}

// Without memory there is no next event. Nothing must keep this object then: its end hangs the call up.
void gateway_call::give_up() noexcept {
    ended_ = true;
    if (const auto link = std::exchange(link_, nullptr)) link->give_up();
    timer_.cancel();
}

void gateway_call::handle(const event& e) {
    if (const auto* end = std::get_if<ended_event>(&e)) return ended(*end);
    const bool key = std::holds_alternative<dtmf_event>(e);
    if (key) report_.event(e);
    if (activity_.is_on()) {
        const auto now = plan_->now();
        if (key || turns_->caller_speaks(now)) activity_.active(now);
    }
    const auto theirs = playback_.for_speaker(e);
    if (!theirs || !link_) return;
    link_->happened(*theirs);
    progressed();
    look_at_turns();
}

void gateway_call::ended(const ended_event& e) {
    ended_ = true;
    if (link_) {
        link_->call_ended(e);
        note(weight::detail, "gateway", fmt::format("{} turns", turn_figures_.count()), description());
    }
    end_hooks(e);
    report_.event(e);
    timer_.cancel();
    timer_at_ = time_point::max();
    arm_timer();
}

// Hangs up when what is queued has been played. The dialplan goes on after that.
void gateway_call::leave(std::string_view why) {
    hung_up_because_ = why;
    if (link_) link_->stop();
    playback_.stop_waiting();
    call_.hang_up_when_played();
}

// --- What the back end asks for ---

bool gateway_call::play(std::span<const std::int16_t> samples, int rate_hz) {
    const auto now = plan_->now();
    turns_->answered(now, link_ ? link_->round_trip().network() : std::nullopt);
    const auto error = playback_.play(samples, rate_hz);
    if (activity_.is_on() && has_sound(samples))
        activity_.active(now + call_.queued());                 // the caller hears it until then
    if (!error || error == usage_errc::call_ended) return true; // a call that ends plays nothing, and refuses nothing
    if (!hung_up_because_ && !std::exchange(refusal_reported_, true))
        note(weight::warning, "audio_refused",
             fmt::format("audio of the back end is refused: {:.0f} s wait to be played already",
                         std::chrono::duration<double>(call_.queued()).count()));
    return false;
}

bool gateway_call::mark(std::string_view name) {
    activity_.active(plan_->now());
    const auto error = playback_.mark(name);
    return !error || error == usage_errc::call_ended || hung_up_because_;
}

void gateway_call::clear() {
    activity_.cut(plan_->now());
    if (!playback_.clear()) return;
    ++barge_ins_;
    plan_->counts->count([](auto& f) { ++f.barge_ins; });
}

void gateway_call::hang_up(hang_up_time when, std::string_view why) {
    if (hung_up_because_) return;
    note(weight::news, "backend_hangup", std::string(why), {{"reason", why}});
    if (when == hang_up_time::now) call_.clear();
    leave("backend");
}

void gateway_call::connected() {
    report_connected();
}

void gateway_call::next_back_end() {
    playback_.next_speaker();
    tools_->forget_all();
    if (plan_->while_connecting) playback_.wait_with(*plan_->while_connecting);
}

void gateway_call::no_back_end() {
    plan_->counts->count([](auto& f) { ++f.without_back_end; });
    note(weight::warning, "no_backend",
         plan_->on_failure ? "no back end is left: the failure sound is played, then the gateway hangs up"
                           : "no back end is left: the gateway hangs up");
    playback_.next_speaker();
    if (plan_->on_failure) playback_.play_last(*plan_->on_failure);
    leave("no_backend");
}

void gateway_call::progressed() {
    if (!ended_ && !hung_up_because_) deliver_results();
    if (ended_ && deadline() == time_point::max()) timer_.cancel();
    arm_timer();
}

// --- Time ---

time_point gateway_call::deadline() const noexcept {
    const auto of_link = link_ ? link_->deadline() : time_point::max();
    if (ended_) return of_link;
    return std::min({of_link, duration_ends_, hung_up_because_ ? time_point::max() : activity_.deadline()});
}

// A timer that rings too early is cheaper than one that is set again for each message.
void gateway_call::arm_timer() {
    const auto next = deadline();
    if (next >= timer_at_) return;
    timer_at_ = next;
    timer_.expires_at(next);
    timer_.async_wait([self = shared_from_this()](boost::system::error_code error) {
        if (!error) self->on_timer();
    });
}

void gateway_call::on_timer() {
    timer_at_ = time_point::max();
    const auto now = plan_->now();
    if (!link_ || !link_->is_ready() || tools_->is_busy()) activity_.active(now); // these have time limits of their own
    if (!ended_ && now >= duration_ends_) {
        duration_ends_ = time_point::max();
        note(weight::news, "max_duration", "hung up: the call has lasted as long as it may (--max-duration)");
        call_.clear();
        leave("max_duration");
    } else if (!ended_ && !hung_up_because_ && now >= activity_.deadline()) {
        plan_->counts->count([](auto& f) { ++f.inactive; });
        note(weight::news, "inactivity", "hung up: neither side has said anything for too long (--inactivity)");
        playback_.next_speaker();
        if (plan_->on_failure) playback_.play_last(*plan_->on_failure);
        leave("inactivity");
    }
    if (link_) link_->tick(now);
    progressed();
}

} // namespace audiosocket::app::gateway
