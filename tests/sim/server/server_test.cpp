// SPDX-License-Identifier: Apache-2.0
// Whole servers with random callers, applications, networks and machines. A seed names a server (support/seed.hpp).

#include "sim/server/simulated_server.hpp"
#include "support/seed.hpp"
#include "support/simulated_time.hpp"

#include <gtest/gtest.h>

using namespace audiosocket;
using namespace audiosocket::test;

namespace {

constexpr sim::trouble all_trouble{
    .hostile_peers = true, .bad_network = true, .bad_machine = true, .bad_applications = true, .limits = true};

bool holds(unsigned seed, const sim::trouble& what, simulated_time& time) {
    sim::simulated_server server(seed, what);
    server.run();
    time.add(server.calls(), server.call_time());
    if (testing::Test::HasFailure()) ADD_FAILURE() << replay(seed);
    return !testing::Test::HasFailure();
}

// Runs servers until one breaks a promise.
void run_servers(unsigned count, const sim::trouble& what) {
    simulated_time time;
    for_each_seed(count, [&](unsigned seed) { return holds(seed, what, time); });
}

} // namespace

TEST(simulated_server, callers_hear_every_frame) {
    run_servers(6, {});
}

TEST(simulated_server, hostile_peers_harm_no_call) {
    run_servers(8, {.hostile_peers = true});
}

TEST(simulated_server, a_bad_network_breaks_no_promise) {
    run_servers(8, {.hostile_peers = true, .bad_network = true});
}

TEST(simulated_server, a_bad_machine_breaks_no_promise) {
    run_servers(8, {.hostile_peers = true, .bad_network = true, .bad_machine = true});
}

TEST(simulated_server, applications_that_throw_and_block_harm_no_other_thread) {
    run_servers(8, {.bad_applications = true});
}

TEST(simulated_server, limits_hold) {
    run_servers(8, {.hostile_peers = true, .bad_machine = true, .bad_applications = true, .limits = true});
}

TEST(simulated_server, everything_at_once_breaks_no_promise) {
    run_servers(8, all_trouble);
}

TEST(simulated_server, a_seed_repeats_exactly) {
    for_each_seed(3, [&](unsigned seed) {
        std::uint64_t traces[2];
        for (auto& trace : traces) {
            sim::simulated_server server(seed, all_trouble);
            server.run();
            trace = server.trace();
        }
        EXPECT_EQ(traces[0], traces[1]) << replay(seed);
        return !testing::Test::HasFailure();
    });
}
