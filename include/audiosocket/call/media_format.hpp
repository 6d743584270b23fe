// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <audiosocket/audio/g711.hpp>
#include <audiosocket/protocol/kind.hpp>

#include <optional>
#include <string_view>

namespace audiosocket {

/// How the audio of one direction looks on the wire: the kind of its messages, and what really is in them.
struct media_format {
    /// The kind of the audio messages, which says their rate. Where messages are of another rate than their label says
    /// (input_format), the kind of that rate.
    audiosocket::kind kind = kind::slin;
    /// What the payload contains. G.711 only ever appears under kind 0x10, from a `Dial(AudioSocket/...)` without
    /// `c(...)`.
    audiosocket::encoding encoding = encoding::slin;

    /// Compares both fields.
    bool operator==(const media_format&) const = default;

    /// Samples a second.
    constexpr int rate_hz() const noexcept { return audiosocket::rate_hz(kind); }
};

/// "slin" ... "slin192", "ulaw", "alaw".
inline std::string_view name(const media_format& format) noexcept {
    return format.encoding == encoding::slin ? name(format.kind) : name(format.encoding);
}

/// The format of that name ("slin8" is "slin"), if there is one.
inline std::optional<media_format> parse_format(std::string_view text) noexcept {
    for (const encoding g711 : {encoding::ulaw, encoding::alaw})
        if (text == name(g711)) return media_format{kind::slin, g711};
    if (const auto k = slin_kind(text)) return media_format{*k, encoding::slin};
    return std::nullopt;
}

} // namespace audiosocket
