// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <audiosocket/audio/g711.hpp>

#include <cstddef>
#include <span>

namespace audiosocket {

/// As much of a payload as code_length() takes: 60 ms of G.711, the longest frame in common use.
inline constexpr std::size_t code_length_bytes_max = 480;

/// Bits that a simple lossless coder for sound would take for `payload` if its bytes were in
/// encoding `e`: predict each sample from the ones before, code what is left.
/// `payload` is of even length, 16 to code_length_bytes_max. No allocation.
double code_length(encoding e, std::span<const std::byte> payload);

} // namespace audiosocket
