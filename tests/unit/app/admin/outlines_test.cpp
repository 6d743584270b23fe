// SPDX-License-Identifier: Apache-2.0
#include "admin/outlines.hpp"

#include "admin/observers.hpp"
#include "unit/app/admin/admin_calls.hpp"

using namespace audiosocket;
using namespace audiosocket::app;

namespace {

class admin_outlines : public test::admin_calls_test {
  protected:
    using copy = std::shared_ptr<const admin::outlines::drawn>;

    admin::outlines outlines{back};
    std::vector<copy> copies;

    void take(const std::shared_ptr<live_call>& call) {
        outlines.take(call, [this](const copy& one) { copies.push_back(one); });
    }
};

} // namespace

TEST_F(admin_outlines, questions_that_come_together_share_one_copy) {
    const auto call = new_call();
    admin::observers looking(back);
    EXPECT_TRUE(looking.look_at_outline(call));
    settle();
    for (int n = 0; n < 50; ++n)
        take(call);
    EXPECT_TRUE(copies.empty());
    settle();
    ASSERT_EQ(copies.size(), 50U);
    ASSERT_NE(copies.front(), nullptr);
    EXPECT_EQ(std::ranges::count(copies, copies.front()), 50);
}

TEST_F(admin_outlines, later_question_gets_a_new_copy) {
    const auto call = new_call();
    admin::observers looking(back);
    EXPECT_TRUE(looking.look_at_outline(call));
    settle();
    take(call);
    settle();
    std::this_thread::sleep_for(admin::outlines::young); // real time, because the age of the copy is real
    take(call);
    settle();
    ASSERT_EQ(copies.size(), 2U);
    EXPECT_NE(copies[0], copies[1]);
}

TEST_F(admin_outlines, call_that_is_not_drawn_yet_has_none) {
    const auto call = new_call();
    take(call);
    settle();
    ASSERT_EQ(copies.size(), 1U);
    EXPECT_EQ(copies[0], nullptr);
}

TEST_F(admin_outlines, call_whose_thread_hangs_keeps_a_bounded_number_of_questions) {
    const auto call = new_call();
    for (std::size_t n = 0; n < 10 * admin::outlines::waiting_max; ++n)
        take(call);
    outlines.sweep();
    settle();
    EXPECT_EQ(copies.size(), admin::outlines::waiting_max);
}
