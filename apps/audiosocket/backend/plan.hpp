// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "backend/side.hpp"

#include <audiosocket/audio/clip.hpp>

#include <map>
#include <optional>
#include <string>

namespace audiosocket::app::backend {

/// What a back end does with each call.
struct plan {
    const side_traits* dialect = nullptr;
    std::string play;                        ///< A sound file; empty: echo.
    double speed = 1;                        ///< How fast it is sent: 1 is real time, 0 all at once.
    std::optional<double> barge_in_dbfs;     ///< Audio of this level is speech, and interrupts.
    bool then_hang_up = false;               ///< When the file has been played.
    std::string tool;                        ///< The function that is asked for at the start; empty: none.
    boost::json::object tool_arguments;      ///< Its arguments.
    double session_limit_s = 0;              ///< The longest time of a session; 0: none.
    unsigned refuse = 0;                     ///< This HTTP status instead of a WebSocket; 0: none.
    mutable std::map<int, clip> clips_by_hz; ///< The file at the rates that calls had, read once each.

    /// As many as there are rates in use.
    static constexpr std::size_t clips_max = 12;

    const clip& sound_at(int rate_hz) const {
        const auto known = clips_by_hz.find(rate_hz);
        if (known != clips_by_hz.end()) return known->second;
        if (clips_by_hz.size() == clips_max) clips_by_hz.clear(); // a peer chooses the rate
        return clips_by_hz.emplace(rate_hz, clip::load(play, rate_hz)).first->second;
    }
};

} // namespace audiosocket::app::backend
