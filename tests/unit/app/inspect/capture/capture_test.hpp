// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "inspect/capture/capture_reader.hpp"

#include "unit/app/inspect/captures.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <vector>

namespace audiosocket::test {

using namespace app::inspect;

struct seen_call {
    call_label label;
    stream_findings caller;
    stream_findings server;
};

class collector final : public inspect_observer {
  public:
    explicit collector(std::vector<seen_call>& to) : to_(to) {}
    void end(const call_label& label, const stream_findings& caller, const stream_findings& server) override {
        to_.push_back({label, caller, server});
    }

  private:
    std::vector<seen_call>& to_;
};

/// Reads captures that a test makes.
struct capture_test : testing::Test {
    scratch folder;
    std::vector<seen_call> calls;
    inspection_totals totals;

    void read(const bytes& pcap, std::optional<std::uint16_t> port = {}) {
        const std::string path = folder / "capture.pcap";
        write_file(path, pcap);
        observers tell;
        tell.push_back(std::make_unique<collector>(calls));
        totals = {};
        calls.clear();
        capture_input input(path);
        read_capture(input, {port, tell, totals});
    }
    void expect_sound(int frames) {
        ASSERT_EQ(calls.size(), 1U);
        EXPECT_EQ(calls[0].caller.kinds.at(kind::slin).messages, static_cast<std::uint64_t>(frames));
        EXPECT_EQ(calls[0].server.kinds.at(kind::slin).messages, static_cast<std::uint64_t>(frames));
        EXPECT_FALSE(calls[0].caller.remarks.costs_call());
        EXPECT_FALSE(calls[0].server.remarks.costs_call());
        EXPECT_EQ(totals.calls_with_findings, 0U);
    }
};

} // namespace audiosocket::test
