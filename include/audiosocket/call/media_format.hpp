// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <audiosocket/audio/g711.hpp>
#include <audiosocket/protocol/kind.hpp>

#include <optional>
#include <string_view>

namespace audiosocket {

/// The format of the audio of one direction: the kind of its messages, and what they really contain.
struct media_format {
    /// The kind of the audio messages, which says their rate. If the messages have another rate than their kind says
    /// (input_format), this is the kind of the real rate.
    audiosocket::kind kind = kind::slin;
    /// What the payload contains. G.711 comes only under kind 0x10, from a `Dial(AudioSocket/...)` without `c(...)`.
    audiosocket::encoding encoding = encoding::slin;

    /// Compares both fields.
    bool operator==(const media_format&) const = default;

    /// Returns the samples per second.
    constexpr int rate_hz() const noexcept { return audiosocket::rate_hz(kind); }
};

/// Returns the name of the format: "slin" ... "slin192", "ulaw" or "alaw".
inline std::string_view name(const media_format& format) noexcept {
    return format.encoding == encoding::slin ? name(format.kind) : name(format.encoding);
}

/// Returns the format with this name ("slin8" is "slin"), if there is one.
inline std::optional<media_format> parse_format(std::string_view text) noexcept {
    for (const encoding g711 : {encoding::ulaw, encoding::alaw})
        if (text == name(g711)) return media_format{kind::slin, g711};
    if (const auto k = slin_kind(text)) return media_format{*k, encoding::slin};
    return std::nullopt;
}

} // namespace audiosocket
