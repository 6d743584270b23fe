// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "daemon/memory_watch.hpp"
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

/// Names a call in reports, also after it has ended.
struct call_name {
    std::string id;
    boost::asio::ip::tcp::endpoint peer;
};

/// Reports what happens to a server: the log for people and, if asked for, JSON lines on standard output. Never waits
/// for the readers of either (line_writer). The lines and events that one peer can cause in a second are limited
/// (report_quotas); further ones are counted, and the count is reported.
///
/// Safe from any thread.
class server_report {
  public:
    using endpoint = boost::asio::ip::tcp::endpoint;

    struct options {
        console::verbosity how = console::verbosity::normal;
        bool json = false;           ///< Events on standard output.
        bool json_log = false;       ///< The log as JSON.
        std::size_t calls_max = 800; ///< Value of --max-calls.
    };

    explicit server_report(const options& how);

    /// Changes how much is logged, and how; `json` and `calls_max` keep their values.
    void change_log(const options& how);

    /// Returns whether a status line would be seen.
    bool interactive() const;
    /// Returns whether there was a terminal that has been closed.
    bool terminal_is_gone() const;
    /// Draws the status line.
    void status(const std::string& line);

    void listening(const endpoint& at);
    void notes(const std::vector<std::string>& all);
    void remarks(const std::vector<std::string>& all);
    void admin_listening(const endpoint& at);
    void agent_listening(const endpoint& at);
    void announcing_drain(const std::string& why, std::chrono::milliseconds notice);
    void admin_failed(const char* why);

    /// Reports calls of this id that a client hangs up through the admin address.
    void hung_up_by(const endpoint& who, const uuid& id, std::size_t calls);

    /// Reports a request to the admin address with a wrong token.
    void wrong_token(const endpoint& who);

    /// Reports an inherited socket of this name that the settings do not use.
    void inherited_in_vain(const std::string& name);

    void started(const call& c);

    /// Reports a digit, a mark or a clear.
    void happened(const call& c, const event& e);

    /// Reports another event of a call.
    void noted(const call& c, const call_note& note);

    /// Reports that a call is not recorded, or no longer.
    void recording_failed(const call_name& which, const std::string& why);

    /// Reports how much sound a complete recording lacks.
    void recording_dropped(const call_name& which, std::chrono::nanoseconds dropped);

    /// Reports sound that was left out since the last report, because `bytes_max` already wait for the disk.
    void recordings_overflow(std::uint64_t bytes, std::size_t bytes_max);

    /// Reports which settings have changed.
    void reloaded(const settings_changes& changes);

    /// Reports that the new settings are wrong: a line for each mistake.
    void reload_failed(const std::string& mistakes);

    /// Reports that the settings are not read again.
    void reload_ignored(const std::string& why);

    /// Reports that a call has ended, `age` after its start.
    void ended(const call& c, const ended_event& end, std::chrono::nanoseconds age);

    /// Reports a fault in what the caller sends.
    void found(const call_name& which, const diagnosis::finding& f);

    /// Reports a connection that never became a call. `found` is the diagnosis of its first bytes, if any.
    void ended_early(const endpoint& peer, const ended_event& why, std::span<const std::byte> first_bytes,
                     const std::optional<diagnosis::finding>& found);

    /// Reports connections that were reset because of a limit.
    void refused(const refusals& sum);

    /// Report that a successor is being started, that it failed and this process goes on, or that the request is
    /// ignored.
    void handing_over(const std::string& executable);
    void hand_over_failed(const std::string& why);
    void hand_over_ignored(const std::string& why);

    /// Reports that the service manager cannot be notified.
    void manager_unreachable(const std::error_code& error);

    /// Reports that no more calls are accepted. Calls in progress may go on for `drain`; if that is zero, they are hung
    /// up now.
    void stopping(const std::string& why, std::size_t calls_up, std::chrono::milliseconds drain);

    /// Logs how many lines were left out for each peer in past seconds. Called once a second, because no later line of
    /// that peer may trigger it.
    void sum_up();

    /// Writes all waiting lines. Throws failure (file) if not every line could be written to standard output. A reader
    /// that has closed it is not an error.
    void finish();

  private:
    void print(const boost::json::object& line);
    void warn_of_failed_output();
    template <class Text>
    void log_about(const call_name& which, spdlog::level::level_enum level, Text text);
    template <class Line>
    void print_about(const endpoint& peer, reported what, Line line);
    void sum_up_quotas(time_point now, bool at_end);

    mutable std::mutex using_; // guards the members below; held for a line, never during I/O
    console console_;
    std::optional<line_writer> out_; // empty without --json
    bool output_failure_reported_ = false;
    report_quotas quotas_;
    memory_reserve reserve_;
};

} // namespace audiosocket::app
