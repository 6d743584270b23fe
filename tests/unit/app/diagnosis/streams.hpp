// SPDX-License-Identifier: Apache-2.0
#pragma once

// Streams for the judges: payloads of one kind that arrive at a given pace.

#include "diagnosis/audio_judge.hpp"
#include "unit/audio/signals.hpp"

#include <chrono>
#include <cstddef>
#include <functional>
#include <ostream>
#include <span>
#include <string>
#include <vector>

namespace audiosocket::app::diagnosis {

// For messages of tests.
inline std::ostream& operator<<(std::ostream& out, const finding& f) {
    return out << name(f.code) << ": " << to_text(f);
}

} // namespace audiosocket::app::diagnosis

namespace audiosocket::test {

using byte_string = std::vector<std::byte>;

inline byte_string as_slin(const samples& sound) {
    return encoded(encoding::slin, sound);
}

/// How a stream is cut and sent.
struct pace {
    kind label = kind::slin;
    std::size_t message_bytes = 320;
    std::chrono::nanoseconds interval = std::chrono::milliseconds(20);
    app::diagnosis::sender from = app::diagnosis::sender::server;
    bool has_clock = true;
    /// How late message n is.
    std::function<std::chrono::nanoseconds(std::int64_t)> late = [](std::int64_t) {
        return std::chrono::nanoseconds{};
    };
};

/// The finding, and how many messages arrived before it.
struct judged {
    std::vector<app::diagnosis::finding> findings;
    std::size_t messages_until_first = 0;

    std::string codes() const {
        std::string all;
        for (const auto& f : findings)
            all += (all.empty() ? "" : " ") + std::string(name(f.code)) +
                   (f.weight == app::diagnosis::severity::remark ? "(remark)" : "");
        return all;
    }
};

inline judged judge(std::span<const std::byte> bytes, const pace& how) {
    app::diagnosis::audio_judge judge(how.from);
    judged result;
    std::size_t n = 0;
    for (std::size_t at = 0; at + how.message_bytes <= bytes.size(); at += how.message_bytes, ++n) {
        const auto now =
            std::chrono::seconds(1000) + how.interval * static_cast<int>(n) + how.late(static_cast<std::int64_t>(n));
        judge.add(how.label, bytes.subspan(at, how.message_bytes),
                  how.has_clock ? std::optional<std::chrono::nanoseconds>(now) : std::nullopt);
        if (result.messages_until_first == 0 && !judge.findings().empty()) result.messages_until_first = n + 1;
    }
    result.findings = judge.findings();
    return result;
}

} // namespace audiosocket::test
