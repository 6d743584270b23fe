// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tape/tape_reader.hpp"

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace audiosocket::test {

/// Returns a text in pieces of this size.
inline app::tape::tape_reader::source pieces_of(std::string text, std::size_t piece = 7) {
    return [text = std::move(text), at = std::size_t{0}, piece](std::span<std::byte> to) mutable {
        const auto got = std::min({piece, to.size(), text.size() - at});
        std::memcpy(to.data(), text.data() + at, got);
        at += got;
        return got;
    };
}

inline app::tape::tape_head sample_head() {
    return {"40325ec2-5efd-4bd3-805f-53576e581d13",
            "twilio",
            "2026-11-30T12:00:00.000Z",
            "ws://bot.example/ws",
            "+4930123",
            "100",
            {{"language", "de"}}};
}

/// A tape with these lines, `{...}`, after its head.
inline std::string tape_with(const std::vector<std::string>& lines) {
    std::string all = to_line(sample_head()) + '\n';
    for (const auto& one : lines)
        all += one + '\n';
    return all;
}

inline std::string content_of(const std::filesystem::path& file) {
    std::ifstream in(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

} // namespace audiosocket::test
