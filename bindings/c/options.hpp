// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <audiosocket/net/connect.hpp>
#include <audiosocket/net/listener_options.hpp>

#include <string_view>

namespace audiosocket::c {

/// How an application reads the received audio of a call.
struct audio_options {
    int rate_hz = 0;   ///< The rate of what it reads; 0: as it arrives.
    int event_ms = 20; ///< How much of it makes an event: 10 to 1,000.
};

/// Checks both values. Throws failure.
void validate(const audio_options& options);

/// The options of a server and of a call, set by name.
struct option_set {
    listener_options listener;                       ///< Of a server; its `call` is for both.
    std::chrono::milliseconds connect_timeout{5000}; ///< Of connect().
    audio_options audio;                             ///< Of each call.

    /// Sets an option. Throws failure for a name that does not exist, and for a value that its option does not take.
    void set(std::string_view name, std::string_view value);
};

} // namespace audiosocket::c

/// The options behind the C interface.
struct audiosocket_options {
    audiosocket::c::option_set set;
};
