// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "call/call_report.hpp"
#include "call/placed_call.hpp"

#include <audiosocket/audio/clip.hpp>
#include <audiosocket/net/connect.hpp>

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace audiosocket::app::caller {

/// What the calling side does.
struct caller_options {
    address server;
    uuid id;
    connect_options connect;
    caller_identity who;
    std::optional<clip> play;                          ///< Sent once the call is up.
    std::vector<std::string> play_notes;               ///< What is odd about its file, as warnings.
    std::filesystem::path record;                      ///< The file for what is received, in one channel; empty: none.
    std::string digits;                                ///< Keys that are pressed.
    std::chrono::milliseconds digits_after{1000};      ///< From the start of the call to the first key.
    std::chrono::milliseconds digits_every{300};       ///< From key to key: a person's pace.
    std::optional<std::chrono::milliseconds> duration; ///< Then hang up. Unset: when the clip is over, or after 10 s.
    bool quiet = false;
};

/// Places one call, as Asterisk would, and returns what it showed. Ends at the hang-up of either side, or at SIGINT.
/// Throws failure (network) where the server cannot be reached, sound_error where the recording cannot be begun; a
/// recording that breaks off later is told on standard error and in `recording_failure`.
call_report place_call(const caller_options& options, std::string& recording_failure);

} // namespace audiosocket::app::caller
