// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

/// \file
/// The findings of a diagnosis. The judges of this room make them; the verbs print them.

namespace audiosocket::app::diagnosis {

/// Who sends the stream: the server (Asterisk receives it), or the caller (the server receives it).
enum class sender : std::uint8_t { server, caller };

enum class code : std::uint8_t {
    // the audio
    g711_as_slin,  ///< mu-law or A-law labelled as 16-bit samples
    codec_as_slin, ///< another codec labelled as 16-bit samples
    noise,         ///< full-scale noise: compressed or encrypted data labelled as samples
    wrong_rate,    ///< more or fewer samples a second than the label says
    byte_order,    ///< samples whose two bytes are swapped
    file_header,   ///< the header of a sound file, played as sound
    burst,         ///< audio ahead of its time
    // the framing
    other_protocol,       ///< HTTP, SIP, TLS, ...
    little_endian_length, ///< the two bytes of the length are swapped
    no_headers,           ///< audio without the headers of messages
    id_as_text,           ///< the UUID as text, not as 16 bytes
    no_audiosocket,       ///< something else
};

inline constexpr std::size_t code_count = static_cast<std::size_t>(code::no_audiosocket) + 1;

/// Returns the code's name for scripts: "g711_as_slin".
std::string_view name(code c) noexcept;

enum class severity : std::uint8_t {
    remark,  ///< Worth knowing; the call works.
    finding, ///< A fault: the other side hears noise, nothing, or the wrong thing, or ends the call.
};

struct finding {
    diagnosis::code code{};
    diagnosis::severity weight = severity::finding;
    std::string text;   ///< What was seen, with its figures, as a clause: "the server sends ...".
    std::string advice; ///< What to do, as a clause: "convert it to ...". Never empty.
};

/// Returns both clauses: "the server sends mu-law labelled slin ...: convert it to ...".
std::string to_text(const finding& f);

} // namespace audiosocket::app::diagnosis
