// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "unit/app/backend/recorded_owner.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace audiosocket::test {

/// The name of a test for a dialect.
inline std::string dialect_test_name(const testing::TestParamInfo<std::string>& one) {
    auto name = one.param;
    std::ranges::replace(name, '-', '_');
    return name;
}

/// The dialects that have this feature; all dialects that lack it.
inline std::vector<std::string> dialects_with(bool app::backend::side_traits::*trait = nullptr) {
    std::vector<std::string> names;
    for (const auto& each : app::backend::sides())
        if (trait == nullptr || each.*trait) names.emplace_back(each.name);
    return names;
}

/// A call at the far end of a dialect.
class backend_side : public testing::Test {
  protected:
    /// Opens a connection.
    app::backend::side& speak(std::string_view dialect) {
        side_ = side_named(dialect).make(owner);
        side_->opened();
        return *side_;
    }

    /// The same, with the session begun.
    app::backend::side& begin(std::string_view dialect) {
        speak(dialect);
        for (const auto& message : opening_of(dialect))
            tell(message);
        return *side_;
    }

    /// Receives a message of the client, with ' in place of ".
    void tell(const std::string& message) { side_->text(quoted(message)); }

    /// Expects that these messages were sent since the last call.
    void expect_sent(const std::vector<std::string>& messages) {
        std::vector<boost::json::value> wanted;
        for (const auto& message : messages)
            wanted.push_back(json_of(message));
        EXPECT_EQ(owner.take_texts(), wanted);
    }

    /// Expects that the message ends a new connection with this code and a text that names the mistake.
    void expect_refused(std::string_view dialect, bool begun, const std::string& message, const std::string& code,
                        const std::string& why) {
        owner = {};
        begun ? begin(dialect) : speak(dialect);
        EXPECT_EQ(owner.violations, std::vector<std::string>{}) << message;
        tell(message);
        ASSERT_EQ(owner.closes.size(), 1U) << message;
        EXPECT_TRUE(owner.closes.front().starts_with(code + ' ')) << owner.closes.front();
        EXPECT_NE(owner.closes.front().find(why), std::string::npos) << owner.closes.front();
        EXPECT_EQ(owner.violations.size(), 1U) << message;
    }

    recorded_owner owner;
    std::unique_ptr<app::backend::side> side_;
};

inline const std::vector<std::int16_t> three{0, 1000, -1000};

} // namespace audiosocket::test
