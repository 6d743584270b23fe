// SPDX-License-Identifier: Apache-2.0
#include "gateway/audio_messages.hpp"

#include <audiosocket/gateway/base64.hpp>

#include <algorithm>

namespace audiosocket::gateway {

audio_messages::audio_messages(payload_format format, std::string_view head, std::string_view tail)
    : format_(format), message_(head), head_bytes_(head.size()), tail_(tail) {}

void audio_messages::add(std::span<const std::int16_t> samples, dialect_output& out) {
    const std::size_t sample_bytes = format_.sample_bytes();
    const std::size_t bytes_min = samples_in_ms(piece_ms_min) * sample_bytes;
    const std::size_t samples_max = samples_in_ms(piece_ms_max);
    while (!samples.empty()) {
        const auto before = gathered_.size();
        const auto taken = samples.first(std::min(samples.size(), samples_max - before / sample_bytes));
        gathered_.resize(before + taken.size() * sample_bytes);
        encode(format_.coding, taken, std::span(gathered_).subspan(before));
        samples = samples.subspan(taken.size());
        if (gathered_.size() >= bytes_min) send(out);
    }
}

std::size_t audio_messages::samples_in_ms(int ms) const noexcept {
    return static_cast<std::size_t>(format_.rate_hz) * static_cast<std::size_t>(ms) / 1000;
}

void audio_messages::send(dialect_output& out) {
    message_.resize(head_bytes_);
    append_base64(message_, gathered_);
    message_ += tail_;
    gathered_.clear();
    out.send_text(message_);
}

} // namespace audiosocket::gateway
