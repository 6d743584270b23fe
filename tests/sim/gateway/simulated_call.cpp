// SPDX-License-Identifier: Apache-2.0
#include "sim/gateway/simulated_call.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <utility>

namespace audiosocket::sim {

using namespace std::chrono_literals;

namespace {

// Callers begin their numbers at different places, so that audio of another call is noticed.
constexpr std::uint64_t numbers_apart = 7919;

uuid id_of(unsigned number) {
    return uuid::parse("40325ec2-5efd-4bd3-805f-53576e581d1" + std::to_string(number));
}

} // namespace

simulated_call::simulated_call(world& in, unsigned number, const app::gateway::gateway_plan& plan)
    : world_(in), plan_(plan), number_(number), id_(id_of(number)), random_(in.dice_for(1000 * (number + 1))),
      said_(numbering(encoding_of(plan.dialect->name)), numbers_apart * number),
      phone_(in, in.dice_for(1000 * (number + 1) + 1), said_), places_(plan.back_ends.size()) {
    for (auto& one : places_)
        for (int i = 0; i < 4; ++i)
            one.plans.push_back(any_plan());
}

// --- What happens ---

void simulated_call::begin(std::uint16_t port) {
    began_at_ = world_.now();
    const auto address = boost::asio::ip::make_address("192.0.2." + std::to_string(number_ + 1));
    phone_.call({address, 5000}, port, id_, any_network());
    decide_end();
}

conditions simulated_call::any_network() {
    conditions network;
    if (random_.one_in(2)) network.delay_max = std::chrono::milliseconds(random_.between(1, 15));
    if (random_.one_in(3)) network.cut_chance = 0.3;
    return network;
}

bot_plan simulated_call::any_plan() {
    using greeting = bot_plan::greeting;
    using ending = bot_plan::ending;
    static constexpr std::array greetings{greeting::accepts, greeting::accepts,        greeting::accepts,
                                          greeting::accepts, greeting::accepts_late,   greeting::says_nothing,
                                          greeting::refuses, greeting::answers_garbage};
    static constexpr std::array endings{
        ending::stays,         ending::stays,  ending::stays,           ending::disconnects,  ending::closes,
        ending::closes_failed, ending::resets, ending::ends_the_stream, ending::breaks_rules, ending::falls_silent};
    bot_plan plan;
    plan.begins = greetings[random_.below(greetings.size())];
    plan.ends = endings[random_.below(endings.size())];
    if (plan_.dialect->name == "twilio" && plan.ends == ending::disconnects) plan.ends = ending::closes;
    plan.lives = random_.between(nanoseconds(0ms), nanoseconds(8s));
    plan.is_nasty = random_.one_in(3);
    plan.is_slow = random_.one_in(4);
    plan.is_hasty = random_.one_in(3);
    if (plan.is_hasty && random_.one_in(2)) plan.lives /= 10; // lost while the caller hears what it has said
    return plan;
}

void simulated_call::decide_end() {
    const auto when = random_.between(nanoseconds(500ms), nanoseconds(20s));
    switch (random_.below(4)) {
    case 0: return world_.remote_after(when, [this] { phone_.hang_up(true); });
    case 1: return world_.remote_after(when, [this] { kill_back_ends(); });
    default: world_.remote_after(when, [this] { phone_.hang_up(false); });
    }
}

void simulated_call::connected(std::size_t at, bool is_narrow, std::shared_ptr<bot> back_end) {
    if (is_dead_) return back_end->kill();
    auto& here = places_[at];
    auto plan = here.plans[std::min(here.connections++, here.plans.size() - 1)];
    plan.is_narrow = is_narrow;
    bots_.push_back(std::move(back_end));
    bots_.back()->serve(plan, plan_.dialect->name, said_, phone_);
}

void simulated_call::kill_back_ends() {
    if (std::exchange(is_dead_, true)) return;
    for (const auto& one : bots_)
        one->kill();
    if (!phone_.is_over()) all_dead_at_ = world_.now();
}

app::call_reporting simulated_call::reporting() {
    const auto on_event = [this](const event& e) {
        EXPECT_EQ(ends_, 0) << "an event behind the end";
        if (std::holds_alternative<ended_event>(e)) ++ends_;
    };
    const auto on_note = [this](const app::call_note& note) {
        if (note.name == "no_backend") no_back_end_at_ = world_.now();
        if (note.name == "max_duration") hung_up_for_duration_ = true;
    };
    return {on_event, on_note};
}

// --- What must be true ---

nanoseconds simulated_call::over_at() const noexcept {
    return phone_.over_at().value_or(nanoseconds::max());
}

void simulated_call::check() const {
    SCOPED_TRACE("call " + std::to_string(number_));
    EXPECT_TRUE(is_over()) << "the call does not end";
    EXPECT_EQ(ends_, 1) << "reports of the end";
    const auto first = std::ranges::find_if(bots_, [](const auto& one) { return one->was_accepted(); });
    for (auto one = first; one != bots_.end(); ++one)
        (*one)->check_end(one == first);
    if (phone_.hung_up()) return;
    EXPECT_TRUE(phone_.got_hangup()) << "the gateway ends the call without a hangup message";
    const auto ended = phone_.ended_at().value_or(nanoseconds::max());
    if (no_back_end_at_ && plan_.on_failure && !hung_up_for_duration_) {
        EXPECT_EQ(phone_.failure_samples(), plan_.on_failure->samples().size())
            << "the failure sound is not played whole";
    }
    if (no_back_end_at_ && !hung_up_for_duration_) {
        EXPECT_GE(std::max(phone_.heard_to(), said_.may_skip_to), said_.lost_to)
            << "what a lost back end has said is cut off";
    }
    const auto has_ended_the_call = [](const auto& one) {
        const bool in_order =
            one->ended_by() == bot_plan::ending::disconnects || one->ended_by() == bot_plan::ending::closes;
        return in_order && one->ended_at() && !one->was_lost();
    };
    EXPECT_TRUE(no_back_end_at_ || hung_up_for_duration_ || std::ranges::any_of(bots_, has_ended_the_call))
        << "the gateway ends a call without a reason";
    EXPECT_TRUE(!all_dead_at_ || ended - *all_dead_at_ <= 45s) << "silence without end";
    check_last_word(ended);
}

// A back end that ends the call in order is heard to its end, and so is one that was lost just before.
void simulated_call::check_last_word(nanoseconds ended) const {
    if (no_back_end_at_ || hung_up_for_duration_ || bots_.empty()) return;
    const bot& last = *bots_.back();
    const bool in_order = last.ended_by() == bot_plan::ending::disconnects ||
                          (last.ended_by() == bot_plan::ending::closes && last.has_spoken());
    if (!last.ended_at() || !in_order || last.was_lost()) return;
    const auto last_word = std::max(last.last_word(), said_.lost_to > said_.may_skip_to ? said_.lost_to : 0);
    EXPECT_GE(phone_.heard_to(), last_word) << "the last word is cut";
    const auto spoken = phone_.heard_to() > said_.first ? phone_.sent_at(phone_.heard_to()) : nanoseconds{};
    const auto most = 500ms + (last.ended_unread() ? plan_.bounds.close_timeout : 0ms);
    EXPECT_LE((ended - std::max(spoken, *last.ended_at())) / 1ms, most / 1ms) << "the hang-up is late";
}

} // namespace audiosocket::sim
