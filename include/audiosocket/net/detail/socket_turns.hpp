// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <audiosocket/call/event.hpp>
#include <audiosocket/export.hpp>
#include <audiosocket/net/error.hpp>

#include <boost/asio/io_context.hpp>

#include <chrono>
#include <memory>

namespace audiosocket::detail {

class socket_taker;

/// Interface that socket_turns calls, on the thread of the io_context, and never from within a function of
/// socket_turns.
class turn_user {
  public:
    virtual ~turn_user() = default;

    /// Called if something has arrived since the last turn, or the time of socket_turns::soon() has come. `is_last`
    /// says that the end of the peer, or an error, is part of what has arrived. May end the turns.
    virtual void take_turn(bool arrived, bool is_last) = 0;

    /// Called when the io_context is being destroyed and there are no more turns. Must release what may keep this
    /// object alive.
    virtual void forget() noexcept = 0;
};

/// Gives turns among the calls of an io_context to a socket that belongs to no call but serves them. The tick that
/// wakes the thread for the calls checks this socket as well, so it costs no extra wake-up (ADR 11).
///
/// Each arrival is reported once: the user reads until nothing is left, or remembers that there is more. Use it only on
/// the thread of the io_context, which must outlive it. Not part of the public API: it may change in any release.
class AUDIOSOCKET_EXPORT socket_turns {
  public:
    /// Starts the turns of this socket. `who` must outlive the object. Throws boost::system::system_error if the kernel
    /// cannot watch the socket.
    socket_turns(boost::asio::io_context& home, int socket, turn_user& who);
    socket_turns(const socket_turns&) = delete;
    socket_turns& operator=(const socket_turns&) = delete;

    /// Ends the turns. Destroy it before you close the socket.
    ~socket_turns();

    /// Requests a turn after this time, at most 60 ms.
    void soon(std::chrono::milliseconds after);

  private:
    std::shared_ptr<socket_taker> taker_;
};

} // namespace audiosocket::detail
