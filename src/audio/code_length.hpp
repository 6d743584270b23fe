// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <audiosocket/audio/g711.hpp>

#include <cstddef>
#include <span>

namespace audiosocket {

/// The longest payload that code_length() takes: 60 ms of G.711, the longest frame in common use.
inline constexpr std::size_t code_length_bytes_max = 480;

/// Returns how many bits a simple lossless sound coder would need for `payload` if it were in encoding `e`. The coder
/// predicts each sample from the samples before it and codes the difference. `payload` has an even length, 16 to
/// code_length_bytes_max. Does not allocate.
double code_length(encoding e, std::span<const std::byte> payload);

} // namespace audiosocket
