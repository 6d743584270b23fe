// SPDX-License-Identifier: Apache-2.0
#include "gateway/early_call.hpp"

#include <audiosocket/audio/duration.hpp>

#include <algorithm>
#include <exception>
#include <utility>

namespace audiosocket::app::gateway {

early_call::early_call(boost::asio::any_io_executor executor, std::shared_ptr<const gateway_plan> plan,
                       audiosocket::gateway::call_context context, std::chrono::nanoseconds lifetime)
    : executor_(std::move(executor)), plan_(std::move(plan)), context_(std::move(context)), began_(plan_->now()),
      expires_at_(began_ + std::chrono::duration_cast<clock::duration>(lifetime)), timer_(executor_) {}

void early_call::start() {
    if (dropped_) return;
    std::shared_ptr<back_end_link> link;
    try {
        link_user& own = *this;
        link = std::make_shared<back_end_link>(executor_, plan_, std::move(context_), own);
        link->start();
        link_ = link;
        arm_timer();
    } catch (const std::exception& e) {
        if (link) link->give_up(); // its connection may have begun, and keeps it
        finish(end::lost, e.what());
    }
}

void early_call::drop() {
    dropped_ = true;
    timer_.cancel();
    if (const auto link = std::exchange(link_, nullptr)) link->leave();
}

void early_call::finish(end how, const std::string& why) {
    const auto self = shared_from_this(); // it is forgotten there
    drop();
    if (on_end_) on_end_(how, why);
}

void early_call::hand_over(link_user& call) {
    timer_.cancel();
    const auto link = std::exchange(link_, nullptr);
    link->serve(call);
    for (const auto& one : std::exchange(waiting_, {}))
        one.ask(call);
}

// --- What the back end asks for ---

bool early_call::wait(std::function<void(link_user&)> ask, bool is_note) {
    if (waiting_.size() == asked_max) return false;
    waiting_.push_back({std::move(ask), is_note});
    return true;
}

// What may not be left out: without it the call would go on with a back end whose state it does not know.
void early_call::wait_or_end(std::size_t text_bytes, std::function<void(link_user&)> ask, bool is_note) {
    text_bytes_ += text_bytes;
    if (text_bytes_ > text_bytes_max || !wait(std::move(ask), is_note))
        over_because_ = "it said too much before its call arrived";
}

bool early_call::play(std::span<const std::int16_t> samples, int rate_hz) {
    const auto length = duration_of(samples.size(), rate_hz);
    if (audio_ + length > audio_max) return false;
    const std::vector<std::int16_t> kept(samples.begin(), samples.end());
    if (!wait([kept, rate_hz](link_user& call) { call.play(kept, rate_hz); })) return false;
    audio_ += length;
    return true;
}

bool early_call::mark(std::string_view name) {
    return wait([kept = std::string(name)](link_user& call) { call.mark(kept); });
}

void early_call::clear() {
    wait_or_end(0, [](link_user& call) { call.clear(); });
}

void early_call::report(audiosocket::gateway::dialect_report what) {
    const auto bytes = what.who.size() + what.id.size() + what.name.size() + what.text.size();
    wait_or_end(bytes, [kept = std::move(what)](link_user& call) { call.report(kept); });
}

void early_call::note(call_note what) {
    last_note_ = what.text;
    const auto bytes = what.text.size();
    wait_or_end(
        bytes, [kept = std::move(what)](link_user& call) { call.note(kept); }, true);
}

void early_call::connected() {
    wait_or_end(0, [](link_user& call) { call.connected(); });
}

// What a lost back end has said must not be heard before what the next back end says.
void early_call::next_back_end() {
    std::erase_if(waiting_, [](const asked& one) { return !one.is_note; });
    audio_ = {};
}

void early_call::hang_up(audiosocket::gateway::hang_up_time, std::string_view why) {
    over_because_ = why;
}

void early_call::no_back_end() {
    over_because_ = last_note_;
}

void early_call::progressed() {
    if (over_because_) return finish(end::lost, *over_because_);
    arm_timer();
}

// --- Time ---

void early_call::arm_timer() {
    const auto next = std::min(expires_at_, link_->deadline());
    if (next >= timer_at_) return;
    timer_at_ = next;
    timer_.expires_at(next);
    timer_.async_wait([weak = weak_from_this()](boost::system::error_code error) {
        const auto self = weak.lock();
        if (error || !self || !self->link_) return;
        self->timer_at_ = time_point::max();
        const auto now = self->plan_->now();
        if (now >= self->expires_at_) return self->finish(end::expired, "no call came in time");
        self->link_->tick(now);
        self->progressed();
    });
}

} // namespace audiosocket::app::gateway
