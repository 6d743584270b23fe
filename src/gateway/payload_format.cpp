// SPDX-License-Identifier: Apache-2.0
#include "gateway/payload_format.hpp"

namespace audiosocket::gateway {

std::span<const std::int16_t> payload_reader::read(std::span<const std::byte> bytes) {
    if (format_.sample_bytes() == 2) {
        if (has_half_ && !bytes.empty()) {
            whole_.assign(1, half_);
            whole_.insert(whole_.end(), bytes.begin(), bytes.end());
            bytes = whole_;
        }
        if (!bytes.empty()) {
            has_half_ = bytes.size() % 2 == 1;
            if (has_half_) half_ = bytes.back();
            bytes = bytes.first(bytes.size() / 2 * 2);
        }
    }
    samples_.resize(bytes.size() / format_.sample_bytes());
    decode(format_.coding, bytes, samples_);
    return samples_;
}

std::vector<std::byte> payload_of(const payload_format& format, std::span<const std::int16_t> samples) {
    std::vector<std::byte> bytes(samples.size() * format.sample_bytes());
    encode(format.coding, samples, bytes);
    return bytes;
}

} // namespace audiosocket::gateway
