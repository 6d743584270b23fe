// SPDX-License-Identifier: Apache-2.0
#include "diagnosis/finding.hpp"

#include <array>

namespace audiosocket::app::diagnosis {

std::string_view name(code c) noexcept {
    // In the order of the enumeration.
    constexpr std::array<std::string_view, code_count> names{
        "g711_as_slin",   "codec_as_slin",        "noise",      "wrong_rate", "byte_order",    "file_header", "burst",
        "other_protocol", "little_endian_length", "no_headers", "id_as_text", "no_audiosocket"};
    return names[static_cast<std::size_t>(c)];
}

std::string to_text(const finding& f) {
    return f.text + (f.text.ends_with('?') ? " " : "; ") + f.advice;
}

} // namespace audiosocket::app::diagnosis
