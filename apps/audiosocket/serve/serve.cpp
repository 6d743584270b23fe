#include "base/file_limit.hpp"
#include "base/host_port.hpp"
#include "base/printable.hpp"
#include "daemon/daemon.hpp"
#include "serve/served_call.hpp"
#include "service/held_signals.hpp"
#include "settings/settings.hpp"
#include "verbs.hpp"

#include <unistd.h>

#include <audiosocket/audio/sound_reader.hpp>
#include <audiosocket/server/shards.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <iostream>
#include <map>
#include <memory>
#include <optional>

namespace audiosocket::app::serve {
namespace {

constexpr const char* examples = R"(Examples:
  audiosocket serve --play welcome.wav
      play a file to each caller, then silence until he hangs up
  audiosocket serve --play goodbye.flac --then-hangup
      the dialplan goes on when the file has been played
  audiosocket serve --play menu.wav --barge-in any --json
      any key stops the file, within a frame; each key is an event
  audiosocket serve --listen 127.0.0.1:9092 --echo --record calls/
      echo, and record each call as a two-channel WAV file (caller left)
  audiosocket serve --tone 440 --input-format ulaw
      for Dial(AudioSocket/...) without c(...): the caller is G.711 mu-law
  audiosocket serve --config server.toml --max-calls 200
      settings from a file; what the command line says goes first
  audiosocket serve --echo --admin 127.0.0.1:9093
      and a page that shows the calls; /metrics and /healthz are there as well

In Asterisk:  same => n,AudioSocket(${UUID()},server.example:9092)
SIGTERM answers no more calls and lets those that are up go on (--drain-timeout); SIGINT (Ctrl-C),
or a second signal, hangs them up; one more ends the program at once. SIGUSR2 starts this program
anew, which takes over the port; calls that are up stay here, as after SIGTERM. SIGHUP reads the
settings again.
Exit codes: 0 stopped by a signal or --exit-after, 2 wrong command line, 3 cannot listen, 4 file.)";

struct serve_options {
    std::string listen = "0.0.0.0:9092";
    // Nothing said between the quotes is a mistake, not a wish for nothing.
    std::optional<std::string> play;
    std::optional<std::string> record;
    std::optional<std::string> barge_in;
    std::optional<std::string> admin;
    std::optional<std::string> admin_token_file;
    std::string input = "auto";
    std::vector<std::string> allow;
    std::string log_format = "text";
    double tone_hz = 0;
    double id_timeout_s = 5;
    double drain_timeout_s = std::chrono::duration<double>(daemon_options{}.drain_timeout).count();
    call_plan plan;
    daemon_options server;
};

constexpr std::size_t files_per_call = 2;  // its socket, and a recording
constexpr std::size_t files_per_shard = 3; // of Asio's reactor
constexpr std::size_t files_besides = 120; // the admin address, and those that the listener keeps for us

std::size_t files_wanted(const daemon_options& o) {
    return o.listener.calls_max * (o.record.empty() ? 1 : files_per_call) + o.listener.handshakes_max +
           o.shards * files_per_shard + files_besides;
}

// Settings that are good, and yet not what is meant.
std::vector<std::string> remarks_on(const daemon_options& o, const settings& said) {
    auto all = said.remarks();
    if (file_limit_max() < files_wanted(o))
        all.push_back(fmt::format("so many calls (--max-calls {}) want {} open files, and the system allows {}: some "
                                  "will be refused; raise it (ulimit -Hn, LimitNOFILE=), or set --max-calls lower",
                                  o.listener.calls_max, files_wanted(o), file_limit_max()));
    return all;
}

const std::map<std::string, input_format> input_formats{{"auto", input_format::automatic},
                                                        {"slin", input_format::slin},
                                                        {"ulaw", input_format::ulaw},
                                                        {"alaw", input_format::alaw}};

constexpr const char* all_digits = "0123456789*#ABCD";

// The keys that stop what is being played.
std::string barge_in_keys(const serve_options& o) {
    if (!o.barge_in) return {};
    if (!o.play && o.tone_hz == 0 && !o.plan.echo)
        throw failure(exit_code::usage, "there is nothing to stop without --play, --tone or --echo");
    if (*o.barge_in == "any") return all_digits;
    if (o.barge_in->empty() || !std::ranges::all_of(*o.barge_in, is_dtmf_digit))
        throw failure(exit_code::usage, "\"" + *o.barge_in + "\": only the digits 0-9 * # A-D, or any");
    return *o.barge_in;
}

std::vector<network> allowed_networks(const std::vector<std::string>& texts) {
    if (texts.size() > listener_options::networks_max)
        throw failure(exit_code::usage, fmt::format("{} networks; at most {}, so write larger ones", texts.size(),
                                                    listener_options::networks_max));
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

// At its own rate, which is converted where a call has another; so a wideband caller gets wideband.
clip load_at_own_rate(const std::string& file) {
    // Whoever opens a pipe waits for its writer; and what came out of it is not there when the file is read again.
    std::error_code missing;
    if (std::filesystem::is_other(file, missing))
        throw failure(exit_code::file, file + ": is not a file; it has to be one, for it is read again on SIGHUP");
    const int rate_hz = sound_reader(file).file_rate_hz();
    return clip::load(file, rate_hz);
}

// Whether a folder can be made there, which is tried with one of another name: permissions do not tell of all file
// systems.
void check_could_be_made(const std::string& folder) {
    std::error_code missing;
    auto parent = std::filesystem::absolute(folder);
    while (parent.has_relative_path() && !std::filesystem::exists(parent, missing))
        parent = parent.parent_path();
    std::string other = (parent / ".audiosocket-XXXXXX").string();
    if (mkdtemp(other.data()) == nullptr)
        throw failure(exit_code::file, folder + ": cannot be made: " + std::strerror(errno));
    rmdir(other.c_str());
}

// Whether recordings may go there; unless we only look, it is made if it is not there.
void check_folder(const std::string& folder, bool only_look) {
    std::error_code error;
    if (!only_look) std::filesystem::create_directories(folder, error);
    if (only_look && !std::filesystem::exists(folder, error)) return check_could_be_made(folder);
    if (error || !std::filesystem::is_directory(folder) || access(folder.c_str(), W_OK | X_OK) != 0)
        throw failure(exit_code::file, folder + ": cannot write there: " +
                                           (error ? error.message() : std::string(std::strerror(errno))));
}

// Checks what can be checked before the first call comes, and loads what is to be played.
daemon_options prepare(const serve_options& o, settings& said) {
    daemon_options ready = o.server;
    call_plan plan = o.plan;
    said.attempt("--listen", [&] { ready.listen = parse_listen_address(o.listen); });
    said.attempt("--allow", [&] { ready.listener.allow = allowed_networks(o.allow); });
    said.attempt("--admin-token-file", [&] {
        if (o.admin_token_file) ready.admin.token = admin::read_token(*o.admin_token_file);
    });
    said.attempt("--admin", [&] {
        if (o.admin) ready.admin.listen = admin::read_address(*o.admin, o.admin_token_file.has_value());
    });
    ready.listener.call.input = input_formats.at(o.input);
    ready.listener.call.id_timeout = std::chrono::milliseconds(std::lround(o.id_timeout_s * 1000));
    ready.listener.call.live = o.plan.echo;
    ready.listener.files_reserved = files_reserved;
    said.attempt("--barge-in", [&] { plan.barge_in = barge_in_keys(o); });
    ready.drain_timeout = std::chrono::milliseconds(std::lround(o.drain_timeout_s * 1000));
    ready.json_log = o.log_format == "json";
    if (o.tone_hz > 0) plan.tone = o.tone_hz;
    if (o.play) said.attempt("--play", [&] { plan.play = load_at_own_rate(*o.play); });
    if (o.record)
        said.attempt("--record", [&] {
            check_folder(*o.record, said.check_only());
            ready.record = *o.record;
        });
    ready.calls = [plan](std::shared_ptr<live_call> live, event_handler on_event) {
        std::make_shared<served_call>(std::move(live), plan, std::move(on_event))->start();
    };
    ready.settings = said.values();
    said.throw_if_wrong();
    ready.remarks = remarks_on(ready, said);
    return ready;
}

// One reading of the command line, the environment and the file.
struct serve_reading {
    explicit serve_reading(CLI::App& command);

    daemon_options result() {
        const daemon_options ready = prepare(options, said);
        raise_file_limit(files_wanted(ready)); // callers beyond the limit are refused
        return ready;
    }

    CLI::App& verb;
    settings said;
    serve_options options;
};

// For SIGHUP: what the file says now.
daemon_options read_again(const std::vector<const char*>& arguments) {
    CLI::App command{"", "audiosocket"};
    serve_reading again(command);
    command.parse(static_cast<int>(arguments.size()), arguments.data());
    return again.result();
}

void check_config(serve_reading& reading) {
    try {
        for (const auto& remark : prepare(reading.options, reading.said).remarks)
            std::cerr << "audiosocket: " << remark << '\n';
    } catch (const failure& e) {
        throw failure(exit_code::usage, e.what());
    }
    const auto& file = reading.said.file();
    std::cout << (file.empty() ? "the settings" : printable(file.string())) << ": good\n";
}

void serve(serve_reading& reading, const std::vector<const char*>& arguments) {
    if (reading.said.check_only()) return check_config(reading);
    if (reading.said.print_only()) {
        reading.said.throw_if_wrong();
        std::cout << reading.said.as_toml();
        return;
    }
    hold_signals_back(); // run_daemon() lets them in
    run_daemon(reading.result(), [arguments] { return read_again(arguments); });
}

serve_reading::serve_reading(CLI::App& command)
    : verb(*command.add_subcommand("serve", "Answer AudioSocket calls")), said(verb) {
    auto& o = options;
    verb.footer(examples);
    verb.add_option("--listen", o.listen, "Where to listen, as HOST:PORT; port 0 takes a free one")
        ->capture_default_str()
        ->type_name("HOST:PORT");
    auto* play =
        said.reloadable(verb.add_option("--play", o.play, "Play this sound file to each caller"))->type_name("FILE");
    auto* loop = said.reloadable(verb.add_flag("--loop", o.plan.loop, "Play it over and over"))->needs(play);
    said.reloadable(verb.add_flag("--then-hangup", o.plan.then_hangup, "Hang up when it has been played"))
        ->needs(play)
        ->excludes(loop);
    auto* tone = said.reloadable(verb.add_option("--tone", o.tone_hz, "Play a tone of this frequency"))
                     ->type_name("HZ")
                     ->check(CLI::Range(1.0, 20'000.0))
                     ->excludes(play);
    auto* echo = said.reloadable(verb.add_flag("--echo", o.plan.echo,
                                               "Send back what is received (after --play, if both are given)"))
                     ->excludes(tone)
                     ->excludes(loop);
    said.reloadable(verb.add_flag("--requests", o.plan.requests, "Do what the ids of audiosocket check ask for"))
        ->needs(echo)
        ->excludes(play);
    said.reloadable(verb.add_option("--barge-in", o.barge_in, "Keys that stop what is being played, as 12# or any"))
        ->type_name("DIGITS");
    said.reloadable(verb.add_option("--record", o.record, "Record each call into this folder: caller left, us right"))
        ->type_name("DIR");
    said.reloadable(
            verb.add_option("--input-format", o.input, "What audio labelled slin really is: auto, slin, ulaw or alaw"))
        ->capture_default_str()
        ->check(CLI::IsMember(&input_formats).description(""))
        ->type_name("FORMAT");
    said.reloadable(verb.add_option("--id-timeout", o.id_timeout_s, "How long a connection may take to send its id"))
        ->capture_default_str()
        ->check(CLI::Range(0.1, 3600.0))
        ->type_name("SECONDS");
    said.reloadable(verb.add_option("--max-calls", o.server.listener.calls_max, "Calls at once; more are refused"))
        ->capture_default_str()
        ->check(CLI::Range(1, 1'000'000))
        ->type_name("N");
    said.reloadable(
            verb.add_option("--max-calls-per-host", o.server.listener.calls_per_host_max,
                            "Calls at once from one IP address, connections without an id included; 0: no limit"))
        ->capture_default_str()
        ->check(CLI::Range(0, 1'000'000))
        ->type_name("N");
    said.reloadable(verb.add_option("--allow", o.allow,
                                    "Answer only these IP addresses, as 10.0.0.0/8; may be given repeatedly"))
        ->take_all()
        ->type_name("CIDR");
    said.reloadable(verb.add_option("--max-handshakes", o.server.listener.handshakes_max,
                                    "Connections that have not sent their id yet; the oldest gives way to a new one"))
        ->capture_default_str()
        ->check(CLI::Range(1, 1'000'000))
        ->type_name("N");
    verb.add_option("--shards", o.server.shards, "Threads that the calls are spread over; one a core is enough")
        ->capture_default_str()
        ->check(CLI::Range(std::size_t{1}, shards::count_max))
        ->type_name("N");
    verb.add_option("--exit-after", o.server.exit_after, "Stop, as SIGTERM does, when this many calls have ended")
        ->check(CLI::Range(1, 1'000'000'000))
        ->type_name("N");
    said.reloadable(verb.add_option("--drain-timeout", o.drain_timeout_s,
                                    "How long calls may go on after SIGTERM; 0 hangs up at once"))
        ->capture_default_str()
        ->check(CLI::Range(0.0, 86'400.0))
        ->type_name("SECONDS");
    auto* admin =
        verb.add_option("--admin", o.admin, "Show metrics, health and the calls by HTTP here: try 127.0.0.1:9093")
            ->type_name("HOST:PORT");
    verb.add_option("--admin-token-file", o.admin_token_file,
                    "File with the token that the admin address asks for; others than this machine need one")
        ->needs(admin)
        ->type_name("FILE");
    verb.add_flag("--json", o.server.json, "Events as JSON lines on standard output");
    said.reloadable(
            verb.add_option("--log-format", o.log_format, "How the log looks: text for people, or json, a line each"))
        ->capture_default_str()
        ->check(CLI::IsMember({"text", "json"}).description(""))
        ->type_name("FORMAT");
    auto* quiet = said.reloadable(verb.add_flag("-q,--quiet", o.server.quiet, "Warnings only"));
    said.reloadable(verb.add_flag("-v,--verbose", o.server.verbose, "Every event"))->excludes(quiet);
}

} // namespace

void add_verb(CLI::App& command, exit_code& result, std::vector<const char*> arguments) {
    auto reading = std::make_shared<serve_reading>(command);
    reading->verb.callback([reading, &result, arguments = std::move(arguments)] {
        serve(*reading, arguments);
        result = exit_code::good;
    });
}

} // namespace audiosocket::app::serve
