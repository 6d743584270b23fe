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

/// The options of the calling side.
struct caller_options {
    address server;
    uuid id;
    connect_options connect;
    caller_identity who;
    std::optional<clip> play;                          ///< Sent once the call has begun.
    std::vector<std::string> play_notes;               ///< Warnings about its file.
    std::filesystem::path record;                      ///< The file for what is received, in one channel; empty: none.
    std::string digits;                                ///< Keys to press.
    std::chrono::milliseconds digits_after{1000};      ///< From the start of the call to the first key.
    std::chrono::milliseconds digits_every{300};       ///< From key to key, as a person presses them.
    std::optional<std::chrono::milliseconds> duration; ///< Then hang up. Unset: after the clip, or after 10 s.
    bool quiet = false;
};

/// Places one call, as Asterisk would, and returns its results. Ends when either side hangs up, or at SIGINT. Throws
/// failure (network) if the server cannot be reached, sound_error if the recording cannot be started. A recording that
/// fails later is reported on standard error and in `recording_failure`.
call_report place_call(const caller_options& options, std::string& recording_failure);

} // namespace audiosocket::app::caller
