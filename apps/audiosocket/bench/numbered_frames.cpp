// SPDX-License-Identifier: Apache-2.0
#include "bench/numbered_frames.hpp"

namespace audiosocket::app::bench {

numbered_frames::numbered_frames() {
    messages_.reserve(period * message_bytes);
    std::array<std::byte, header_bytes> head{};
    write_header({kind::slin, payload_bytes}, head);
    for (std::size_t n = 0; n < period * samples; ++n) {
        if (n % samples == 0) messages_.insert(messages_.end(), head.begin(), head.end());
        const auto sample = static_cast<unsigned>(numbered_samples::at(n));
        messages_.push_back(static_cast<std::byte>(sample & 0xff));
        messages_.push_back(static_cast<std::byte>(sample >> 8));
    }
}

} // namespace audiosocket::app::bench
