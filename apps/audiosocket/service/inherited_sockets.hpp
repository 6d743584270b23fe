// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <audiosocket/net/file_descriptor.hpp>
#include <audiosocket/net/listening_socket.hpp>

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace audiosocket::app {

/// The listening sockets that this process was started with, by the convention of systemd's socket activation
/// (sd_listen_fds(3)): from descriptor 3 on, as many as LISTEN_FDS says, with the names in LISTEN_FDNAMES.
///
/// A predecessor (successor.hpp) passes its sockets in the same way. It also passes a channel, on which this process
/// reports that it is ready, and on which the predecessor then sends what else it hands over. A predecessor of an
/// earlier version passes a pipe instead, and sends nothing.
class inherited_sockets {
  public:
    /// The names of the sockets; FileDescriptorName= in a socket unit.
    static constexpr std::string_view calls_name = "audiosocket";
    static constexpr std::string_view admin_name = "admin";
    static constexpr std::string_view agent_name = "agent-check";
    static constexpr std::string_view ready_name = "ready"; // the channel to the predecessor

    /// What report_ready() writes. A later version may write a larger number; it then reads all that this one reads.
    static constexpr char ready = 1;           ///< This process accepts connections.
    static constexpr char ready_and_reads = 2; ///< It also reads from the channel.

    /// Holds the process id of the predecessor, which is the parent of this process. It stands in for LISTEN_PID,
    /// because a predecessor does not know the id of its successor before it starts it.
    static constexpr std::string_view predecessor_variable = "HANDED_OVER_BY";

    /// Takes the sockets, and removes the variables from the environment, so that no process that is started later
    /// claims the sockets as well. There are none if the variables are missing or are meant for another process. Throws
    /// failure (network) if they are wrong. Call it before there are threads.
    static inherited_sockets take();

    inherited_sockets(inherited_sockets&&) = default;
    inherited_sockets& operator=(inherited_sockets&&) = delete;
    ~inherited_sockets();

    /// Returns the socket of this name; nothing if there is none. Throws failure (network) if it is not a listening TCP
    /// socket.
    std::optional<listening_socket> release(std::string_view name);

    /// Closes the sockets that were not released, and returns their names. If such a socket stayed open, the kernel
    /// would accept callers whom this process never answers. Keeps the channel to the predecessor open.
    std::vector<std::string> close_rest();

    bool from_predecessor() const noexcept { return from_predecessor_; }

    /// Returns whether the predecessor sends something after report_ready(true).
    bool can_read() const;

    /// Reports to the predecessor, if there is one, that this process accepts connections now. The predecessor then
    /// stops accepting. Returns the channel if this process `reads` from it and can_read(); otherwise closes it.
    file_descriptor report_ready(bool reads);

  private:
    inherited_sockets() = default;
    void add(const std::string& name, file_descriptor socket, int count);
    file_descriptor extract(std::string_view name);

    std::map<std::string, file_descriptor, std::less<>> descriptors_;
    bool from_predecessor_ = false;
};

} // namespace audiosocket::app
