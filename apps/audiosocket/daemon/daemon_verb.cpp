// SPDX-License-Identifier: Apache-2.0
#include "daemon/daemon_verb.hpp"

#include "admin/admin_options.hpp"
#include "base/file_limit.hpp"
#include "base/host_port.hpp"
#include "base/printable.hpp"
#include "daemon/file_budget.hpp"
#include "daemon/recording_folder.hpp"
#include "daemon/run_daemon.hpp"
#include "directory/cluster_node.hpp"
#include "service/held_signals.hpp"

#include <audiosocket/server/shards.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iostream>
#include <map>
#include <stdexcept>
#include <utility>

namespace audiosocket::app {
namespace {

const std::map<std::string, input_format> input_formats{
    {"auto", input_format::automatic}, {"slin", input_format::slin},     {"ulaw", input_format::ulaw},
    {"alaw", input_format::alaw},      {"slin12", input_format::slin12}, {"slin16", input_format::slin16},
    {"slin24", input_format::slin24},  {"slin32", input_format::slin32}, {"slin44", input_format::slin44},
    {"slin48", input_format::slin48},  {"slin96", input_format::slin96}, {"slin192", input_format::slin192}};

// Warnings about settings that are valid.
std::vector<std::string> remarks_on(const daemon_options& o, const settings& said) {
    auto all = said.remarks();
    const file_budget files(o);
    if (const auto wanted = files.wanted(o.listener.calls_max); file_limit_max() < wanted) {
        all.push_back(
            fmt::format("--max-calls {} needs {} open files, {} for each call, and the system allows {}: "
                        "more than {} calls will be refused; raise the limit (ulimit -Hn, LimitNOFILE=), or set "
                        "--max-calls lower",
                        o.listener.calls_max, wanted, files.per_call(), file_limit_max(),
                        std::min(o.listener.calls_max, files.calls_within(file_limit_max()))));
    }
    return all;
}

std::vector<network> networks_in(const std::vector<std::string>& texts) {
    if (texts.size() > listener_options::networks_max)
        throw failure(exit_code::usage,
                      fmt::format("{} networks, but at most {} are possible: combine them into larger networks",
                                  texts.size(), listener_options::networks_max));
    std::vector<network> all;
    for (const auto& text : texts) {
        try {
            all.push_back(network::parse(text));
        } catch (const std::invalid_argument& e) {
            throw failure(exit_code::usage, e.what());
        }
    }
    return all;
}

// Otherwise all audio would be dropped.
void check_rates(const call_options& o) {
    const auto input = format_of(o.input);
    if (input && input->rate_hz() > o.rate_max_hz)
        throw failure(exit_code::usage, fmt::format("{} Hz is less than the rate of --input-format {}; raise it to {}",
                                                    o.rate_max_hz, name(*input), input->rate_hz()));
}

// Reads the settings again, for SIGHUP.
daemon_options read_again(const daemon_verb_maker& make, const std::vector<const char*>& arguments) {
    CLI::App command{"", "audiosocket"};
    const auto again = make(command);
    command.parse(static_cast<int>(arguments.size()), arguments.data());
    return again->prepare();
}

exit_code run(daemon_verb& verb, const std::function<daemon_options()>& read_settings_again) {
    if (verb.only_looks()) return exit_code::good;
    if (const auto done = verb.run_instead()) return *done;
    hold_signals_back(); // run_daemon() releases them
    run_daemon(verb.prepare(), read_settings_again);
    return exit_code::good;
}

} // namespace

daemon_verb::daemon_verb(CLI::App& command, const std::string& name, const std::string& description)
    : verb_(*command.add_subcommand(name, description)), said_(verb_) {}

void daemon_verb::add_daemon_options() {
    verb_.add_option("--listen", listen_, "Where to listen, as HOST:PORT; port 0 means any free port")
        ->capture_default_str()
        ->type_name("HOST:PORT");
    said_
        .reloadable(
            verb_.add_option("--record", record_, "Record each call into this folder: caller left, played audio right"))
        ->type_name("DIR");
    verb_
        .add_option("--record-memory", record_memory_mib_,
                    "MiB of sound that may wait for the disk, in all recordings; more is left out")
        ->capture_default_str()
        ->check(CLI::Range(1, 1'000'000))
        ->type_name("N");
    said_
        .reloadable(verb_.add_option("--input-format", input_,
                                     "Real format of audio labelled slin: auto, ulaw, alaw, or slin ... slin192"))
        ->capture_default_str()
        ->check(CLI::IsMember(&input_formats).description(""))
        ->type_name("FORMAT");
    said_.reloadable(verb_.add_option("--id-timeout", id_timeout_s_, "How long a connection may take to send its id"))
        ->capture_default_str()
        ->check(CLI::Range(0.1, 3600.0))
        ->type_name("SECONDS");
    said_
        .reloadable(verb_.add_option("--idle-timeout", idle_timeout_s_,
                                     "End a call if nothing has arrived for this long; 0: never"))
        ->capture_default_str()
        ->check(CLI::Range(0.0, 86'400.0))
        ->type_name("SECONDS");
    said_
        .reloadable(verb_.add_option("--max-rate", options_.listener.call.rate_max_hz,
                                     "Highest rate of audio that is accepted and sent; higher rates are dropped"))
        ->capture_default_str()
        ->check(CLI::IsMember({8000, 12'000, 16'000, 24'000, 32'000, 44'100, 48'000, 96'000, 192'000}))
        ->type_name("HZ");
    said_
        .reloadable(verb_.add_option("--max-calls", options_.listener.calls_max,
                                     "Most calls at once; further calls are refused"))
        ->capture_default_str()
        ->check(CLI::Range(1, 1'000'000))
        ->type_name("N");
    said_
        .reloadable(
            verb_.add_option("--max-calls-per-host", options_.listener.calls_per_host_max,
                             "Most calls at once from one IP address, connections without an id included; 0: no limit"))
        ->capture_default_str()
        ->check(CLI::Range(0, 1'000'000))
        ->type_name("N");
    said_
        .reloadable(verb_.add_option("--allow", allow_,
                                     "Answer only these IP addresses, such as 10.0.0.0/8; may be given repeatedly"))
        ->take_all()
        ->type_name("CIDR");
    said_
        .reloadable(verb_.add_option("--proxy-protocol", proxies_,
                                     "Load balancers that send a PROXY header, such as 10.0.0.5; may be repeated"))
        ->take_all()
        ->delimiter(',')
        ->type_name("CIDR");
    said_
        .reloadable(verb_.add_option(
            "--max-handshakes", options_.listener.handshakes_max,
            "Most connections without an id; a further one replaces the oldest of the host with the most"))
        ->capture_default_str()
        ->check(CLI::Range(1, 1'000'000))
        ->type_name("N");
    verb_
        .add_option("--shards", options_.shards, "Threads that the calls are spread over; one for each core is enough")
        ->capture_default_str()
        ->check(CLI::Range(std::size_t{1}, shards::count_max))
        ->type_name("N");
    verb_.add_option("--exit-after", options_.exit_after, "Stop, as on SIGTERM, when this many calls have ended")
        ->check(CLI::Range(1, 1'000'000'000))
        ->type_name("N");
    said_
        .reloadable(verb_.add_option("--drain-timeout", drain_timeout_s_,
                                     "How long calls may go on after SIGTERM; 0 hangs up at once"))
        ->capture_default_str()
        ->check(CLI::Range(0.0, 86'400.0))
        ->type_name("SECONDS");
    verb_
        .add_option("--agent-check", agent_check_,
                    "Answer HAProxy's agent-check here: weight by free calls, drain before a stop")
        ->type_name("HOST:PORT");
    said_
        .reloadable(verb_.add_option("--drain-notice", drain_notice_s_,
                                     "How long calls are accepted after SIGTERM, with --agent-check or --directory"))
        ->capture_default_str()
        ->check(CLI::Range(0.0, 3600.0))
        ->type_name("SECONDS");
    auto* admin =
        verb_
            .add_option("--admin", admin_, "Show the live page, metrics and health over HTTP here: try 127.0.0.1:9093")
            ->type_name("HOST:PORT");
    verb_
        .add_option("--admin-token-file", admin_token_file_,
                    "File with the token for the admin address; required unless that is a loopback address")
        ->needs(admin)
        ->type_name("FILE");
    directory_.add(verb_, said_);
    verb_.add_flag("--json", options_.json, "Print events as JSON lines on standard output");
    said_
        .reloadable(verb_.add_option("--log-format", log_format_,
                                     "Format of the log: text for people, or json (an object on each line)"))
        ->capture_default_str()
        ->check(CLI::IsMember({"text", "json"}).description(""))
        ->type_name("FORMAT");
    auto* quiet = said_.reloadable(verb_.add_flag("-q,--quiet", options_.quiet, "Log warnings only"));
    said_.reloadable(verb_.add_flag("-v,--verbose", options_.verbose, "Log every event"))->excludes(quiet);
}

daemon_options daemon_verb::prepare() {
    daemon_options ready = options_;
    said_.attempt("--listen", [&] { ready.listen = parse_listen_address(listen_); });
    said_.attempt("--allow", [&] { ready.listener.allow = networks_in(allow_); });
    said_.attempt("--proxy-protocol", [&] { ready.listener.proxies = networks_in(proxies_); });
    said_.attempt("--agent-check", [&] {
        if (agent_check_) ready.agent_check = parse_listen_address_with_port(*agent_check_);
    });
    ready.drain_notice = std::chrono::milliseconds(std::lround(drain_notice_s_ * 1000));
    said_.attempt("--admin-token-file", [&] {
        if (!admin_token_file_) return;
        ready.admin.token = admin::read_token(*admin_token_file_);
        ready.remarks = admin::token_remarks(*admin_token_file_, ready.admin.token);
    });
    said_.attempt("--admin", [&] {
        if (admin_) ready.admin.listen = admin::read_address(*admin_, admin_token_file_.has_value());
    });
    ready.listener.call.input = input_formats.at(input_);
    ready.listener.call.id_timeout = std::chrono::milliseconds(std::lround(id_timeout_s_ * 1000));
    ready.listener.call.idle_timeout = std::chrono::milliseconds(std::lround(idle_timeout_s_ * 1000));
    said_.attempt("--max-rate", [&] { check_rates(ready.listener.call); });
    ready.drain_timeout = std::chrono::milliseconds(std::lround(drain_timeout_s_ * 1000));
    ready.json_log = log_format_ == "json";
    ready.record_memory_bytes = record_memory_mib_ << 20;
    directory_.complete(said_, ready);
    // Printed settings have the default also without a cluster.
    said_.attempt("--drain-notice", [&] {
        if (ready.drain_notice != daemon_options{}.drain_notice && !agent_check_ && !ready.cluster->is_shared())
            throw failure(exit_code::usage, "only together with --agent-check or --directory");
    });
    complete(ready);
    if (record_) {
        said_.attempt("--record", [&] {
            check_recording_folder(*record_, said_.check_only());
            ready.record = *record_;
        });
    }
    ready.settings = said_.values();
    said_.throw_if_wrong();
    const auto more = remarks_on(ready, said_);
    ready.remarks.insert(ready.remarks.end(), more.begin(), more.end());
    const file_budget files(ready);
    ready.listener.files_reserved = files.reserved();
    if (!said_.check_only()) raise_file_limit(files.wanted(ready.listener.calls_max));
    if (files.per_call() > 1)
        ready.listener.calls_max = std::min(ready.listener.calls_max, files.calls_within(file_limit()));
    return ready;
}

bool daemon_verb::only_looks() {
    if (said_.check_only()) {
        try {
            for (const auto& remark : prepare().remarks)
                std::cerr << "audiosocket: " << remark << '\n';
        } catch (const failure& e) {
            throw failure(exit_code::usage, e.what());
        }
        const auto& file = said_.file();
        std::cout << (file.empty() ? "the settings" : printable(file.string())) << ": good\n";
        return true;
    }
    if (said_.print_only()) {
        said_.throw_if_wrong();
        std::cout << said_.as_toml();
        return true;
    }
    return false;
}

void add_daemon_verb(CLI::App& command, exit_code& result, std::vector<const char*> arguments, daemon_verb_maker make) {
    const std::shared_ptr<daemon_verb> reading = make(command);
    reading->verb().callback([reading, &result, make = std::move(make), arguments = std::move(arguments)] {
        result = run(*reading, [make, arguments] { return read_again(make, arguments); });
    });
}

} // namespace audiosocket::app
