// SPDX-License-Identifier: Apache-2.0
#include "gateway/turn_figures.hpp"

#include <boost/json/parse.hpp>

#include <gtest/gtest.h>

using namespace audiosocket;
using namespace std::chrono_literals;
using app::gateway::turn_figures;

namespace {

gateway::turn turn_of(std::chrono::milliseconds wait, std::chrono::milliseconds queue,
                      std::optional<clock::duration> round_trip) {
    const time_point silent{1h};
    return {silent, silent + wait, silent + wait + queue, round_trip};
}

} // namespace

TEST(turn_figures, call_without_turns_has_neither_last_nor_mean) {
    const turn_figures none;
    EXPECT_EQ(none.count(), 0U);
    EXPECT_TRUE(none.last().is_null());
    EXPECT_TRUE(none.mean().is_null());
}

TEST(turn_figures, parts_of_the_last_turn_and_of_the_mean_add_up) {
    turn_figures figures;
    figures.add(turn_of(900ms, 20ms, 100ms));
    figures.add(turn_of(500ms, 40ms, 60ms));
    EXPECT_EQ(figures.count(), 2U);
    EXPECT_EQ(figures.last(),
              boost::json::parse(R"({"total_ms":540.0,"network_ms":60.0,"backend_ms":440.0,"queue_ms":40.0})"));
    EXPECT_EQ(figures.mean(),
              boost::json::parse(R"({"total_ms":730.0,"network_ms":80.0,"backend_ms":620.0,"queue_ms":30.0})"));
}

TEST(turn_figures, network_that_is_not_known_is_null) {
    turn_figures figures;
    figures.add(turn_of(900ms, 20ms, std::nullopt));
    EXPECT_EQ(figures.last(),
              boost::json::parse(R"({"total_ms":920.0,"network_ms":null,"backend_ms":900.0,"queue_ms":20.0})"));
    EXPECT_EQ(figures.mean(), figures.last());
    figures.add(turn_of(900ms, 20ms, 100ms));
    EXPECT_EQ(figures.mean(),
              boost::json::parse(R"({"total_ms":920.0,"network_ms":50.0,"backend_ms":850.0,"queue_ms":20.0})"));
}
