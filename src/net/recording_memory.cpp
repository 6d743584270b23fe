// SPDX-License-Identifier: Apache-2.0
#include <audiosocket/net/recording_memory.hpp>

namespace audiosocket {

bool recording_memory::take(std::size_t own, std::size_t bytes) noexcept {
    const std::size_t after = bytes_ += bytes;
    if (after <= bytes_max_ / 2 || (after <= bytes_max_ && own + bytes <= part_bytes_)) return true;
    bytes_ -= bytes;
    bytes_refused_ += bytes;
    return false;
}

} // namespace audiosocket
