// SPDX-License-Identifier: Apache-2.0
#include "base/host_port.hpp"
#include "base/json_text.hpp"
#include "base/network_words.hpp"
#include "base/process_figures.hpp"
#include "check/client.hpp"
#include "check/report.hpp"
#include "log/console.hpp"
#include "verbs.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/json/array.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <charconv>
#include <cmath>
#include <fstream>
#include <iostream>
#include <memory>
#include <set>
#include <sstream>
#include <system_error>
#include <utility>

namespace audiosocket::app::check {
namespace {

constexpr const char* examples = R"(Examples:
  audiosocket check localhost:9092
      test the server there, in whatever language it is written
  audiosocket check --only framing,1-3 --strict localhost:9092
      one group and three more cases, by the strictest reading of the protocol
  audiosocket check --server-pid $(pidof my-server) --junit report.xml localhost:9092
      measure its memory, descriptors and processor time as well
  audiosocket check --client 0.0.0.0:9092
      wait for a call, and test the caller
  audiosocket check --list
      show the cases, and why each is there

A server that echoes can be tested best. A case that needs more is skipped, and says what it needs.
Exit codes: 0 no case failed, 1 a case failed, 2 wrong command line, 3 no connection, 4 file.)";

struct check_options {
    std::string server;
    std::string only;
    std::string junit;
    bool list = false;
    bool client = false;
    bool json = false;
    bool quiet = false;
    std::size_t jobs = 8;
    pid_t pid = 0;
    std::size_t calls_max = 0;
    double id_timeout_s = 0;
    double drain_timeout_s = 0;
    double soak_s = 3600;
    double duration_s = 3;
    double patience_s = 60;
    check::target target;
};

std::chrono::milliseconds from_seconds(double s) {
    return std::chrono::milliseconds(std::lround(s * 1000));
}

std::string lower_case(std::string text) {
    std::ranges::transform(text, text.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return text;
}

// Returns the range of "7" or "7-9"; nothing if the word is neither.
std::optional<std::pair<int, int>> parse_range(std::string_view word) {
    int first = 0;
    const char* const end = word.data() + word.size();
    auto [rest, error] = std::from_chars(word.data(), end, first);
    if (error != std::errc{}) return std::nullopt;
    int last = first;
    if (rest != end && *rest == '-') {
        const auto second = std::from_chars(rest + 1, end, last);
        if (second.ec != std::errc{}) return std::nullopt;
        rest = second.ptr;
    }
    return rest == end ? std::optional(std::pair(first, last)) : std::nullopt;
}

// Adds the cases of one word of --only: a number, a range, a group.
void add_named(const std::string& word, const std::vector<conformance_case>& all, std::set<int>& wanted) {
    const auto range = parse_range(word);
    const auto group = lower_case(word);
    bool found = false;
    for (const auto& c : all) {
        const bool named = range ? c.number >= range->first && c.number <= range->second
                                 : !group.empty() && lower_case(std::string(name(c.in))).starts_with(group);
        if (!named) continue;
        wanted.insert(c.number);
        found = true;
    }
    if (!found) throw wrong_value("--only", word, "no such case, range of cases, or group (see --list)");
}

std::vector<conformance_case> chosen_cases(const std::string& only) {
    auto all = all_cases();
    if (only.empty()) return all;
    std::set<int> wanted;
    std::istringstream words(only);
    for (std::string word; std::getline(words, word, ',');)
        add_named(word, all, wanted);
    std::erase_if(all, [&](const auto& c) { return !wanted.contains(c.number); });
    return all;
}

// Returns the first address that accepts a connection, and that connection.
std::pair<line::tcp::endpoint, line> find(const address& server) {
    boost::asio::io_context io;
    boost::system::error_code error;
    const auto found = line::tcp::resolver(io).resolve(server.host, std::to_string(server.port), error);
    if (error) throw failure(exit_code::network, "cannot find " + to_string(server) + ": " + error.message());
    int why = 0;
    for (const auto& one : found) {
        line attempt(one.endpoint());
        if (attempt.connected()) return {one.endpoint(), std::move(attempt)};
        why = attempt.connect_error();
    }
    throw failure(exit_code::network, "cannot connect to " + to_string(server) + ": " +
                                          network_words({why, boost::system::system_category()}));
}

target prepare(const check_options& o) {
    target t = o.target;
    if (o.pid != 0) t.pid = o.pid;
    if (o.calls_max != 0) {
        t.calls_max = o.calls_max;
        // Two calls are left for those that are still ending.
        t.load_calls = std::min(t.load_calls, std::max<std::size_t>(o.calls_max, 3) - 2);
    }
    if (o.id_timeout_s > 0) t.id_timeout = from_seconds(o.id_timeout_s);
    t.drain_timeout = from_seconds(o.drain_timeout_s);
    t.soak = std::chrono::duration_cast<std::chrono::seconds>(from_seconds(o.soak_s));
    return t;
}

std::string why_not() {
    return "cannot be written: " + std::generic_category().message(errno);
}

// Opened before the first case, so that a wrong path is reported at once and not hours later.
std::ofstream open_junit(const std::string& file) {
    std::ofstream out;
    if (!file.empty()) out.open(file);
    if (!out) throw wrong_value("--junit", file, why_not(), exit_code::file);
    return out;
}

exit_code conclude(const check_options& o, const target* t, const std::vector<case_result>& results,
                   std::ofstream& junit) {
    if (o.json)
        std::cout << app::to_text(to_json(o.server, t, results)) << '\n';
    else
        std::cout << '\n' << sum(results);
    if (junit.is_open()) junit << to_junit(o.server, results) << std::flush;
    if (!junit) throw wrong_value("--junit", o.junit, why_not(), exit_code::file);
    return any_failed(results) ? exit_code::findings : exit_code::good;
}

// Prints results as they come, each group below its name.
class printer {
  public:
    explicit printer(const check_options& o)
        : silent_(o.json), progress_(o.quiet || o.json ? console::verbosity::quiet : console::verbosity::normal) {}

    void operator()(const case_result& r, std::size_t left) {
        if (silent_) return;
        progress_.status("");
        if (last_ != r.of.in) std::cout << '\n' << name(r.of.in) << '\n';
        last_ = r.of.in;
        std::cout << to_text(r) << std::flush;
        if (left > 0) progress_.status(fmt::format("{} cases to come ...", left));
    }

  private:
    bool silent_;
    console progress_;
    std::optional<group> last_;
};

// A case has up to two calls in progress, and those of the case before may still be ending.
std::size_t jobs(const check_options& o) {
    constexpr std::size_t calls_of_a_case = 4;
    return o.calls_max == 0 ? o.jobs : std::clamp<std::size_t>(o.calls_max / calls_of_a_case, 1, o.jobs);
}

exit_code check_server(const check_options& o) {
    const auto cases = chosen_cases(o.only);
    std::ofstream junit = open_junit(o.junit);
    target t = prepare(o);
    auto [where, first] = find(parse_server_address(o.server));
    t.where = where;
    t.traits = probe(t, std::move(first));
    const machine_watch machine;
    t.machine = &machine;
    if (!o.json) std::cout << heading(o.server, t) << std::flush;
    printer print(o);
    const auto results = run(cases, t, jobs(o), [&](const case_result& r, std::size_t left) { print(r, left); });
    return conclude(o, &t, results, junit);
}

exit_code check_caller(const check_options& o) {
    client_options how;
    how.listen = parse_listen_address(o.server);
    how.strict = o.target.strict;
    how.duration = from_seconds(o.duration_s);
    std::ofstream junit = open_junit(o.junit);
    how.patience = std::chrono::duration_cast<std::chrono::seconds>(from_seconds(o.patience_s));
    const auto results = judge_caller(how, [](const line::tcp::endpoint& where) {
        std::cerr << "waiting for a call on " << host_port(where) << '\n';
    });
    printer print(o);
    for (const auto& r : results)
        print(r, 0);
    return conclude(o, nullptr, results, junit);
}

void print_list(const check_options& o) {
    const auto cases = o.client ? client_cases() : chosen_cases(o.only);
    if (o.json)
        std::cout << app::to_text(list_json(cases)) << '\n';
    else
        std::cout << list(cases);
}

exit_code run_check(const check_options& o) {
    if (o.list) return print_list(o), exit_code::good;
    return o.client ? check_caller(o) : check_server(o);
}

void add_server_facts(CLI::App& verb, check_options& o) {
    verb.add_option("--server-pid", o.pid, "The server's process: measure its memory, descriptors and processor time")
        ->check(process_id_mistake)
        ->type_name("PID");
    verb.add_option("--id-timeout", o.id_timeout_s,
                    "The server's deadline for the id (without it, cases wait up to 33 s)")
        ->check(CLI::Range(0.1, 3600.0))
        ->type_name("SECONDS");
    verb.add_option("--max-calls", o.calls_max, "The server's limit of calls; a case fills it")
        ->check(CLI::Range(1, 100'000))
        ->type_name("N");
    verb.add_flag("--stop", o.target.may_stop, "The server may be stopped: the last case sends SIGTERM")
        ->needs("--server-pid");
    verb.add_option("--drain-timeout", o.drain_timeout_s, "How long the server lets calls finish after SIGTERM")
        ->check(CLI::Range(1.0, 3600.0))
        ->type_name("SECONDS");
    verb.add_option("--hand-over", o.target.hand_over, "A command that starts a successor of the server")
        ->type_name("COMMAND");
}

} // namespace

void add_verb(CLI::App& command, exit_code& result) {
    auto options = std::make_shared<check_options>();
    auto& o = *options;
    auto* verb = command.add_subcommand("check", "Test an AudioSocket server, or a caller, case by case");
    verb->footer(examples);
    verb->add_option("server", o.server, "The server, as HOST:PORT; with --client, where to listen")
        ->type_name("HOST:PORT");
    auto* list = verb->add_flag("--list", o.list, "Show the cases, and why each is there");
    auto* only =
        verb->add_option("--only", o.only, "Run only these cases: numbers, ranges, names of groups")->type_name("LIST");
    verb->add_flag("--strict", o.target.strict, "Test by the strictest reading of the protocol");
    verb->add_flag("--long", o.target.long_cases, "Run also the cases that take minutes or thousands of connections");
    verb->add_option("--soak", o.soak_s, "How long the two endurance cases of --long take")
        ->capture_default_str()
        ->check(CLI::Range(4.0, 604'800.0))
        ->type_name("SECONDS");
    verb->add_option("--connections", o.target.connections, "Connections in the cases that open many")
        ->capture_default_str()
        ->check(CLI::Range(1, 1'000'000))
        ->type_name("N");
    verb->add_option("--load-calls", o.target.load_calls, "Calls in progress while jitter is measured")
        ->capture_default_str()
        ->check(CLI::Range(1, 10'000))
        ->type_name("N");
    verb->add_option("--jobs", o.jobs, "Cases that run at once, of those that mostly wait")
        ->capture_default_str()
        ->check(CLI::Range(1, 64))
        ->type_name("N");
    add_server_facts(*verb, o);
    auto* client = verb->add_flag("--client", o.client, "Test the caller instead of a server")->excludes(only);
    verb->add_option("--duration", o.duration_s, "With --client: how long to watch the caller")
        ->capture_default_str()
        ->check(CLI::Range(0.5, 3600.0))
        ->needs(client)
        ->type_name("SECONDS");
    verb->add_option("--patience", o.patience_s, "With --client: how long to wait for a call")
        ->capture_default_str()
        ->check(CLI::Range(1.0, 86'400.0))
        ->needs(client)
        ->type_name("SECONDS");
    auto* json = verb->add_flag("--json", o.json, "Print the report as JSON");
    verb->add_option("--junit", o.junit, "Write the report as a JUnit file, for CI systems")
        ->excludes(list)
        ->type_name("FILE");
    verb->add_flag("-q,--quiet", o.quiet, "No progress on the terminal")->excludes(json);
    verb->callback([options, &result] { result = run_check(*options); });
}

} // namespace audiosocket::app::check
