// SPDX-License-Identifier: Apache-2.0
// Each allocation of a bridge with its dialect fails once. The exception leaves the function of the bridge. A message
// or a piece of audio may be lost then, and nothing else: the call continues, and nothing is kept after its end.
#include "faults/library/failing_allocations.hpp"
#include "unit/gateway/any_message.hpp"

#include <audiosocket/gateway/bridge.hpp>

#include <gtest/gtest.h>

#include <array>
#include <cstddef>
#include <new>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

namespace audiosocket::test {
namespace {

using namespace std::chrono_literals;

// A call whose back end sends the messages of all dialects.
class gateway_call {
  public:
    explicit gateway_call(std::string_view dialect) : bridge_(made(dialect, any_session(dialect)), out_) {
        out_.texts.reserve(1000);
        out_.binaries.reserve(1000);
    }

    // Each step may throw, and the next one follows.
    void live() {
        step([&] { hear(); }); // held until the session is set up
        step([&] { bridge_.happened(dtmf_event{'1'}, now_); });
        step([&] { bridge_.connection_opened(now_); });
        for (const auto& message : messages) {
            step([&] { bridge_.text(message, now_); });
            step([&] { hear(); });
        }
        static constexpr std::array<std::byte, 321> samples{};
        step([&] { bridge_.binary(samples, now_); });
        step([&] { bridge_.happened(dtmf_event{'2'}, now_); });
        step([&] { bridge_.tool_result("f1", "a \"result\"", false); });
        step([&] { bridge_.tick(now_); });
        bridge_.set_congested(true);
        step([&] { hear(); });
        step([&] { bridge_.set_congested(false); });
        for (const auto& name : std::exchange(out_.marks, {}))
            step([&] { bridge_.happened(played_event{name, 20ms}, now_); });
        step([&] { bridge_.happened(cleared_event{"", {}, 20ms}, now_); });
    }

    // Returns whether audio of the caller reaches the back end, if the session is set up.
    bool hears() {
        if (!bridge_.is_ready()) return true;
        const auto before = out_.texts.size() + out_.binaries.size();
        for (int i = 0; i < 10; ++i)
            hear();
        return out_.texts.size() + out_.binaries.size() > before;
    }

    void end() {
        step([&] { bridge_.happened(ended_event{end_reason::peer_hung_up, {}, {}}, now_); });
        step([&] { static_cast<void>(bridge_.connection_closed(1000, "")); });
    }

  private:
    template <class What>
    void step(What what) try {
        now_ += 20ms;
        what();
    } catch (const std::bad_alloc&) {
    }

    void hear() {
        const std::vector<std::int16_t> samples(320, 100);
        bridge_.happened(audio_event{samples, 16'000}, now_);
    }

    recorded_output out_;
    gateway::bridge bridge_;
    time_point now_ = start;
};

// Returns whether the allocation existed.
bool live_one_call(std::string_view dialect, std::size_t failing) {
    std::optional<gateway_call> one(dialect);
    fail_allocation(failing);
    one->live();
    if (allocation_failed()) {
        EXPECT_TRUE(one->hears()) << dialect << ": no audio arrives after the failure of allocation " << failing;
    }
    one->end();
    return has_failed_allocation();
}

TEST(failing_allocations, bridge_goes_on_whatever_failed_before) {
    for (const auto& dialect : gateway::dialects()) {
        live_one_call(dialect.name, 0);
        const auto before = bytes_in_use();
        std::size_t number = 1;
        while (live_one_call(dialect.name, number)) {
            if (HasFailure()) return; // its text takes memory
            ASSERT_EQ(bytes_in_use(), before) << dialect.name << ": kept after the failure of allocation " << number;
            ++number;
        }
        EXPECT_GT(number, 100U);
    }
}

} // namespace
} // namespace audiosocket::test
