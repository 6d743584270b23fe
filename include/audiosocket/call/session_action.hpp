// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <audiosocket/call/event.hpp>

#include <cstddef>
#include <optional>
#include <span>

namespace audiosocket {

/// The next thing that a session wants from its driver: what session::poll() returns.
struct session_action {
    /// What is to be done.
    enum class type {
        shut_down, ///< Shut the sending side of the socket down (FIN), and keep reading. Comes at most once.
        deliver,   ///< Give `event` to the application.
        transmit,  ///< Send `bytes` whole, with one system call, and then call transmitted().
        wait,      ///< Poll again when something has happened, and at `until` at the latest.
        close,     ///< Close the socket: the call is over in every respect.
    };

    /// Which action this is. It says which of the members below have a meaning.
    type what = type::close;

    /// For transmit: one message. Valid until transmitted().
    std::span<const std::byte> bytes{};

    /// For wait: the next deadline.
    time_point until = time_point::max();

    /// For deliver. Views in it are valid until the next poll() that may return an event.
    std::optional<audiosocket::event> event{};
};

/// What the driver of a session can take at the moment; session::poll() returns nothing else.
struct driver_readiness {
    /// Whether the network takes a message. False while the last one is still on its way, or did not fit.
    bool transmit = true;

    /// Whether the application takes an event.
    bool events = true;
};

} // namespace audiosocket
