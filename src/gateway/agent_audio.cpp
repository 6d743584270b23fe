// SPDX-License-Identifier: Apache-2.0
#include "gateway/agent_audio.hpp"

#include "gateway/reports.hpp"
#include <audiosocket/gateway/base64.hpp>

#include <utility>

namespace audiosocket::gateway {

void agent_audio::play(std::span<const std::byte> bytes, std::string_view type, dialect_output& out) {
    const auto samples = reader_.read(bytes);
    if (samples.empty()) return;
    const bool refused = !out.play(samples, format().rate_hz);
    if (std::exchange(refused_, refused) || !refused) return;
    report_ignored(out, type, "the playout queue is full; audio is refused until the caller has heard some of it");
}

void agent_audio::play_base64(std::string_view text, std::string_view type, dialect_output& out) {
    const auto bytes = decode_base64(text);
    if (!bytes) return report_ignored(out, type, "its audio is not base64: \"" + excerpt(text) + '"');
    play(*bytes, type, out);
}

} // namespace audiosocket::gateway
