// SPDX-License-Identifier: Apache-2.0
#include "backend/side.hpp"

#include <array>

namespace audiosocket::app::backend {

std::span<const side_traits> sides() noexcept {
    // Bots send pieces of 40 ms at twice real time. Most services send as fast as they make speech; OpenAI Live sends
    // at the pace of real time.
    static constexpr std::array<side_traits, 7> all{{
        // name, subprotocols, speed, marks, tools, limit, pings
        {"twilio", "", 2, true, false, false, false, make_twilio_side},
        {"pcm", "audio.drachtio.org, audio.jambonz.org", 2, true, false, false, false, make_pcm_side},
        {"openai", "realtime", 0, false, true, true, false, make_openai_side},
        {"openai-live", "", 1, false, true, true, false, make_openai_live_side},
        {"gemini", "", 0, false, true, true, false, make_gemini_side},
        {"deepgram", "token, bearer", 0, false, true, false, false, make_deepgram_side},
        {"elevenlabs", "convai", 0, false, true, true, true, make_elevenlabs_side},
    }};
    return all;
}

} // namespace audiosocket::app::backend
