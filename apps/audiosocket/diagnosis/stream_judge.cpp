// SPDX-License-Identifier: Apache-2.0
#include "diagnosis/stream_judge.hpp"

namespace audiosocket::app::diagnosis {

bool stream_judge::feed(std::span<const std::byte> bytes, std::optional<std::chrono::nanoseconds> at) {
    const bool was_other = framing_.result().has_value();
    bool changed = framing_.feed(bytes);
    if (was_other || hung_up_) return changed;
    if (framing_.result()) {
        decoder_.reset();
        return changed;
    }
    decoder_.feed(bytes);
    while (const auto m = decoder_.next()) {
        if (hung_up_) continue; // bytes after a hangup are not read
        hung_up_ = m->kind == kind::hangup;
        if (is_audio(m->kind)) changed = audio_.add(m->kind, m->payload, at) || changed;
    }
    return changed;
}

bool stream_judge::end() {
    return framing_.end();
}

std::vector<finding> stream_judge::findings() const {
    if (framing_.result()) return {*framing_.result()};
    return audio_.findings();
}

} // namespace audiosocket::app::diagnosis
