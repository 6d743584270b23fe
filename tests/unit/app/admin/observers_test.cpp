// SPDX-License-Identifier: Apache-2.0
#include "admin/observers.hpp"

#include "unit/app/admin/admin_calls.hpp"

using namespace audiosocket;
using namespace audiosocket::app;
using namespace audiosocket::app::admin;
using namespace std::chrono_literals;

namespace {

class admin_observers : public test::admin_calls_test {
  protected:
    static std::vector<std::weak_ptr<live_call>> weak(const call_list& calls) { return {calls.begin(), calls.end()}; }

    static auto measured(const call_list& calls) {
        return std::ranges::count_if(calls, [](const auto& c) { return c->shown() != nullptr; });
    }
};

// A look ends at once; the next sweep removes it.
constexpr observer_limits inattentive{.attention = 0ms};

} // namespace

TEST_F(admin_observers, calls_are_measured_from_the_first_look_to_the_sweep_after_the_last) {
    observers a(back, inattentive);
    const auto calls = new_calls(2);
    a.look_at_levels(weak({calls[0]}));
    settle();
    EXPECT_NE(calls[0]->shown(), nullptr);
    EXPECT_EQ(calls[1]->shown(), nullptr);
    a.sweep();
    settle();
    EXPECT_EQ(calls[0]->shown(), nullptr);
}

TEST_F(admin_observers, outline_is_drawn_from_the_first_look_to_the_sweep_after_the_last) {
    observers a(back, inattentive);
    const auto call = new_call();
    EXPECT_TRUE(a.look_at_outline(call));
    settle();
    ASSERT_NE(call->shown(), nullptr);
    EXPECT_NE(call->shown()->drawn(), nullptr);
    a.sweep();
    settle();
    EXPECT_EQ(call->shown(), nullptr);
}

TEST_F(admin_observers, those_beyond_the_limit_are_not_measured) {
    observers a(back, {.levels_max = 2});
    const auto calls = new_calls(4);
    a.look_at_levels(weak(calls));
    a.look_at_levels(weak(calls));
    settle();
    EXPECT_EQ(measured(calls), 2);
}

// Calls beyond the limit of levels took the places of outlines.
TEST_F(admin_observers, levels_of_many_leave_outlines_their_places) {
    observers a(back, {.levels_max = 2, .outlines_max = 1});
    const auto calls = new_calls(5);
    a.look_at_levels(weak(calls));
    EXPECT_TRUE(a.look_at_outline(calls[4]));
    EXPECT_FALSE(a.look_at_outline(calls[3]));
    EXPECT_TRUE(a.look_at_outline(calls[4]));
}

// They counted as observed until the next sweep.
TEST_F(admin_observers, calls_that_are_over_leave_their_places_at_once) {
    observers a(back, {.levels_max = 1, .outlines_max = 1});
    auto first = new_call();
    const auto second = new_call();
    a.look_at_levels(weak({first}));
    EXPECT_TRUE(a.look_at_outline(first));
    EXPECT_FALSE(a.look_at_outline(second));
    settle();
    first.reset();
    EXPECT_TRUE(a.look_at_outline(second));
    a.look_at_levels(weak({second}));
    settle();
    EXPECT_NE(second->shown(), nullptr);
}

// The end travels in pieces. A later look overtook all pieces but the first. After that nothing was measured while a
// page was open.
TEST_F(admin_observers, look_that_overtakes_an_end_is_not_ended_by_it) {
    observers a(back, inattentive);
    const auto calls = new_calls(3 * calls_in_a_row);
    a.look_at_levels(weak(calls));
    settle();
    a.sweep();
    for (const auto& one : calls)
        a.look_at_levels(weak({one})); // each is a piece of its own
    settle();
    EXPECT_EQ(measured(calls), std::ssize(calls));
}
