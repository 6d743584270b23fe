// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <audiosocket/audio/g711.hpp>

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>

namespace audiosocket {

/// What a file without a header may be if it is not what its suffix says.
enum class encoding_doubt { none, slin, ulaw, alaw, gsm, swapped_slin };

/// Judges the first seconds of a file whose suffix stands for `claimed`. Doubts only what is beyond chance, see
/// encoding_detector; silence and what is too short are never doubted.
encoding_doubt doubt_encoding(encoding claimed, std::span<const std::byte> head);

/// The doubt as a note for people, with what to do; empty for none. `rate_hz` is what the suffix of `path` stands for.
std::string describe(encoding_doubt doubt, encoding claimed, const std::filesystem::path& path, int rate_hz);

} // namespace audiosocket
