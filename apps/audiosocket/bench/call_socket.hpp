// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <audiosocket/call/event.hpp>
#include <audiosocket/net/address.hpp>
#include <audiosocket/net/file_descriptor.hpp>

#include <sys/socket.h>

#include <cstddef>
#include <span>
#include <string>

namespace audiosocket::app::bench {

/// The address of a server for the kernel, and how to connect to it.
struct endpoint {
    sockaddr_storage address{};
    socklen_t size = 0;
    std::string congestion; ///< Of the caller's sockets; empty: the kernel's default.
};

/// The difference between the kernel's clock of packet time stamps (time of day) and the monotonic clock.
class stamp_clock {
  public:
    /// Compares the clocks again, because the time of day may be changed.
    void adjust() noexcept;

    /// Returns a time that is never later than `now`.
    time_point to_monotonic(const timespec& stamp, time_point now) const noexcept;

  private:
    std::chrono::nanoseconds behind_{};
};

/// One TCP connection of a caller: never blocks, and knows when bytes reached this machine, not when they were read.
class call_socket {
  public:
    /// Begins to connect. Returns 0, or the errno of an immediate failure.
    int connect(const endpoint& server);

    /// Connects, and waits for the connection as long as Asterisk does.
    int connect_and_wait(const endpoint& server);

    /// Called when the socket has become writable. Returns 0 if it is connected, otherwise the errno.
    int connect_result() const;

    enum class sending { whole, refused, broken };
    /// Tries once, as Asterisk does: a message that the kernel does not take whole at once is refused.
    sending send(std::span<const std::byte> message) const;

    enum class reading { bytes, nothing, finished, reset };
    struct received {
        reading what = reading::nothing;
        std::size_t bytes = 0;
        time_point at;        ///< When the last of these bytes arrived.
        bool stamped = false; ///< By the kernel; otherwise `at` is the time of reading.
    };
    /// Reads what has arrived, up to the size of `into`. To get its own time, each message is read separately.
    received receive(std::span<std::byte> into, const stamp_clock& clock) const;

    void finish() const; ///< Sends FIN; incoming bytes are still read.
    void close() noexcept { socket_.close(); }

    int descriptor() const noexcept { return socket_.get(); }

  private:
    file_descriptor socket_;
};

/// Returns the first address of this server that accepts a connection. Throws failure (network).
endpoint find_server(const address& where, const std::string& congestion);

} // namespace audiosocket::app::bench
