// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>

#include <sys/types.h>

#include <chrono>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace audiosocket::app {

/// How this process was started, so that a successor can be started in the same way. The file at that path may be a
/// newer version by then.
struct invocation {
    std::string executable; ///< The absolute path; empty if it is unknown.
    std::vector<std::string> arguments;

    /// Resolves the path now, while the working folder and PATH are the original ones.
    static invocation current();
};

/// A new process of the same command that takes over the sockets on which this process listens.
///
/// It is started with those sockets (inherited_sockets) and with a pipe on which it reports that it accepts
/// connections. Until then this process goes on as before, also if the new process fails.
class successor {
  public:
    /// A socket for the successor, and the name by which the successor finds it. This process keeps its descriptor.
    struct passed_socket {
        std::string_view name;
        int descriptor;
    };

    /// Called once, on the io_context: with an empty text when the successor is ready, otherwise with the reason why it
    /// failed, after it has ended.
    using handler = std::function<void(const std::string& failure)>;

    /// How long the successor may take to become ready. A large sound file on a slow disk takes seconds.
    static constexpr std::chrono::seconds start_time_max{30};

    explicit successor(boost::asio::io_context& io);
    ~successor();

    /// Starts the successor, with these environment variables in addition to those of this process. Must not be called
    /// while starting().
    void start(const std::vector<passed_socket>& sockets, const std::vector<std::string>& variables,
               handler on_outcome);

    /// Returns whether a successor was started and has not reported yet.
    bool starting() const noexcept { return static_cast<bool>(on_outcome_); }
    const std::string& executable() const noexcept { return how_.executable; }
    pid_t id() const noexcept { return pid_; }

    /// Stops a successor that is starting. The handler is not called.
    void abandon();

  private:
    std::string spawn(const std::vector<passed_socket>& sockets, const std::vector<std::string>& variables);
    void wait();
    void fail(const std::string& why);
    void wait_for_end(const std::string& why, std::chrono::steady_clock::time_point limit);

    const invocation how_;
    boost::asio::posix::stream_descriptor pipe_;
    boost::asio::steady_timer timer_;
    char byte_ = 0;
    handler on_outcome_;
    pid_t pid_ = 0;
};

} // namespace audiosocket::app
