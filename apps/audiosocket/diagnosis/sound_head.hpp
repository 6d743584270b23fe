// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

namespace audiosocket::app::diagnosis {

/// The kind of sound file that begins with these bytes: "a WAV file", "an MP3 file"; empty for none. It takes enough
/// bytes into account that samples do not look like it by chance.
std::string_view sound_head(std::span<const std::byte> bytes) noexcept;

} // namespace audiosocket::app::diagnosis
