// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "unit/gateway/sample_call.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace audiosocket::test {

/// Tests of one dialect: a call, and what the dialect sends.
class dialect_case : public testing::Test {
  protected:
    dialect_case(std::string_view name, const std::string& session) : in(made(name, session)) {}

    /// Receives a text message of the back end, unchanged.
    void tell(const std::string& message) { in->text(message, now, out); }

    /// Expects that these messages were sent since the last call, with ' in place of ".
    void expect_sent(const std::vector<std::string>& messages) {
        std::vector<boost::json::value> wanted;
        for (const auto& message : messages)
            wanted.push_back(json_of(message));
        EXPECT_EQ(out.take_texts(), wanted);
    }

    std::unique_ptr<gateway::dialect> in;
    recorded_output out;
    time_point now = start;
};

} // namespace audiosocket::test
