// SPDX-License-Identifier: Apache-2.0
// What good callers receive while others attack `serve`.
#include "command/admin_test.hpp"
#include "hostile/duration.hpp"
#include "hostile/measured_row.hpp"
#include "support/busy_machine.hpp"

#include <iostream>

namespace audiosocket::test {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds control_time{1500};

// A server that an attack harms is harmed each time. A machine that is busy for a moment is not.
constexpr int attempts_max = 3;

// A standstill of this length makes the longest gap that is good from the usual 20 ms.
constexpr milliseconds standstill_of_a_gap{20};

bool is_well(const measured_row& row) {
    return row.good_calls_are_well() && row.health_answers_not_200.empty();
}

class hostile : public admin_test, public testing::WithParamInterface<attack> {
  protected:
    // A server that plays to each caller, and sends 4 good callers and all others as many frames as it can.
    void start_server() {
        start({"--play", numbered_file("numbers.wav", 80'000).string(), "--loop", "--max-calls", "2000", "-q",
               "--max-handshakes", "12000", "--id-timeout", "60"});
    }

    static rlim_t open_files_max() {
        rlimit limits{};
        getrlimit(RLIMIT_NOFILE, &limits); // which main() has raised
        return limits.rlim_cur;
    }

    attacked_server attacked() const {
        return {*parse_address(where), address{"127.0.0.1", admin.port()}, server->id()};
    }
};

// The control comes first, on the same server: a machine on which it fails cannot judge the server.
TEST_P(hostile, realtime_good_calls_keep_their_frames) {
    if (GetParam().callers >= 10'000 && open_files_max() < 12'000)
        GTEST_SKIP() << skipped("the limit of open files is below 12,000 (ulimit -Hn)");
    start_server();
    const auto control = measure(attacked(), attacks().front(), control_time);
    std::cout << table_head() << '\n' << table_line(control) << '\n';
    if (!control.good_calls_are_well())
        GTEST_SKIP() << skipped("without an attack this machine managed only: " + table_line(control));
    for (int attempt = 1;; ++attempt) {
        const busy_machine machine;
        const auto row = measure(attacked(), GetParam(), attack_time());
        std::cout << table_line(row) << '\n';
        if (!is_well(row) && attempt < attempts_max) continue;
        in_real_time(
            machine, [&] { EXPECT_TRUE(is_well(row)) << table_line(row); }, standstill_of_a_gap);
        break;
    }
}

INSTANTIATE_TEST_SUITE_P(beside, hostile, testing::ValuesIn(attacks()), [](const auto& of) { return of.param.name; });

} // namespace
} // namespace audiosocket::test
