#include "audiosocket/server_report.hpp"

#include "audiosocket/failure.hpp"
#include "audiosocket/json_text.hpp"
#include "audiosocket/statistics_json.hpp"

#include <fmt/format.h>

#include <unistd.h>

#include <system_error>

namespace audiosocket::app {
namespace {

namespace json = boost::json;

// Connections that never become calls are logged one by one up to this many a second, and counted beyond.
constexpr std::uint64_t early_ends_logged_per_second = 5;

double seconds(std::chrono::nanoseconds d) {
    return std::chrono::duration<double>(d).count();
}

std::string peer_text(const server_report::endpoint& peer) {
    return to_string(address{peer.address().to_string(), peer.port()});
}

std::string_view refusal_text(refusal why) {
    switch (why) {
    case refusal::network: return "outside of --allow";
    case refusal::full: return "over --max-calls";
    case refusal::host: return "over --max-calls-per-host";
    }
    return "";
}

std::string lost_line(std::uint64_t lines) {
    return to_text(json::object{{"event", "lost"}, {"lines", lines}}) + '\n';
}

} // namespace

server_report::server_report(console::verbosity how, bool json) : console_(how) {
    if (json) out_.emplace(STDOUT_FILENO, lost_line);
}

void server_report::listening(const endpoint& at) {
    const auto where = peer_text(at);
    console_.log().info("listening on {}", where);
    print({{"event", "listening"}, {"address", where}, {"port", at.port()}, {"pid", getpid()}});
}

void server_report::started(const call& c) {
    console_.log().info("call {} from {}", to_string(c.id()), peer_text(c.peer()));
    print({{"event", "started"}, {"id", to_string(c.id())}, {"peer", peer_text(c.peer())}});
}

void server_report::happened(const uuid& which, const event& e) {
    const auto id = to_string(which);
    if (const auto* digit = std::get_if<dtmf_event>(&e)) {
        console_.log().info("call {}: digit {}", id, digit->digit);
        print({{"event", "dtmf"}, {"id", id}, {"digit", std::string(1, digit->digit)}});
    } else if (const auto* played = std::get_if<played_event>(&e)) {
        console_.log().debug("call {}: played {:.1f} s", id, seconds(played->sent));
        print({{"event", "played"}, {"id", id}, {"sent_ms", played->sent.count()}});
    } else if (const auto* cut = std::get_if<cleared_event>(&e)) {
        console_.log().info("call {}: stopped by the key after {:.1f} s, {:.1f} s cut off", id, seconds(cut->sent),
                            seconds(cut->cut));
        print({{"event", "cleared"}, {"id", id}, {"sent_ms", cut->sent.count()}, {"cut_ms", cut->cut.count()}});
    }
}

void server_report::recording_stopped(const std::string& id, const std::string& why) {
    console_.log().error("call {}: recording stopped: {}", id, why);
}

void server_report::ended(const call& c, const ended_event& end, std::chrono::nanoseconds age) {
    const auto id = to_string(c.id());
    const auto& counted = c.statistics();
    auto text = fmt::format("call {}: {} after {:.1f} s ({}, {} frames heard, {} sent)", id, name(end.reason),
                            seconds(age), name(c.receive_format()), counted.frames_received, counted.frames_sent);
    if (end.error) text += ": " + end.error.message();
    console_.log().log(is_failure(end.reason) ? spdlog::level::warn : spdlog::level::info, text);
    print({{"event", "ended"},
           {"id", id},
           {"reason", name(end.reason)},
           {"error", end.error ? json::value(end.error.message()) : json::value()},
           {"seconds", rounded(seconds(age))},
           {"format", name(c.receive_format())},
           {"statistics", to_json(counted)}});
}

void server_report::ended_early(const endpoint& peer, const ended_event& why) {
    if (why.reason == end_reason::never_started && !why.error)
        return console_.log().debug("{} connected and closed without a call", peer_text(peer));
    if (why.error == std::errc::operation_canceled) return; // by us, who stop
    const auto now = clock::now();
    if (now - early_ends_second_ > std::chrono::seconds(1)) {
        sum_up_early_ends();
        early_ends_second_ = now;
    }
    if (++early_ends_in_second_ <= early_ends_logged_per_second)
        console_.log().warn("{}: no call: {}", peer_text(peer), why.error.message());
}

void server_report::sum_up_early_ends() {
    if (early_ends_in_second_ > early_ends_logged_per_second)
        console_.log().warn("{} more connections ended without a call",
                            early_ends_in_second_ - early_ends_logged_per_second);
    early_ends_in_second_ = 0;
}

void server_report::refused(const refusals& sum) {
    if (sum.total() == 1)
        console_.log().warn("{}: refused: {}", peer_text(sum.first_peer), refusal_text(sum.first_reason));
    else
        console_.log().warn("{} more connections refused ({}: {}, {}: {}, {}: {}), the first from {}", sum.total(),
                            refusal_text(refusal::network), sum.network, refusal_text(refusal::full), sum.full,
                            refusal_text(refusal::host), sum.host, peer_text(sum.first_peer));
    print({{"event", "refused"},
           {"network", sum.network},
           {"full", sum.full},
           {"host", sum.host},
           {"first_peer", peer_text(sum.first_peer)}});
}

void server_report::handing_over(const std::string& program) {
    console_.log().info("SIGUSR2: starting {} to take over", program);
    print({{"event", "handing_over"}, {"program", program}});
}

void server_report::hand_over_failed(const std::string& why) {
    console_.log().error("hand-over failed, and this process goes on: {}", why);
    print({{"event", "hand_over_failed"}, {"reason", why}});
}

void server_report::hand_over_ignored(const std::string& why) {
    console_.log().warn("SIGUSR2 is ignored: {}", why);
    print({{"event", "hand_over_ignored"}, {"reason", why}});
}

void server_report::manager_not_told(const std::error_code& error) {
    console_.log().warn("the service manager cannot be told (NOTIFY_SOCKET): {}", error.message());
}

void server_report::stopping(const std::string& why, std::size_t calls_up, std::chrono::milliseconds drain) {
    sum_up_early_ends();
    if (calls_up == 0)
        console_.log().info("stopping ({}); nobody up", why);
    else if (drain.count() > 0)
        console_.log().info("stopping ({}); {} up, for {:g} s at most", why, calls_up, seconds(drain));
    else
        console_.log().info("stopping ({}); hanging up {}", why, calls_up);
    print({{"event", "stopping"}, {"reason", why}, {"calls", calls_up}, {"drain_seconds", rounded(seconds(drain))}});
}

void server_report::print(const json::object& line) {
    if (!out_) return;
    out_->write(to_text(line) + '\n');
    warn_of_failed_output();
}

// Calls matter more than their report: the server goes on without it.
void server_report::warn_of_failed_output() {
    const int error = out_->error();
    if (error == 0 || std::exchange(failed_output_told_, true)) return;
    console_.log().warn("standard output cannot be written, events are printed no more: {}",
                        std::generic_category().message(error));
}

void server_report::finish() {
    if (!out_) return;
    out_->finish();
    if (const int error = out_->error(); error != 0)
        throw failure(exit_code::file, "standard output cannot be written: " + std::generic_category().message(error));
    if (const auto lines = out_->unwritten(); lines > 0)
        throw failure(exit_code::file,
                      fmt::format("standard output cannot be written: nobody read the last {} lines", lines));
}

} // namespace audiosocket::app
