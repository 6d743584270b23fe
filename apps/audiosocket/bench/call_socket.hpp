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

/// Where a server is, as the kernel wants it, and how it is connected to.
struct endpoint {
    sockaddr_storage address{};
    socklen_t size = 0;
    std::string congestion; ///< Of the caller's sockets; empty: the kernel's default.
};

/// The difference between the kernel's clock of day, by which packets are stamped, and the monotonic one.
class stamp_clock {
  public:
    /// Compares the clocks; somebody may set the clock of day.
    void adjust() noexcept;

    /// Never later than `now`.
    time_point to_monotonic(const timespec& stamp, time_point now) const noexcept;

  private:
    std::chrono::nanoseconds behind_{};
};

/// One TCP connection of a caller: never waits, and knows when bytes reached this machine, not when they were read.
class call_socket {
  public:
    /// Begins to connect. 0, or the errno of what went wrong at once.
    int connect(const endpoint& server);

    /// Connects, and waits for the connection as long as Asterisk does.
    int connect_and_wait(const endpoint& server);

    /// When it has become writable: 0 where the connection is up, otherwise the errno.
    int connect_result() const;

    enum class sending { whole, refused, broken };
    /// Tries once, as Asterisk does: what is not taken whole at once is refused.
    sending send(std::span<const std::byte> message) const;

    enum class reading { bytes, nothing, finished, reset };
    struct received {
        reading what = reading::nothing;
        std::size_t bytes = 0;
        time_point at;        ///< When the last of these bytes arrived.
        bool stamped = false; ///< By the kernel; otherwise it is the time of the reading.
    };
    /// Reads what is there, at most what fits. For a time of its own each message is read by itself.
    received receive(std::span<std::byte> into, const stamp_clock& clock) const;

    void finish() const; ///< FIN; what comes is still read.
    void close() noexcept { socket_.close(); }

    int descriptor() const noexcept { return socket_.get(); }

  private:
    file_descriptor socket_;
};

/// The first address of this server that takes a connection. Throws failure (network).
endpoint find_server(const address& where, const std::string& congestion);

} // namespace audiosocket::app::bench
