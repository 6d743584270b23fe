// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <audiosocket/audio/g711.hpp>

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>

namespace audiosocket {

/// What a file without a header may really contain if its suffix is wrong.
enum class encoding_doubt { none, slin, ulaw, alaw, gsm, swapped_slin };

/// Checks the first seconds of a file whose suffix stands for `claimed`. Returns a doubt only if chance cannot explain
/// it (see encoding_detector), and never for silence or for a file that is too short.
encoding_doubt doubt_encoding(encoding claimed, std::span<const std::byte> head);

/// Returns a note for people about the doubt, with what to do; empty for none. `rate_hz` is the rate that the suffix of
/// `path` stands for.
std::string describe(encoding_doubt doubt, encoding claimed, const std::filesystem::path& path, int rate_hz);

} // namespace audiosocket
