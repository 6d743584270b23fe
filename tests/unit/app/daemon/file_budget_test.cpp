// SPDX-License-Identifier: Apache-2.0
#include "daemon/file_budget.hpp"

#include <gtest/gtest.h>

namespace audiosocket::app {
namespace {

daemon_options options_for(std::size_t calls, std::size_t handshakes = 100) {
    daemon_options options;
    options.listener.calls_max = calls;
    options.listener.handshakes_max = handshakes;
    options.shards = 2;
    return options;
}

} // namespace

TEST(file_budget, call_has_its_socket_its_recording_and_what_the_verb_opens_for_it) {
    auto options = options_for(800);
    EXPECT_EQ(file_budget(options).per_call(), 1U);
    options.record = "calls";
    EXPECT_EQ(file_budget(options).per_call(), 2U);
    options.files_of_call = 1; // a WebSocket
    EXPECT_EQ(file_budget(options).per_call(), 3U);
    EXPECT_EQ(file_budget(options).wanted(800), 3 * 800 + 100 + 120 + 2 * 3);
}

// The connections to web servers were not counted. On a full server they took the files of calls, or found none.
TEST(file_budget, connections_of_the_verb_are_wanted_and_kept_from_calls) {
    auto options = options_for(800);
    const file_budget without(options);
    options.files_of_verb = 256 + 16;
    const file_budget with(options);
    EXPECT_EQ(with.wanted(800), without.wanted(800) + 272);
    EXPECT_EQ(with.reserved(), without.reserved() + 272);
    EXPECT_EQ(with.calls_within(4096), without.calls_within(4096) - 272);
}

// For a limit that is not small.
TEST(file_budget, calls_within_what_is_wanted_for_them_are_as_many) {
    for (const std::size_t of_call : {0U, 1U, 2U})
        for (const std::size_t of_verb : {0U, 272U}) {
            auto options = options_for(5000);
            options.files_of_call = of_call;
            options.files_of_verb = of_verb;
            const file_budget files(options);
            EXPECT_EQ(files.calls_within(files.wanted(5000)), 5000U) << of_call << ' ' << of_verb;
            EXPECT_EQ(files.calls_within(files.wanted(5000) - 1), 4999U) << of_call << ' ' << of_verb;
        }
}

TEST(file_budget, small_limit_leaves_a_call) {
    auto options = options_for(800, 1000);
    options.files_of_verb = 272;
    options.files_of_call = 1;
    for (const std::size_t files : {0U, 1U, 3U, 10U, 64U, 256U, 1024U}) {
        const auto calls = file_budget(options).calls_within(files);
        EXPECT_GE(calls, 1U) << files;
        EXPECT_LE(calls, std::max<std::size_t>(1, files / 2)) << files;
    }
    EXPECT_EQ(file_budget(options).calls_within(1024), (1024 - 256 - 128) / 2U);
}

} // namespace audiosocket::app
