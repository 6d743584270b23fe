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

/// How this process was started, for starting another one in the same way: what is found under the program's name
/// then, which may be a newer one.
struct invocation {
    std::string program; ///< With its whole path; empty where it cannot be found out.
    std::vector<std::string> arguments;

    /// Resolves the path now, while the folder and the PATH are those in which it was typed.
    static invocation current();
};

/// A new process of our own program that takes over the sockets on which we listen.
///
/// It is started with them (inherited_sockets) and with a pipe on which it says that it takes connections. Until then,
/// whatever becomes of it, we are as before.
class successor {
  public:
    /// A descriptor for it, and the name by which it finds it.
    struct gift {
        std::string_view name;
        int descriptor;
    };

    /// Told once, on the io_context: nothing when it is ready; otherwise why it will not be. It is gone then.
    using handler = std::function<void(const std::string& failure)>;

    /// How long it may take until it is ready: a large sound file on a slow disk takes seconds.
    static constexpr std::chrono::seconds start_time_max{30};

    explicit successor(boost::asio::io_context& io);
    ~successor();

    /// Starts it, with these variables besides ours. Not while another one is starting.
    void start(const std::vector<gift>& gifts, const std::vector<std::string>& variables, handler on_outcome);

    /// Started, and not ready yet.
    bool starting() const noexcept { return static_cast<bool>(on_outcome_); }
    const std::string& program() const noexcept { return how_.program; }
    pid_t id() const noexcept { return pid_; }

    /// Tells one that is starting to stop; nobody is told of it.
    void abandon();

  private:
    std::string spawn(const std::vector<gift>& gifts, const std::vector<std::string>& variables);
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
