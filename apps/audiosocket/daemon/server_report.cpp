// SPDX-License-Identifier: Apache-2.0
#include "daemon/server_report.hpp"

#include "base/failure.hpp"
#include "base/host_port.hpp"
#include "base/json_text.hpp"
#include "base/printable.hpp"
#include "base/statistics_json.hpp"
#include "daemon/report_wording.hpp"

#include <boost/json/value_from.hpp>

#include <fmt/format.h>

#include <unistd.h>

#include <sstream>
#include <system_error>

namespace audiosocket::app {
namespace {

namespace json = boost::json;

using spdlog::level::level_enum;

double seconds(std::chrono::nanoseconds d) {
    return std::chrono::duration<double>(d).count();
}

std::string lost_line(std::uint64_t lines) {
    return to_text(json::object{{"event", "lost"}, {"lines", lines}}) + '\n';
}

} // namespace

server_report::server_report(const options& how) : console_(how.how, how.json_log), quotas_(how.calls_max) {
    if (how.json) out_.emplace(STDOUT_FILENO, lost_line);
}

void server_report::change_log(const options& how) {
    const std::lock_guard lock(using_);
    console_.change_log(how.how, how.json_log);
}

// Logs a line about a call if the quota of its peer allows it. The text is made only then.
template <class Text>
void server_report::log_about(const call_name& which, level_enum level, Text text) {
    const auto now = clock::now();
    sum_up_quotas(now, false);
    if (!console_.log().should_log(level) || !quotas_.allows(reported::call_lines, which.peer.address(), now)) return;
    console_.log(level, text(), {{"call", which.id}, {"peer", host_port(which.peer)}});
}

template <class Line>
void server_report::print_about(const endpoint& peer, reported what, Line line) {
    if (out_ && quotas_.allows(what, peer.address(), clock::now())) print(line());
}

void server_report::listening(const endpoint& at) {
    const std::lock_guard lock(using_);
    const auto where = host_port(at);
    console_.log(level_enum::info, fmt::format("listening on {} (process {})", where, getpid()),
                 {{"address", where}, {"pid", getpid()}});
    print({{"event", "listening"}, {"address", where}, {"port", at.port()}, {"pid", getpid()}});
}

void server_report::notes(const std::vector<std::string>& all) {
    const std::lock_guard lock(using_);
    for (const auto& one : all)
        console_.log().info("{}", one);
}

void server_report::remarks(const std::vector<std::string>& all) {
    const std::lock_guard lock(using_);
    for (const auto& one : all)
        console_.log().warn("{}", one);
}

void server_report::admin_listening(const endpoint& at) {
    const std::lock_guard lock(using_);
    const auto where = host_port(at);
    console_.log().info("admin address http://{}/", where);
    print({{"event", "admin"}, {"address", where}, {"port", at.port()}});
}

void server_report::agent_listening(const endpoint& at) {
    const std::lock_guard lock(using_);
    const auto where = host_port(at);
    console_.log().info("agent-check on {}", where);
    print({{"event", "agent_check"}, {"address", where}, {"port", at.port()}});
}

void server_report::admin_failed(const char* why) {
    const std::lock_guard lock(using_);
    console_.log().error("admin address: a request could not be answered: {}", why);
}

// At most once a call, and clients with the token may hang up all calls anyway; so there is no quota.
void server_report::hung_up_by(const endpoint& who, const uuid& id, std::size_t calls) {
    const std::lock_guard lock(using_);
    const auto by = host_port(who);
    const auto which = calls == 1 ? "call " + to_string(id) : fmt::format("{} calls {}", calls, to_string(id));
    console_.log(level_enum::info, fmt::format("{}: hung up by {} (at the admin address)", which, by),
                 {{"call", to_string(id)}, {"by", by}});
}

void server_report::inherited_in_vain(const std::string& name) {
    const std::lock_guard lock(using_);
    console_.log().warn("a socket named {} was inherited, but there is no --{}; it is closed", name, name);
}

void server_report::wrong_token(const endpoint& who) {
    const std::lock_guard lock(using_);
    const auto now = clock::now();
    sum_up_quotas(now, false);
    const auto peer = host_port(who);
    if (quotas_.allows(reported::wrong_tokens, who.address(), now))
        console_.log(level_enum::warn, peer + ": wrong token at the admin address", {{"peer", peer}});
}

void server_report::started(const call& c) {
    const std::lock_guard lock(using_);
    const call_name which{to_string(c.id()), c.peer()};
    log_about(which, level_enum::info, [&] { return fmt::format("call {} from {}", which.id, host_port(which.peer)); });
    print_about(which.peer, reported::call_events, [&] {
        return json::object{{"event", "started"}, {"id", which.id}, {"peer", host_port(which.peer)}};
    });
}

void server_report::happened(const call& c, const event& e) {
    const std::lock_guard lock(using_);
    const call_name which{to_string(c.id()), c.peer()};
    const auto& id = which.id;
    if (const auto* digit = std::get_if<dtmf_event>(&e)) {
        log_about(which, level_enum::info, [&] { return fmt::format("call {}: digit {}", id, digit->digit); });
        print_about(which.peer, reported::key_events, [&] {
            return json::object{{"event", "dtmf"}, {"id", id}, {"digit", std::string(1, digit->digit)}};
        });
    } else if (const auto* played = std::get_if<played_event>(&e)) {
        log_about(which, level_enum::debug,
                  [&] { return fmt::format("call {}: played {:.1f} s", id, seconds(played->sent)); });
        print_about(which.peer, reported::key_events, [&] {
            return json::object{{"event", "played"}, {"id", id}, {"sent_ms", played->sent.count()}};
        });
    } else if (const auto* cut = std::get_if<cleared_event>(&e)) {
        log_about(which, level_enum::info, [&] {
            return fmt::format("call {}: stopped by the key after {:.1f} s, {:.1f} s cut off", id, seconds(cut->sent),
                               seconds(cut->cut));
        });
        print_about(which.peer, reported::key_events, [&] {
            return json::object{
                {"event", "cleared"}, {"id", id}, {"sent_ms", cut->sent.count()}, {"cut_ms", cut->cut.count()}};
        });
    }
}

void server_report::noted(const call& c, const call_note& note) {
    const std::lock_guard lock(using_);
    const call_name which{to_string(c.id()), c.peer()};
    const auto level = note.how == call_note::weight::warning  ? level_enum::warn
                       : note.how == call_note::weight::detail ? level_enum::debug
                                                               : level_enum::info;
    log_about(which, level, [&] { return fmt::format("call {}: {}", which.id, note.text); });
    print_about(which.peer, reported::key_events, [&] {
        json::object line{{"event", note.name}, {"id", which.id}};
        for (const auto& member : note.details)
            line.emplace(member.key(), member.value());
        return line;
    });
}

void server_report::recording_failed(const call_name& which, const std::string& why) {
    const std::lock_guard lock(using_);
    log_about(which, level_enum::err, [&] { return fmt::format("call {}: recording failed: {}", which.id, why); });
    print_about(which.peer, reported::call_events, [&] {
        return json::object{{"event", "recording_failed"}, {"id", which.id}, {"reason", printable(why)}};
    });
}

void server_report::recording_dropped(const call_name& which, std::chrono::nanoseconds dropped) {
    const std::lock_guard lock(using_);
    log_about(which, level_enum::warn, [&] {
        return fmt::format(
            "call {}: the recording lacks {:.1f} s of sound: it arrived too fast, or the disk was too slow", which.id,
            seconds(dropped));
    });
    print_about(which.peer, reported::call_events, [&] {
        return json::object{{"event", "recording_dropped"}, {"id", which.id}, {"seconds", rounded(seconds(dropped))}};
    });
}

void server_report::recordings_overflow(std::uint64_t bytes, std::size_t bytes_max) {
    const std::lock_guard lock(using_);
    console_.log().warn(
        "recordings lack {} more bytes of sound, because {} already wait for the disk (--record-memory)", bytes,
        bytes_max);
    print({{"event", "recordings_overflow"}, {"bytes", bytes}, {"bytes_max", bytes_max}});
}

void server_report::ended(const call& c, const ended_event& end, std::chrono::nanoseconds age) {
    const std::lock_guard lock(using_);
    const call_name which{to_string(c.id()), c.peer()};
    const auto& counted = c.statistics();
    log_about(which, is_failure(end.reason) ? level_enum::warn : level_enum::info, [&] {
        auto text =
            fmt::format("call {}: {} after {:.1f} s ({}, {} frames received, {} sent)", which.id, name(end.reason),
                        seconds(age), name(c.receive_format()), counted.frames_received, counted.frames_sent);
        return end.error ? text + ": " + end.error.message() : text;
    });
    print_about(which.peer, reported::call_events, [&] {
        return json::object{{"event", "ended"},
                            {"id", which.id},
                            {"reason", name(end.reason)},
                            {"error", end.error ? json::value(end.error.message()) : json::value()},
                            {"seconds", rounded(seconds(age))},
                            {"format", name(c.receive_format())},
                            {"statistics", to_json(counted)}};
    });
}

void server_report::found(const call_name& which, const diagnosis::finding& f) {
    const std::lock_guard lock(using_);
    const bool is_fault = f.weight == diagnosis::severity::finding;
    log_about(which, is_fault ? level_enum::warn : level_enum::info,
              [&] { return fmt::format("call {}: {}", which.id, to_text(f)); });
    print_about(which.peer, reported::call_events, [&] {
        return json::object{{"event", "finding"}, {"id", which.id}, {"code", name(f.code)},
                            {"fault", is_fault},  {"text", f.text}, {"advice", f.advice}};
    });
}

void server_report::ended_early(const endpoint& peer, const ended_event& why, std::span<const std::byte> first_bytes,
                                const std::optional<diagnosis::finding>& found) {
    const std::lock_guard lock(using_);
    if (why.error == std::errc::operation_canceled) return; // by this process, which stops
    const bool harmless = why.reason == end_reason::never_started && !why.error && !found;
    const auto level = harmless ? level_enum::debug : level_enum::warn;
    const auto now = clock::now();
    sum_up_quotas(now, false);
    if (!console_.log().should_log(level) || !quotas_.allows(reported::early_ends, peer.address(), now)) return;
    const auto who = host_port(peer);
    console_.log(level, who + no_call_text(why, first_bytes, found), {{"peer", who}});
}

void server_report::sum_up() {
    const std::lock_guard lock(using_);
    if (const auto failures = take_memory_failures(); failures > 0) {
        reserve_.lend([&] {
            console_.log().error(
                "no memory, {} times within a second: calls are refused or end early. Lower --max-calls, or "
                "raise the limit (ulimit -v, MemoryMax=)",
                failures);
        });
    }
    sum_up_quotas(clock::now(), false);
}

void server_report::sum_up_quotas(time_point now, bool at_end) {
    for (const auto& [what, who, count] : quotas_.take_left_out(now, at_end)) {
        const auto peer = who ? who->to_string() : "many peers";
        console_.log(level_enum::warn, fmt::format("{}: {} more {} within a second", peer, count, words_for(what)),
                     {{"peer", peer}, {"left_out", count}});
        if (is_event(what)) print({{"event", "left_out"}, {"peer", peer}, {"events", count}});
    }
}

void server_report::reloaded(const settings_changes& changes) {
    const std::lock_guard lock(using_);
    console_.log().info("settings read again: {}", to_text(changes));
    if (!changes.need_restart.empty())
        console_.log().warn("a change of {} needs a restart", joined(changes.need_restart));
    print({{"event", "reloaded"},
           {"changed", json::value_from(changes.taken)},
           {"need_restart", json::value_from(changes.need_restart)}});
}

void server_report::reload_failed(const std::string& mistakes) {
    const std::lock_guard lock(using_);
    json::array lines;
    std::istringstream in(mistakes);
    for (std::string line; std::getline(in, line);) {
        console_.log().error("{}", line);
        lines.emplace_back(line);
    }
    console_.log().error("the settings are unchanged");
    print({{"event", "reload_failed"}, {"mistakes", std::move(lines)}});
}

void server_report::refused(const refusals& sum) {
    const std::lock_guard lock(using_);
    const auto first = host_port(sum.first_peer);
    json::object fields{{"network", sum.network}, {"full", sum.full},       {"host", sum.host},
                        {"files", sum.files},     {"options", sum.options}, {"proxy_header", sum.proxy_header}};
    json::object event{{"event", "refused"}};
    event.insert(fields.begin(), fields.end());
    event["first_peer"] = first;
    fields["peer"] = first;
    if (sum.total() == 1) {
        console_.log(level_enum::warn, fmt::format("{}: refused: {}", first, refusal_cause(sum)), {{"peer", first}});
    } else {
        console_.log(
            level_enum::warn,
            fmt::format("{} more connections refused ({}), the first from {}", sum.total(), refusal_counts(sum), first),
            fields);
    }
    print(event);
}

void server_report::handing_over(const std::string& executable) {
    const std::lock_guard lock(using_);
    console_.log().info("SIGUSR2: starting {} to take over", executable);
    print({{"event", "handing_over"}, {"executable", executable}});
}

void server_report::hand_over_failed(const std::string& why) {
    const std::lock_guard lock(using_);
    console_.log().error("hand-over failed, and this process goes on: {}", why);
    print({{"event", "hand_over_failed"}, {"reason", why}});
}

void server_report::hand_over_ignored(const std::string& why) {
    const std::lock_guard lock(using_);
    console_.log().warn("SIGUSR2 is ignored: {}", why);
    print({{"event", "hand_over_ignored"}, {"reason", why}});
}

void server_report::reload_ignored(const std::string& why) {
    const std::lock_guard lock(using_);
    console_.log().warn("SIGHUP is ignored: {}", why);
    print({{"event", "reload_ignored"}, {"reason", why}});
}

void server_report::manager_unreachable(const std::error_code& error) {
    const std::lock_guard lock(using_);
    console_.log().warn("cannot notify the service manager (NOTIFY_SOCKET): {}", error.message());
}

void server_report::announcing_drain(const std::string& why, std::chrono::milliseconds notice) {
    const std::lock_guard lock(using_);
    console_.log().info("{}: balancers and other nodes are asked to send no more calls; calls are accepted for "
                        "{:g} s more (--drain-notice)",
                        why, seconds(notice));
    print({{"event", "announcing_drain"}, {"reason", why}, {"seconds", rounded(seconds(notice))}});
}

void server_report::stopping(const std::string& why, std::size_t calls_up, std::chrono::milliseconds drain) {
    const std::lock_guard lock(using_);
    sum_up_quotas(clock::now(), true);
    if (calls_up == 0)
        console_.log().info("stopping ({}); no calls in progress", why);
    else if (drain.count() > 0)
        console_.log().info("stopping ({}); {} calls in progress may go on for {:g} s", why, calls_up, seconds(drain));
    else
        console_.log().info("stopping ({}); hanging up {} calls", why, calls_up);
    print({{"event", "stopping"}, {"reason", why}, {"calls", calls_up}, {"drain_seconds", rounded(seconds(drain))}});
}

void server_report::print(const json::object& line) {
    if (!out_) return;
    out_->write(to_text(line) + '\n');
    warn_of_failed_output();
}

// Calls matter more than events, so the server goes on.
void server_report::warn_of_failed_output() {
    const int error = out_->error();
    if (error == 0 || std::exchange(output_failure_reported_, true)) return;
    console_.log().warn("standard output cannot be written, so no more events are printed: {}",
                        std::generic_category().message(error));
}

bool server_report::interactive() const {
    return console_.interactive();
}

bool server_report::terminal_is_gone() const {
    return console_.terminal_is_gone();
}

void server_report::status(const std::string& line) {
    const std::lock_guard lock(using_);
    console_.status(line);
}

void server_report::finish() {
    const std::lock_guard lock(using_);
    sum_up_quotas(clock::now(), true);
    if (!out_) return;
    out_->finish();
    const int error = out_->error();
    if (error == EPIPE) return warn_of_failed_output(); // the reader has what it wanted, as with "| head"
    if (error != 0)
        throw failure(exit_code::file, "standard output cannot be written: " + std::generic_category().message(error));
    if (const auto lines = out_->unwritten(); lines > 0)
        throw failure(exit_code::file,
                      fmt::format("standard output cannot be written: the last {} lines were not read", lines));
}

} // namespace audiosocket::app
