// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/steady_timer.hpp>

#include <sys/types.h>

#include <chrono>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
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
/// It is started with those sockets (inherited_sockets) and with a channel on which it reports that it accepts
/// connections. Until then this process goes on as before, also if the new process fails.
///
/// The channel is a pair of connected sockets, so that this process can send what else it hands over. Successors of
/// earlier versions take the channel for a pipe: they write a byte and close it.
class successor {
  public:
    /// A socket for the successor, and the name by which the successor finds it. This process keeps its descriptor.
    struct passed_socket {
        std::string_view name;
        int descriptor;
    };

    using channel = boost::asio::local::stream_protocol::socket;

    /// Called once, on the io_context or by start(): with an empty text when the successor is ready, otherwise with the
    /// reason why it failed, after it has ended.
    using handler = std::function<void(const std::string& failure)>;

    /// How long the successor may take to become ready. A large sound file on a slow disk takes seconds.
    static constexpr std::chrono::seconds start_time_max{30};

    explicit successor(boost::asio::io_context& io);
    ~successor();

    /// Starts the successor, with these environment variables in addition to those of this process. Must not be called
    /// while starting(). After std::bad_alloc nothing has been started.
    void start(const std::vector<passed_socket>& sockets, const std::vector<std::string>& variables,
               handler on_outcome);

    /// Returns whether a successor was started and has not reported yet.
    bool starting() const noexcept { return static_cast<bool>(on_outcome_); }
    const std::string& executable() const noexcept { return how_.executable; }
    pid_t id() const noexcept { return pid_; }

    /// Looks whether a successor that has failed has ended. Called once a second, in case a timer found no memory.
    void look_at_end();

    /// Returns the channel to a successor that is ready and reads from it; closed if it does not read.
    channel take_channel() { return std::move(channel_); }

    /// Stops a successor that is starting. The handler is not called.
    void abandon();

  private:
    std::string spawn(const std::vector<passed_socket>& sockets, const std::vector<std::string>& variables);
    void wait();
    void fail(std::string_view why);
    void close_channel();

    const invocation how_;
    channel channel_;
    boost::asio::steady_timer timer_;
    char byte_ = 0;
    handler on_outcome_;
    bool failing_ = false;
    std::string_view why_; // of the failure; refers to a literal
    std::chrono::steady_clock::time_point end_by_{};
    pid_t pid_ = 0;
};

} // namespace audiosocket::app
