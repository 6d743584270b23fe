// SPDX-License-Identifier: Apache-2.0
#include "backend/side.hpp"

#include <array>

namespace audiosocket::app::backend {

std::span<const side_traits> sides() noexcept {
    static constexpr std::array<side_traits, 3> all{{
        // Bots send pieces of 40 ms at twice real time.
        {"twilio", "", 2, true, make_twilio_side},
        {"pcm", "audio.drachtio.org, audio.jambonz.org", 2, true, make_pcm_side},
        // The service sends as fast as it makes speech.
        {"openai", "realtime", 0, false, make_openai_side},
    }};
    return all;
}

} // namespace audiosocket::app::backend
