// SPDX-License-Identifier: Apache-2.0
#include "base/file_limit.hpp"
#include "base/host_port.hpp"
#include "base/json_text.hpp"
#include "base/process_figures.hpp"
#include "bench/capacity_report.hpp"
#include "bench/congestion.hpp"
#include "bench/idle_connections.hpp"
#include "bench/plot.hpp"
#include "bench/report.hpp"
#include "log/console.hpp"
#include "verbs.hpp"

#include <audiosocket/call/event.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <fstream>
#include <iostream>
#include <map>
#include <memory>
#include <system_error>

namespace audiosocket::app::bench {
namespace {

constexpr const char* examples = R"(Examples:
  audiosocket bench localhost:9092
      a hundred calls for ten seconds, to a server that echoes
  audiosocket bench localhost:9092 --calls 1000 --server-pid $(pidof my-server)
      also the server's processor time for a frame, and its memory for a call
  audiosocket bench localhost:9092 --mode playback --calls 500 --json
      the server plays and does not echo: measure only its pacing
  audiosocket bench localhost:9092 --churn 100 --call-duration 0.5
      a hundred new short calls each second
  audiosocket bench localhost:9092 --calls 500 --caller-jitter 15
      audio that crossed a network: each frame is sent up to 15 ms late
  audiosocket bench localhost:9092 --find-capacity --server-pid $(pidof my-server)
      how many calls the server holds, and how many for each core

Exit codes: 0 every call held and every frame came back, 1 otherwise, 2 wrong command line,
3 no connection, 4 file.)";

struct bench_options {
    std::string server;
    std::string mode_name = "echo";
    std::size_t calls = 100;
    double duration_s = 0;
    double ramp_s = 0;
    double churn_rate = 0;
    double call_duration_s = 1;
    double caller_jitter_ms = 0;
    std::string congestion;
    std::size_t idle = 0;
    std::size_t shards = 1;
    pid_t server_pid = 0;
    bool find_capacity = false;
    double jitter_bound_ms = 5;
    std::string plot;
    bool json = false;
    bool quiet = false;
};

const std::map<std::string, mode> modes{{"echo", mode::echo}, {"playback", mode::playback}};

std::chrono::milliseconds from_seconds(double s) {
    return std::chrono::milliseconds(std::lround(s * 1000));
}

std::chrono::microseconds from_ms(double ms) {
    return std::chrono::microseconds(std::lround(ms * 1000));
}

// Our limit of open files, less those of epoll, the standard streams and reading the server's figures.
std::size_t connections_max() {
    constexpr std::size_t files_besides = 128;
    const std::size_t allowed = raise_file_limit();
    return allowed - std::min(allowed, files_besides);
}

void check_limits(const bench_options& o) {
    if (o.shards > o.calls)
        throw wrong_value("--shards", std::to_string(o.shards),
                          fmt::format("more threads than calls (--calls {})", o.calls));
    const std::size_t wanted = o.calls + o.idle;
    if (const auto allowed = connections_max(); wanted > allowed) {
        throw failure(exit_code::usage,
                      fmt::format("{} connections (--calls and --idle): the limit of open files allows "
                                  "{}; raise it first, for example with ulimit -n {}",
                                  wanted, allowed, wanted + 128));
    }
}

generator_options prepare(const bench_options& o) {
    const address where = parse_server_address(o.server);
    check_limits(o);
    if (!o.congestion.empty()) check_congestion(o.congestion);
    generator_options ready;
    ready.mode = modes.at(o.mode_name);
    ready.shards = o.shards;
    ready.caller_jitter = from_ms(o.caller_jitter_ms);
    if (o.churn_rate > 0) ready.churn = {o.churn_rate, from_seconds(o.call_duration_s)};
    if (o.server_pid != 0) ready.server_pid = o.server_pid;
    ready.server = find_server(where, o.congestion);
    return ready;
}

std::chrono::milliseconds duration(const bench_options& o) {
    constexpr double alone_s = 10;
    constexpr double step_of_search_s = 3;
    return from_seconds(o.duration_s > 0 ? o.duration_s : o.find_capacity ? step_of_search_s : alone_s);
}

std::string status_line(const generator::progress& p) {
    const auto ms = [](std::chrono::nanoseconds d) { return static_cast<double>(d.count()) / 1e6; };
    auto line = fmt::format("{} calls  {:.0f} frames/s", p.calls_up, p.frames_a_second);
    if (p.jitter_p99.count() > 0) line += fmt::format("  jitter p99 {:.2f} ms", ms(p.jitter_p99));
    if (p.round_trip_p99.count() > 0) line += fmt::format("  round trip p99 {:.1f} ms", ms(p.round_trip_p99));
    if (p.calls_lost > 0) line += fmt::format("  {} lost", p.calls_lost);
    return line + fmt::format("  {:.0f} s left", std::ceil(ms(p.left) / 1e3));
}

// Everything that a run needs, in order: signals are blocked before the first thread starts, and the server's memory is
// measured before the first connection.
class bench_run {
  public:
    explicit bench_run(const bench_options& o)
        : o_(o), plot_(open_plot(o.plot)), how_(prepare(o)),
          screen_(o.quiet ? console::verbosity::quiet : console::verbosity::normal),
          load_(how_, interrupted_, [this](const auto& p) { screen_.status(status_line(p)); }),
          idle_(how_.server, o.idle), what_{o.server,   how_.mode,          o.idle,      0, 0,
                                            how_.churn, how_.caller_jitter, o.congestion} {
        if (o.idle > 0) interrupted_.wait_until(clock::now() + accept_time);
        what_.idle_held = idle_.count() - idle_.closed_by_server();
        load_.idle_are_up();
    }

    exit_code measure() {
        const auto ramp = o_.ramp_s > 0 ? std::chrono::nanoseconds(from_seconds(o_.ramp_s)) : ramp_for(o_.calls);
        const auto measured = load_.measure({o_.calls, ramp, duration(o_)});
        what_.idle_closed = idle_.closed_by_server();
        end();
        std::cout << (o_.json ? app::to_text(to_json(what_, measured)) + '\n' : to_text(what_, measured));
        draw(&measured);
        return findings(what_, measured).empty() ? exit_code::good : exit_code::findings;
    }

    exit_code search() {
        bounds allowed;
        allowed.jitter_p99 = from_ms(o_.jitter_bound_ms);
        allowed.caller_jitter = how_.caller_jitter;
        allowed.calls_max = connections_max() - o_.idle;
        if (!o_.json) std::cout << capacity_heading(what_) << std::flush;
        const auto on_step = [this](const capacity::tried& one) {
            screen_.status("");
            if (!o_.json) std::cout << to_text(one) << std::flush;
        };
        const auto found = find_capacity(load_, how_.mode, o_.calls, duration(o_), allowed, interrupted_, on_step);
        end();
        std::cout << (o_.json ? app::to_text(to_json(what_, found)) + '\n' : to_text(found, allowed));
        draw(found.best());
        return found.calls > 0 ? exit_code::good : exit_code::findings;
    }

  private:
    // A connected socket may not be accepted yet: the server has this long to accept before its memory is measured.
    static constexpr std::chrono::milliseconds accept_time{300};

    static std::string why_not() { return "cannot be written: " + std::generic_category().message(errno); }

    // Opened before the measurement, so that a wrong path is reported at once and not minutes later.
    static std::ofstream open_plot(const std::string& file) {
        std::ofstream out;
        if (!file.empty()) out.open(file);
        if (!out) throw wrong_value("--plot", file, why_not(), exit_code::file);
        return out;
    }

    void draw(const measurement* m) {
        if (plot_.is_open() && m != nullptr) plot_ << draw_svg(what_, *m) << std::flush;
        if (!plot_) throw wrong_value("--plot", o_.plot, why_not(), exit_code::file);
    }

    void end() {
        load_.end_calls();
        screen_.status("");
    }

    const bench_options& o_;
    std::ofstream plot_;
    generator_options how_;
    interruption interrupted_;
    console screen_;
    generator load_;
    idle_connections idle_;
    subject what_;
};

} // namespace

void add_verb(CLI::App& command, exit_code& result) {
    auto options = std::make_shared<bench_options>();
    auto& o = *options;
    auto* verb = command.add_subcommand("bench", "Put load on a server, as Asterisk would, and measure it");
    verb->footer(examples);
    verb->add_option("server", o.server, "The server, as HOST:PORT (default port 9092)")
        ->required()
        ->type_name("HOST:PORT");
    verb->add_option("--mode", o.mode_name, "echo: the time a frame takes to come back; playback: only the pacing")
        ->capture_default_str()
        ->check(CLI::IsMember(&modes).description(""))
        ->type_name("MODE");
    verb->add_option("--calls", o.calls, "Calls at once")
        ->capture_default_str()
        ->check(CLI::Range(1, 100'000))
        ->type_name("N");
    verb->add_option("--duration", o.duration_s, "How long to measure (default 10 s, or 3 s for each step of a search)")
        ->check(CLI::Range(0.1, 86'400.0))
        ->type_name("SECONDS");
    auto* ramp =
        verb->add_option("--ramp", o.ramp_s, "Time in which the calls are placed (default: 500 calls a second)")
            ->check(CLI::Range(0.001, 3600.0))
            ->type_name("SECONDS");
    auto* churn = verb->add_option("--churn", o.churn_rate, "Place this many short calls each second")
                      ->check(CLI::Range(0.1, 10'000.0))
                      ->type_name("RATE");
    verb->add_option("--call-duration", o.call_duration_s, "With --churn: how long a call lasts")
        ->capture_default_str()
        ->check(CLI::Range(0.1, 3600.0))
        ->needs(churn)
        ->type_name("SECONDS");
    auto* search = verb->add_flag("--find-capacity", o.find_capacity,
                                  "Find the most calls that the server holds, starting at --calls")
                       ->excludes(churn)
                       ->excludes(ramp);
    verb->add_option("--jitter-bound", o.jitter_bound_ms,
                     "With --find-capacity: highest p99 of the jitter that is allowed")
        ->capture_default_str()
        ->check(CLI::Range(0.1, 1000.0))
        ->needs(search)
        ->type_name("MS");
    verb->add_option("--caller-jitter", o.caller_jitter_ms, "Send each frame up to this much late")
        ->capture_default_str()
        ->check(CLI::Range(0.0, static_cast<double>(caller_jitter_max.count())))
        ->type_name("MS");
    verb->add_option("--congestion", o.congestion, "TCP congestion control of the callers: reno, cubic, bbr ...")
        ->type_name("NAME");
    verb->add_option("--idle", o.idle, "Open this many more connections that send nothing, to see what they cost")
        ->check(CLI::Range(1, 100'000))
        ->type_name("N");
    verb->add_option("--shards", o.shards, "Threads that make the load; each makes about a thousand calls")
        ->capture_default_str()
        ->check(CLI::Range(1, 64))
        ->type_name("N");
    verb->add_option("--server-pid", o.server_pid, "The server's process: measure its processor time and memory")
        ->check(process_id_mistake)
        ->type_name("PID");
    verb->add_option("--plot", o.plot, "Draw the distributions into this file, as SVG")->type_name("FILE");
    auto* json = verb->add_flag("--json", o.json, "Print the report as JSON");
    verb->add_flag("-q,--quiet", o.quiet, "No progress on the terminal")->excludes(json);
    verb->callback([options, &result] {
        bench_run run(*options);
        result = options->find_capacity ? run.search() : run.measure();
    });
}

} // namespace audiosocket::app::bench
