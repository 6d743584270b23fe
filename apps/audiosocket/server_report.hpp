#pragma once

#include "audiosocket/console.hpp"
#include "audiosocket/line_writer.hpp"

#include <audiosocket/net/address.hpp>
#include <audiosocket/net/call.hpp>

#include <boost/json/object.hpp>

#include <chrono>
#include <optional>
#include <string>

namespace audiosocket::app {

/// Tells what happens to a server: the log for people and, where asked for, JSON lines on standard output. Never waits
/// for those who read either (line_writer). Use from one thread.
class server_report {
  public:
    using endpoint = boost::asio::ip::tcp::endpoint;

    server_report(console::verbosity how, bool json);

    console& screen() noexcept { return console_; }

    void listening(const endpoint& where);
    void started(const call& c);

    /// A digit, a mark or a clear.
    void happened(const uuid& id, const event& e);

    void recording_stopped(const std::string& id, const std::string& why);

    /// The call is over, `age` after it came.
    void ended(const call& c, const ended_event& end, std::chrono::nanoseconds age);

    /// A connection never became a call. Whoever scans the port must not fill the log: beyond some a second they are
    /// counted.
    void ended_early(const endpoint& peer, const ended_event& why);

    /// No more calls are answered; those that are up may go on for `drain`, or are hung up now where that is zero.
    void stopping(const std::string& why, std::size_t calls_up, std::chrono::milliseconds drain);

    /// Writes what waits still. Throws failure (file) where not every line could be written to standard output.
    void finish();

  private:
    void print(const boost::json::object& line);
    void warn_of_failed_output();
    void sum_up_early_ends();

    console console_;
    std::optional<line_writer> out_; // unless nobody asked for JSON
    bool failed_output_told_ = false;
    time_point early_ends_second_{};
    std::uint64_t early_ends_in_second_ = 0;
};

} // namespace audiosocket::app
