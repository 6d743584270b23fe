// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

namespace audiosocket::app::diagnosis {

/// Returns the kind of sound file that begins with these bytes: "a WAV file", "an MP3 file"; empty if none does. It
/// checks enough bytes that samples do not match by chance.
std::string_view sound_head(std::span<const std::byte> bytes) noexcept;

} // namespace audiosocket::app::diagnosis
