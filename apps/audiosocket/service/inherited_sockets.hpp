#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace audiosocket::app {

/// The listening sockets that this process was given by whoever started it, by the convention of systemd's socket
/// activation (sd_listen_fds(3)): from descriptor 3 on, as many as LISTEN_FDS says, with the names in LISTEN_FDNAMES.
/// A predecessor (successor.hpp) gives them in the same way, and with them a pipe, by which it learns that we are
/// ready.
class inherited_sockets {
  public:
    /// The names by which they are told apart; FileDescriptorName= in a socket unit.
    static constexpr std::string_view calls_name = "audiosocket";
    static constexpr std::string_view admin_name = "admin";
    static constexpr std::string_view ready_name = "ready"; // the predecessor's pipe

    /// The predecessor cannot know our LISTEN_PID before it starts us; it says its own here, and is our parent.
    static constexpr std::string_view predecessor_variable = "HANDED_OVER_BY";

    /// Takes them out of the environment, so that nobody whom we start takes them for his own. Before there are
    /// threads. None where the variables are not there, or meant for another process. Throws failure (network) where
    /// they are wrong.
    static inherited_sockets take();

    inherited_sockets(inherited_sockets&&) = default;
    inherited_sockets& operator=(inherited_sockets&&) = delete;
    ~inherited_sockets();

    /// Gives one away; nothing where there is none of this name.
    std::optional<int> release(std::string_view name);

    /// Closes those that nobody has asked for, and returns their names: callers would be put through to a socket that
    /// listens, and never be answered. Not the predecessor's pipe: its end tells that this process has ended, and there
    /// is more to be said before that, as why.
    std::vector<std::string> close_rest();

    bool from_predecessor() const noexcept { return from_predecessor_; }

    /// Tells the predecessor, if there is one, that connections are taken here now: it stops taking any.
    void tell_ready();

  private:
    inherited_sockets() = default;
    void add(const std::string& name, int descriptor, int count);

    std::map<std::string, int, std::less<>> descriptors_;
    bool from_predecessor_ = false;
};

} // namespace audiosocket::app
