// SPDX-License-Identifier: Apache-2.0
// The gateway between callers and back ends of all kinds, on a simulated machine. A seed names a call.

#include "sim/gateway/bot.hpp"
#include "sim/gateway/phone.hpp"
#include "support/seed.hpp"
#include "support/simulated_time.hpp"

#include "gateway/early_calls.hpp"
#include "gateway/gateway_call.hpp"

#include <audiosocket/server/call_server.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/address.hpp>

#include <gtest/gtest.h>

using namespace audiosocket;
using namespace audiosocket::sim;
using namespace std::chrono_literals;
namespace gw = audiosocket::app::gateway;

namespace {

constexpr std::uint16_t port = 9092;
constexpr std::uint16_t back_end_port = 8765;
const uuid call_id = uuid::parse("40325ec2-5efd-4bd3-805f-53576e581d13");

clip sound_of(std::int16_t sample, std::chrono::milliseconds length) {
    return clip(std::vector<std::int16_t>(static_cast<std::size_t>(length.count()) * 8, sample), 8000);
}
constexpr std::chrono::milliseconds failure_sound = 440ms;

// One call: a phone, up to three places with back ends, and the gateway between them.
class gateway_world {
  public:
    explicit gateway_world(unsigned seed)
        : world_(seed), random_(world_.dice_for(1)), phone_(world_, world_.dice_for(2), said_) {
        for (std::size_t n = 0; n <= random_.below(3); ++n)
            add_place(n);
        plan_->dialect = audiosocket::gateway::find_dialect("pcm");
        plan_->bounds.connect_timeout = 2s;
        plan_->bounds.ping_after = 2s;
        plan_->bounds.silent_max = 6s;
        plan_->bounds.unread_max = 4s;
        if (random_.one_in(2)) plan_->while_connecting = sound_of(waiting_sample, 300ms);
        if (random_.one_in(2)) plan_->on_failure = sound_of(failure_sample, failure_sound);
        if (random_.one_in(8)) plan_->duration_max = std::chrono::milliseconds(random_.between(3000, 9000));
    }

    void run() {
        boost::asio::io_context io{1};
        world_.add(io);
        {
            call_server_options options;
            options.listener.call.input = input_format::slin;
            call_server server(
                io, {"", port}, [this](call line) { begin(std::move(line)); }, options);
            world_.run_for(10ms);
            const auto before = world_.open_descriptors();
            dial_early(io);
            phone_.call(port, call_id, of_the_phone());
            decide_end();
            world_.run_until([this] { return phone_.is_over(); }, 120s);
            EXPECT_TRUE(phone_.is_over()) << "the call does not end";
            early_->stop();
            world_.run_for(12s);
            // The turns of the calls have an epoll, from the first call on.
            EXPECT_EQ(world_.open_descriptors(), before + 1) << "descriptors are left open";
            EXPECT_EQ(server.calls_in_progress(), 0U);
        }
        world_.run_for(1s);
        world_.remove(io);
        check();
    }

    std::uint64_t trace() const { return said_.trace; }
    nanoseconds simulated() const { return world_.now() - began_; }

  private:
    struct place {
        std::vector<bot_plan> plans; // of its connections; the last is that of all later ones
        std::size_t connections = 0;
    };

    conditions of_the_phone() {
        conditions network;
        if (random_.one_in(2)) network.delay_max = std::chrono::milliseconds(random_.between(1, 15));
        if (random_.one_in(3)) network.cut_chance = 0.3;
        return network;
    }

    // --- The back ends ---

    void add_place(std::size_t n) {
        const auto host = "198.51.100." + std::to_string(n + 1);
        plan_->back_ends.push_back("ws://" + host + ":" + std::to_string(back_end_port) + "/");
        const bool is_narrow = random_.one_in(3);
        place fresh;
        for (int i = 0; i < 4; ++i) {
            fresh.plans.push_back(any_plan());
            fresh.plans.back().is_narrow = is_narrow;
        }
        places_.push_back(fresh);
        const auto address = boost::asio::ip::make_address(host);
        addresses_.push_back({address, back_end_port});
        if (random_.one_in(8)) return; // nothing listens there
        remote_buffers buffers;
        if (is_narrow) buffers.receive = buffers.of_machine = 2048;
        world_.listen(
            addresses_.back(), [this, n](remote& line) { accept(n, line); }, {}, buffers);
    }

    bot_plan any_plan() {
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
        plan.lives = random_.between(nanoseconds(0ms), nanoseconds(8s));
        plan.is_nasty = random_.one_in(3);
        plan.is_slow = random_.one_in(4);
        return plan;
    }

    void accept(std::size_t n, remote& line) {
        if (all_are_dead_) return line.reset();
        auto& here = places_[n];
        const auto& plan = here.plans[std::min(here.connections++, here.plans.size() - 1)];
        bots_.push_back(std::make_shared<bot>(world_, line, world_.dice_for(100 + bots_.size()), plan, said_, phone_));
        bots_.back()->start();
    }

    // --- The gateway ---

    void dial_early(boost::asio::io_context& io) {
        if (!random_.one_in(4)) return;
        plan_->take_context = [](const uuid& id) {
            audiosocket::gateway::call_context context;
            context.id = id;
            return std::optional(context);
        };
        plan_->take_early = [early = early_.get()](const uuid& id, const boost::asio::any_io_executor& here) {
            return early->take(id, here);
        };
        boost::asio::io_context* const homes[] = {&io};
        early_->use(homes, plan_, {10, 5s});
        audiosocket::gateway::call_context context;
        context.id = call_id;
        early_->announced(std::move(context));
        world_.run_for(random_.between(nanoseconds(0ms), nanoseconds(3s)));
    }

    void begin(call line) {
        const auto live = std::make_shared<app::live_call>(std::move(line));
        const auto on_event = [this](const event& e) {
            EXPECT_EQ(ends_, 0) << "an event behind the end";
            if (std::holds_alternative<ended_event>(e)) ++ends_;
        };
        const auto on_note = [this](const app::call_note& note) {
            if (note.name == "no_backend") no_back_end_at_ = world_.now();
            if (note.name == "max_duration") hung_up_for_duration_ = true;
        };
        const auto fresh = std::make_shared<gw::gateway_call>(live, plan_, app::call_reporting{on_event, on_note});
        gateway_call_ = fresh;
        fresh->start();
    }

    // --- The end ---

    void decide_end() {
        const auto when = random_.between(nanoseconds(500ms), nanoseconds(20s));
        switch (random_.below(4)) {
        case 0: return world_.remote_after(when, [this] { phone_.hang_up(true); });
        case 1: // all back ends die, and the gateway has to end the call
            return world_.remote_after(when, [this] { kill_all(); });
        default: world_.remote_after(when, [this] { phone_.hang_up(false); });
        }
    }

    void kill_all() {
        all_are_dead_ = true;
        for (const auto& address : addresses_)
            world_.stop_listening(address);
        for (const auto& one : bots_)
            one->kill();
        if (!phone_.is_over()) all_dead_at_ = world_.now();
    }

    void check() {
        EXPECT_EQ(ends_, 1) << "reports of the end";
        EXPECT_TRUE(gateway_call_.expired()) << "the call of the gateway lives on";
        const auto first = std::ranges::find_if(bots_, [](const auto& one) { return one->was_accepted(); });
        for (auto one = first; one != bots_.end(); ++one)
            (*one)->check_end(one == first);
        if (phone_.hung_up()) return;
        EXPECT_TRUE(phone_.got_hangup()) << "the gateway ends the call without a hangup message";
        const auto ended = phone_.ended_at().value_or(nanoseconds::max());
        if (no_back_end_at_ && plan_->on_failure && !hung_up_for_duration_) {
            EXPECT_EQ(phone_.failure_samples(), static_cast<std::uint64_t>(failure_sound.count()) * 8)
                << "the failure sound is not played whole";
        }
        if (no_back_end_at_ && !hung_up_for_duration_) {
            EXPECT_GE(std::max(phone_.heard_to(), said_.may_skip_to), said_.lost_to)
                << "what a lost back end has said is cut off";
        }
        EXPECT_TRUE(no_back_end_at_ || hung_up_for_duration_ || std::ranges::any_of(bots_, has_ended_the_call))
            << "the gateway ends a call without a reason";
        EXPECT_TRUE(!all_dead_at_ || ended - *all_dead_at_ <= 45s) << "silence without end";
        check_last_word(ended);
    }

    static bool has_ended_the_call(const std::shared_ptr<bot>& one) {
        const bool in_order =
            one->ended_by() == bot_plan::ending::disconnects || one->ended_by() == bot_plan::ending::closes;
        return in_order && one->ended_at() && !one->was_lost();
    }

    // A back end that ends the call in order is heard to its end, and so is one that was lost just before.
    void check_last_word(nanoseconds ended) const {
        if (no_back_end_at_ || hung_up_for_duration_ || bots_.empty()) return;
        const bot& last = *bots_.back();
        const bool in_order = last.ended_by() == bot_plan::ending::disconnects ||
                              (last.ended_by() == bot_plan::ending::closes && last.has_spoken());
        if (!last.ended_at() || !in_order || last.was_lost()) return;
        const auto last_word = std::max(last.last_word(), said_.lost_to > said_.may_skip_to ? said_.lost_to : 0);
        EXPECT_GE(phone_.heard_to(), last_word) << "the last word is cut";
        const auto spoken = phone_.heard_to() > 0 ? phone_.sent_at(phone_.heard_to()) : nanoseconds{};
        const auto most = 500ms + (last.ended_unread() ? plan_->bounds.close_timeout : 0ms);
        EXPECT_LE((ended - std::max(spoken, *last.ended_at())) / 1ms, most / 1ms) << "the hang-up is late";
    }

    world world_;
    const nanoseconds began_ = world_.now();
    dice random_;
    said said_;
    phone phone_;
    std::vector<place> places_;
    std::vector<tcp_endpoint> addresses_;
    std::vector<std::shared_ptr<bot>> bots_;
    std::shared_ptr<gw::gateway_plan> plan_ = std::make_shared<gw::gateway_plan>();
    std::shared_ptr<gw::early_calls> early_ = std::make_shared<gw::early_calls>();
    std::weak_ptr<gw::gateway_call> gateway_call_;
    int ends_ = 0;
    bool all_are_dead_ = false;
    bool hung_up_for_duration_ = false;
    std::optional<nanoseconds> no_back_end_at_;
    std::optional<nanoseconds> all_dead_at_;
};

} // namespace

TEST(gateway_simulation, every_caller_is_served_and_every_call_ends_in_order) {
    test::simulated_time simulated;
    test::for_each_seed(500, [&](unsigned seed) {
        SCOPED_TRACE(test::replay(seed));
        gateway_world one(seed);
        one.run();
        simulated.add(one.simulated());
        return !testing::Test::HasFailure();
    });
}

TEST(gateway_simulation, a_seed_repeats_exactly) {
    for (unsigned seed = 1; seed <= 5; ++seed) {
        std::uint64_t traces[2];
        for (auto& trace : traces) {
            gateway_world one(seed);
            one.run();
            trace = one.trace();
        }
        EXPECT_EQ(traces[0], traces[1]) << test::replay(seed);
    }
}
