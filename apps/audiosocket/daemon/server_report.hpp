// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "daemon/report_quotas.hpp"
#include "diagnosis/finding.hpp"
#include "live/live_call.hpp"
#include "log/console.hpp"
#include "log/line_writer.hpp"
#include "settings/settings_changes.hpp"

#include <audiosocket/net/address.hpp>
#include <audiosocket/net/call.hpp>
#include <audiosocket/net/listener_options.hpp>

#include <boost/json/object.hpp>

#include <chrono>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <system_error>
#include <vector>

namespace audiosocket::app {

/// Names a call in what is reported about it, also after it has ended.
struct call_name {
    std::string id;
    boost::asio::ip::tcp::endpoint peer;
};

/// Tells what happens to a server: the log for people and, where asked for, JSON lines on standard output. Never waits
/// for those who read either (line_writer). What one peer can cause in a second, of lines and of events, is bounded
/// (report_quotas); beyond that it is counted, and the number is reported.
/// Safe from any thread.
class server_report {
  public:
    using endpoint = boost::asio::ip::tcp::endpoint;

    struct options {
        console::verbosity how = console::verbosity::normal;
        bool json = false;           ///< Events on standard output.
        bool json_log = false;       ///< The log as JSON as well.
        std::size_t calls_max = 800; ///< As --max-calls.
    };

    explicit server_report(const options& how);

    /// How much is logged from now on, and how; `json` and `calls_max` stay as they were.
    void change_log(const options& how);

    /// Whether a status line would be seen.
    bool interactive() const;
    /// Whether there was a terminal, and it has been closed.
    bool terminal_is_gone() const;
    /// Draws the status line.
    void status(const std::string& line);

    void listening(const endpoint& where);
    void notes(const std::vector<std::string>& all);
    void remarks(const std::vector<std::string>& all);
    void admin_listening(const endpoint& where);
    void admin_failed(const char* why);

    /// Somebody hangs up calls of this id by way of the admin address.
    void hung_up_by(const endpoint& who, const uuid& id, std::size_t calls);

    /// A request to the admin address had a token, and not the right one.
    void wrong_token(const endpoint& who);

    /// A listening socket of this name was passed to us, and the settings ask for none.
    void inherited_in_vain(const std::string& name);

    void started(const call& c);

    /// A digit, a mark or a clear.
    void happened(const call& c, const event& e);

    /// Something else in a call.
    void noted(const call& c, const call_note& note);

    /// A call is not recorded, or no longer.
    void recording_failed(const call_name& which, const std::string& why);

    /// A recording that is complete lacks so much sound.
    void recording_dropped(const call_name& which, std::chrono::nanoseconds dropped);

    /// So much sound found no room since the last time, because `bytes_max` wait for the disk.
    void recordings_overflow(std::uint64_t bytes, std::size_t bytes_max);

    /// The settings were read again, and these are others now.
    void reloaded(const settings_changes& changes);

    /// They were, and are wrong: a line each.
    void reload_failed(const std::string& mistakes);

    /// They will not be.
    void reload_ignored(const std::string& why);

    /// The call is over, `age` after it came.
    void ended(const call& c, const ended_event& end, std::chrono::nanoseconds age);

    /// Something is wrong with what the caller sends.
    void found(const call_name& which, const diagnosis::finding& f);

    /// A connection never became a call. `found` is what its first bytes show, if anything.
    void ended_early(const endpoint& peer, const ended_event& why, std::span<const std::byte> first_bytes,
                     const std::optional<diagnosis::finding>& found);

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

    /// Logs how many lines were left out for each peer in the seconds that are over. Called once a second, because the
    /// peer that floods the log may be the last one to be logged.
    void sum_up();

    /// Writes what waits still. Throws failure (file) where not every line could be written to standard output.
    void finish();

  private:
    void print(const boost::json::object& line);
    void warn_of_failed_output();
    template <class Text>
    void log_about(const call_name& which, spdlog::level::level_enum level, Text text);
    template <class Line>
    void print_about(const endpoint& peer, reported what, Line line);
    void sum_up_quotas(time_point now, bool at_end);

    mutable std::mutex using_; // of all that follows; held for a line, never for I/O
    console console_;
    std::optional<line_writer> out_; // unless nobody asked for JSON
    bool failed_output_told_ = false;
    report_quotas quotas_;
};

} // namespace audiosocket::app
