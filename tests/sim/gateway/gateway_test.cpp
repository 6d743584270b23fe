// SPDX-License-Identifier: Apache-2.0
// The gateway between callers and back ends of all kinds, on a simulated machine. A seed names a gateway with its
// calls.

#include "sim/gateway/simulated_call.hpp"
#include "support/seed.hpp"
#include "support/simulated_time.hpp"

#include "gateway/early_calls.hpp"
#include "gateway/gateway_call.hpp"

#include <audiosocket/server/call_server.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/address.hpp>

#include <gtest/gtest.h>

#include <set>

using namespace audiosocket;
using namespace audiosocket::sim;
using namespace std::chrono_literals;
namespace gw = audiosocket::app::gateway;

namespace {

constexpr std::uint16_t port = 9092;
constexpr std::uint16_t back_end_port = 8765;

clip sound_of(std::int16_t sample, std::chrono::milliseconds length) {
    return clip(std::vector<std::int16_t>(static_cast<std::size_t>(length.count()) * 8, sample), 8000);
}

// A gateway, up to three places with back ends, and one to four calls.
class gateway_world {
  public:
    explicit gateway_world(unsigned seed) : world_(seed), random_(world_.dice_for(1)) {
        plan_->dialect = audiosocket::gateway::find_dialect(random_.one_in(2) ? "pcm" : "twilio");
        plan_->bounds.connect_timeout = 2s;
        plan_->bounds.ping_after = 2s;
        plan_->bounds.silent_max = 6s;
        plan_->bounds.unread_max = 4s;
        if (random_.one_in(2)) plan_->while_connecting = sound_of(waiting_sample, 300ms);
        if (random_.one_in(2)) plan_->on_failure = sound_of(failure_sample, 440ms);
        if (random_.one_in(8)) plan_->duration_max = std::chrono::milliseconds(random_.between(3000, 9000));
        for (std::size_t n = 0; n <= random_.below(3); ++n)
            add_place(n);
        const auto calls = 1 + static_cast<unsigned>(random_.below(4));
        for (unsigned n = 0; n < calls; ++n)
            calls_.push_back(std::make_unique<simulated_call>(world_, n, *plan_));
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
            for (const auto& one : calls_)
                plan_call(*one);
            if (random_.one_in(10))
                world_.remote_after(random_.between(nanoseconds(500ms), nanoseconds(20s)), [this] { kill_all(); });
            world_.run_until([this] { return std::ranges::all_of(calls_, [](auto& one) { return one->is_over(); }); },
                             120s);
            early_->stop();
            world_.run_for(12s);
            EXPECT_EQ(world_.open_descriptors(), before) << "descriptors are left open";
            EXPECT_EQ(server.calls_in_progress(), 0U);
        }
        world_.run_for(1s);
        world_.remove(io);
        for (const auto& one : gateway_calls_)
            EXPECT_TRUE(one.expired()) << "the call of the gateway lives on";
        for (const auto& one : calls_)
            one->check();
    }

    std::uint64_t trace() const {
        std::uint64_t all = 0;
        for (const auto& one : calls_)
            all = all * 31 + one->trace();
        return all;
    }

    void add_to(test::simulated_time& simulated) const {
        for (const auto& one : calls_)
            simulated.add(one->length());
    }

  private:
    // --- The back ends ---

    // The path of a connection says which call it is for.
    void add_place(std::size_t n) {
        const auto host = "198.51.100." + std::to_string(n + 1);
        plan_->back_ends.push_back("ws://" + host + ":" + std::to_string(back_end_port) + "/{uuid}");
        const bool is_narrow = random_.one_in(3);
        const auto address = boost::asio::ip::make_address(host);
        addresses_.push_back({address, back_end_port});
        if (random_.one_in(8)) return; // nothing listens there
        remote_buffers buffers;
        if (is_narrow) buffers.receive = buffers.of_machine = 2048;
        world_.listen(
            addresses_.back(), [this, n, is_narrow](remote& line) { accept(n, is_narrow, line); }, {}, buffers);
    }

    void accept(std::size_t place, bool is_narrow, remote& line) {
        if (all_are_dead_) return line.reset();
        bots_.push_back(std::make_shared<bot>(world_, line, world_.dice_for(100'000 + bots_.size())));
        bots_.back()->start([this, place, is_narrow](bot& fresh, const std::string& path) {
            simulated_call* const call = find(path.substr(1));
            ASSERT_TRUE(call) << "a connection for the unknown call " << path;
            call->connected(place, is_narrow, fresh.shared_from_this());
        });
    }

    simulated_call* find(std::string_view id) const {
        const auto found = std::ranges::find_if(calls_, [&](auto& one) { return to_string(one->id()) == id; });
        return found == calls_.end() ? nullptr : found->get();
    }

    // --- The calls ---

    void dial_early(boost::asio::io_context& io) {
        if (!random_.one_in(4)) return;
        is_early_ = true;
        plan_->take_context = [this](const uuid& id) {
            return announced_.erase(to_string(id)) > 0 ? std::optional(context_of(id)) : std::nullopt;
        };
        plan_->take_early = [early = early_.get()](const uuid& id, const boost::asio::any_io_executor& here) {
            return early->take(id, here);
        };
        boost::asio::io_context* const homes[] = {&io};
        early_->use(homes, plan_, {10, 5s});
    }

    static audiosocket::gateway::call_context context_of(const uuid& id) {
        audiosocket::gateway::call_context context;
        context.id = id;
        return context;
    }

    void plan_call(simulated_call& one) {
        nanoseconds when{};
        if (is_early_ && !random_.one_in(3)) {
            announced_.insert(to_string(one.id()));
            early_->announced(context_of(one.id()));
            when = random_.between(nanoseconds(0ms), nanoseconds(3s));
        } else if (calls_.size() > 1) {
            when = random_.between(nanoseconds(0ms), nanoseconds(4s));
        }
        world_.remote_after(when, [&one] { one.begin(port); });
    }

    void begin(call line) {
        simulated_call* const known = find(to_string(line.id()));
        ASSERT_TRUE(known);
        const auto live = std::make_shared<app::live_call>(std::move(line));
        const auto fresh = std::make_shared<gw::gateway_call>(live, plan_, known->reporting());
        gateway_calls_.push_back(fresh);
        fresh->start();
    }

    void kill_all() {
        all_are_dead_ = true;
        for (const auto& address : addresses_)
            world_.stop_listening(address);
        for (const auto& one : calls_)
            one->kill_back_ends();
    }

    world world_;
    dice random_;
    std::shared_ptr<gw::gateway_plan> plan_ = std::make_shared<gw::gateway_plan>();
    std::shared_ptr<gw::early_calls> early_ = std::make_shared<gw::early_calls>();
    std::vector<tcp_endpoint> addresses_;
    std::vector<std::shared_ptr<bot>> bots_;
    std::vector<std::unique_ptr<simulated_call>> calls_;
    std::vector<std::weak_ptr<gw::gateway_call>> gateway_calls_;
    std::set<std::string> announced_;
    bool is_early_ = false;
    bool all_are_dead_ = false;
};

} // namespace

TEST(gateway_simulation, every_caller_is_served_and_every_call_ends_in_order) {
    test::simulated_time simulated;
    test::for_each_seed(200, [&](unsigned seed) {
        SCOPED_TRACE(test::replay(seed));
        gateway_world one(seed);
        one.run();
        one.add_to(simulated);
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
