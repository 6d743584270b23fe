// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "fuzz/require.hpp"

#include "inspect/call_inspector.hpp"
#include "inspect/json_report.hpp"
#include "inspect/text_report.hpp"

#include <boost/json/parse.hpp>

#include <sstream>
#include <string>

namespace audiosocket::fuzz {

/// Both reports of `inspect`, in memory.
class reports {
  public:
    explicit reports(bool all) {
        seen_by_.push_back(std::make_unique<app::inspect::text_report>(text_, all));
        seen_by_.push_back(std::make_unique<app::inspect::json_report>(json_));
    }

    const app::inspect::observers& seen_by() const { return seen_by_; }

    void finish(const app::inspect::inspection_totals& totals) {
        for (const auto& one : seen_by_)
            one->finish(totals);
    }

    /// Checks that the text is safe for a terminal, and that each line of JSON is an object with a type.
    void check() const {
        const auto text = text_.str();
        REQUIRE(text.find('\x1b') == std::string::npos && text.find('\r') == std::string::npos);
        std::istringstream lines(json_.str());
        std::string type;
        for (std::string line; std::getline(lines, line);) {
            boost::json::error_code error;
            const auto value = boost::json::parse(line, error);
            REQUIRE(!error && value.is_object() && value.as_object().contains("type"));
            type = value.as_object().at("type").as_string().c_str();
        }
        REQUIRE(type == "summary");
    }

    /// Returns the lines of JSON that are messages.
    std::string messages() const {
        std::istringstream lines(json_.str());
        std::string all;
        for (std::string line; std::getline(lines, line);)
            if (line.find("\"type\":\"message\"") != std::string::npos) all += line + '\n';
        return all;
    }

  private:
    std::ostringstream text_;
    std::ostringstream json_;
    app::inspect::observers seen_by_;
};

} // namespace audiosocket::fuzz
