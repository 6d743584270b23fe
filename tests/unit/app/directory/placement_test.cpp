// SPDX-License-Identifier: Apache-2.0
#include "directory/placement.hpp"

#include <gtest/gtest.h>

using namespace audiosocket;
using namespace audiosocket::app::directory;

namespace {

candidate node(const std::string& name, int calls, bool busy = false) {
    return {name, used_share(static_cast<std::size_t>(calls), 100), used_share(1, 100), busy};
}

std::string chosen(const candidate* here, const std::vector<candidate>& others) {
    const auto* found = choose_home(uuid::random(), here, others);
    return found ? found->node : "none";
}

} // namespace

TEST(placement, node_keeps_a_call_unless_it_is_clearly_fuller) {
    for (const auto& [calls, home] : {std::pair{0, "a"}, {52, "a"}, {53, "a"}, {54, "b"}, {99, "b"}}) {
        const auto here = node("a", calls);
        EXPECT_EQ(chosen(&here, {node("b", 50)}), home) << calls;
    }
    const auto alone = node("a", 99);
    EXPECT_EQ(chosen(&alone, {}), "a");
}

TEST(placement, without_this_node_the_less_used_of_two_is_chosen) {
    EXPECT_EQ(chosen(nullptr, {node("b", 50), node("c", 49)}), "c");
    EXPECT_EQ(chosen(nullptr, {}), "none");
}

TEST(placement, node_without_processor_time_comes_last) {
    const auto here = node("a", 10, true);
    EXPECT_EQ(chosen(&here, {node("b", 50)}), "b");
    EXPECT_EQ(chosen(&here, {node("b", 50, true)}), "a");
    EXPECT_EQ(chosen(nullptr, {node("b", 10, true), node("c", 50)}), "c");
}
