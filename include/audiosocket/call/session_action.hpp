// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <audiosocket/call/event.hpp>

#include <cstddef>
#include <optional>
#include <span>

namespace audiosocket {

/// What a driver of a session has to do next: the result of session::poll().
struct session_action {
    /// The kinds of actions.
    enum class type {
        shut_down, ///< Shut the sending side of the socket down (FIN), and keep reading. Returned at most once.
        deliver,   ///< Give `event` to the application.
        transmit,  ///< Send `bytes` whole, with one system call, and then call transmitted().
        wait,      ///< Poll again when something has arrived or the application has done something, and at `until` at
                   ///< the latest.
        close,     ///< Close the socket: the call has ended completely.
    };

    /// The kind of this action. It says which of the other members have a meaning.
    type what = type::close;

    /// The message of `transmit`. Valid until transmitted().
    std::span<const std::byte> bytes{};

    /// The next deadline, of `wait`.
    time_point until = time_point::max();

    /// The event of `deliver`. Views in it are valid until the next poll() that may return an event.
    std::optional<audiosocket::event> event{};
};

/// What the driver of a session can do at the moment. session::poll() returns no other action.
struct driver_readiness {
    /// Whether the network takes a message. False while the last one is being sent, or did not fit.
    bool transmit = true;

    /// Whether the application takes an event.
    bool events = true;
};

} // namespace audiosocket
