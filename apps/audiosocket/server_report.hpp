#pragma once

#include "audiosocket/console.hpp"
#include "audiosocket/line_writer.hpp"

#include <audiosocket/net/address.hpp>
#include <audiosocket/net/call.hpp>
#include <audiosocket/net/listener_options.hpp>

#include <boost/json/object.hpp>

#include <chrono>
#include <optional>
#include <string>
#include <system_error>

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

    /// Connections were reset because of a limit.
    void refused(const refusals& sum);

    /// A successor is being started; it could not be, and we go on; or there is nothing to be done.
    void handing_over(const std::string& program);
    void hand_over_failed(const std::string& why);
    void hand_over_ignored(const std::string& why);

    /// The service manager cannot be told how we are.
    void manager_not_told(const std::error_code& error);

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
