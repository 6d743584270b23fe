// SPDX-License-Identifier: Apache-2.0
#include "check/faults.hpp"
#include "command/command_test.hpp"
#include "support/busy_machine.hpp"

#include <boost/json/array.hpp>

#include <algorithm>
#include <atomic>
#include <map>
#include <thread>

namespace audiosocket::test {
namespace {

// A suite that cannot fail proves nothing. Each fault must fail its own case and no other.
class check : public command_test {
  protected:
    struct judged {
        std::unique_ptr<process> server;
        std::unique_ptr<process> check;
        fault of;
    };

    static judged judge(const fault& f) {
        judged one;
        one.of = f;
        one.server = std::make_unique<process>(std::vector<std::string>{AUDIOSOCKET_FAULTY_SERVER, std::string(f.name),
                                                                        f.lasts && f.breaks != 41 ? "1000" : "30"});
        EXPECT_TRUE(one.server->wait_for_output("\n"));
        const auto pid = std::to_string(one.server->id());
        std::vector<std::string> options{"check", "127.0.0.1:" + one.server->out.substr(0, one.server->out.find('\n'))};
        const auto add = [&](std::initializer_list<std::string> more) { options.insert(options.end(), more); };
        add({"--strict", "--json", "--id-timeout", "2", "--max-calls", "30", "--server-pid", pid});
        add({"--stop", "--drain-timeout", "2", "--connections", "300", "--soak", "6"});
        if (f.alone) add({"--only", std::to_string(f.breaks)});
        if (f.breaks == 50) add({"--hand-over", "kill -USR1 " + pid});
        if (f.lasts) add({"--long"});
        one.check = std::make_unique<process>(command(std::move(options)));
        return one;
    }

    // The numbers of the failed cases, with the observations.
    static std::map<int, std::string> failures(const std::string& report) {
        std::map<int, std::string> failed;
        const auto json = boost::json::parse(report);
        for (const auto& c : json.at("cases").as_array())
            if (c.at("outcome").as_string() == "failed")
                failed[c.at("number").to_number<int>()] = c.at("seen").as_string();
        return failed;
    }

    // The cases that take a minute start first.
    static std::vector<fault> in_order() {
        std::vector<fault> all(faults.begin(), faults.end());
        std::stable_partition(all.begin(), all.end(), [](const fault& f) { return f.lasts; });
        return all;
    }

    static void expect_verdict(const judged& one) {
        SCOPED_TRACE(std::string(one.of.name));
        const int code = one.check->wait();
        ASSERT_TRUE(code == 0 || code == 1) << one.check->err;
        const auto failed = failures(one.check->out);
        EXPECT_EQ(code, failed.empty() ? 0 : 1);
        for (const int number : {one.of.breaks, one.of.breaks_also})
            EXPECT_TRUE(number == 0 || failed.contains(number)) << number << " did not notice anything";
        for (const auto& [number, seen] : failed)
            EXPECT_TRUE(number == one.of.breaks || number == one.of.breaks_also)
                << number << " failed as well: " << seen;
    }
};

TEST_F(check, realtime_each_fault_fails_the_case_that_is_about_it_and_no_other) {
    // The cases mostly wait, so many run at a time, but not so many that measurements suffer.
    constexpr std::size_t at_once = 18;
    const auto all = in_order();
    const busy_machine machine;
    const auto judge_all = [&] {
        std::atomic<std::size_t> next = 0;
        std::vector<std::jthread> workers;
        for (std::size_t i = 0; i < at_once; ++i)
            workers.emplace_back([&] {
                for (std::size_t mine = next++; mine < all.size(); mine = next++)
                    expect_verdict(judge(all[mine]));
            });
    };
    // So many at the same time delay each other: longer times than this are the machine's.
    in_real_time(machine, judge_all, std::chrono::milliseconds(40));
}

TEST_F(check, hand_over_to_a_successor_loses_nothing) {
    constexpr fault none_but_hand_over{"none", 50, true};
    const judged one = judge(none_but_hand_over);
    EXPECT_EQ(one.check->wait(), 0) << one.check->out;
    EXPECT_NE(one.check->out.find("\"passed\":1"), std::string::npos) << one.check->out;
}

} // namespace
} // namespace audiosocket::test
