// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <audiosocket/gateway/dialect.hpp>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace audiosocket::test {

/// Records what a dialect asks for: in order as one line each, and by kind.
struct recorded_output final : gateway::dialect_output {
    std::vector<std::string> actions;
    std::vector<std::string> texts;
    std::vector<std::vector<std::byte>> binaries;
    std::vector<std::int16_t> played; // of all play()
    int rate_hz = 0;                  // of the last play()
    std::vector<std::string> marks;   // that are pending
    std::vector<gateway::dialect_report> reports;
    bool full = false; // refuses audio

    void send_text(std::string_view message) override {
        texts.emplace_back(message);
        actions.push_back("text " + texts.back());
    }
    void send_binary(std::span<const std::byte> message) override {
        binaries.emplace_back(message.begin(), message.end());
        actions.push_back("binary " + std::to_string(message.size()));
    }
    void reconnect() override { actions.emplace_back("reconnect"); }
    void ready() override { actions.emplace_back("ready"); }
    bool play(std::span<const std::int16_t> samples, int rate) override {
        actions.push_back("play " + std::to_string(samples.size()) + " at " + std::to_string(rate));
        if (full) return false;
        played.insert(played.end(), samples.begin(), samples.end());
        rate_hz = rate;
        return true;
    }
    void mark(std::string_view name) override {
        marks.emplace_back(name);
        actions.emplace_back("mark");
    }
    void clear() override { actions.emplace_back("clear"); }
    void hang_up(gateway::hang_up_time when, std::string_view) override {
        actions.emplace_back(when == gateway::hang_up_time::now ? "hang up now" : "hang up when played");
    }
    void fail(std::string_view why) override { actions.push_back("fail: " + std::string(why)); }
    void report(gateway::dialect_report what) override {
        static constexpr const char* names[]{"transcript", "tool call", "tool cancelled", "warning", "ignored"};
        std::string line = names[static_cast<std::size_t>(what.what)];
        for (const auto* part : {&what.who, &what.id, &what.name, &what.text})
            if (!part->empty()) line += " | " + *part;
        actions.push_back(line);
        reports.push_back(std::move(what));
    }

    /// Reports to the dialect that each pending mark was reached.
    void reach_marks(gateway::dialect& in, std::chrono::milliseconds sent = {}) {
        for (const auto& name : std::exchange(marks, {}))
            in.played({name, sent}, *this);
    }

    /// Reports a clear to the dialect: each pending mark was cleared, and so was the audio behind them.
    void clear_marks(gateway::dialect& in, std::chrono::milliseconds sent = {}, std::chrono::milliseconds cut = {}) {
        for (const auto& name : std::exchange(marks, {}))
            in.cleared({name, sent, cut}, *this);
        in.cleared({"", {}, cut}, *this);
    }

    /// Returns the actions since the last call.
    std::vector<std::string> take() { return std::exchange(actions, {}); }

    /// Returns the messages since the last call, as JSON in its shortest form.
    std::vector<boost::json::value> take_texts() {
        std::vector<boost::json::value> messages;
        for (const auto& text : std::exchange(texts, {}))
            messages.push_back(boost::json::parse(text));
        actions.clear();
        return messages;
    }
};

/// Returns the JSON of a test, written with ' in place of ".
inline std::string quoted(std::string text) {
    for (char& c : text)
        if (c == '\'') c = '"';
    return text;
}

inline boost::json::value json_of(const std::string& text) {
    return boost::json::parse(quoted(text));
}

} // namespace audiosocket::test
