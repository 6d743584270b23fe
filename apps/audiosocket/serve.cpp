#include "audiosocket/server.hpp"
#include "audiosocket/verbs.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <audiosocket/audio/sound_reader.hpp>
#include <audiosocket/server/shards.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>

namespace audiosocket::app {
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

In Asterisk:  same => n,AudioSocket(${UUID()},server.example:9092)
SIGTERM answers no more calls and lets those that are up go on (--drain-timeout); SIGINT (Ctrl-C),
or a second signal, hangs them up; one more ends the program at once. SIGUSR2 starts this program
anew, which takes over the port; calls that are up stay here, as after SIGTERM.
Exit codes: 0 stopped by a signal or --exit-after, 2 wrong command line, 3 cannot listen, 4 file.)";

struct serve_options {
    std::string listen = "0.0.0.0:9092";
    std::string play;
    std::string record;
    std::string input = "auto";
    std::vector<std::string> allow;
    std::optional<std::string> barge_in; // no keys are a mistake, not a wish for none
    double tone_hz = 0;
    double id_timeout_s = 5;
    double drain_timeout_s = std::chrono::duration<double>(server_options{}.drain_timeout).count();
    server_options server;
};

// Files that a call needs besides its socket: a recording.
constexpr rlim_t files_per_call = 2;
constexpr rlim_t files_per_shard = 3; // of Asio's reactor
constexpr rlim_t files_besides = 50;

// Callers beyond the limit of open files would wait unanswered: raise ours as far as the system allows.
void raise_file_limit(const server_options& o) {
    rlimit limit{};
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
    const rlim_t wanted =
        o.listener.calls_max * files_per_call + o.listener.handshakes_max + o.shards * files_per_shard + files_besides;
    if (limit.rlim_cur >= wanted) return;
    limit.rlim_cur = std::min(wanted, limit.rlim_max);
    setrlimit(RLIMIT_NOFILE, &limit);
}

const std::map<std::string, input_format> input_formats{{"auto", input_format::automatic},
                                                        {"slin", input_format::slin},
                                                        {"ulaw", input_format::ulaw},
                                                        {"alaw", input_format::alaw}};

constexpr const char* all_digits = "0123456789*#ABCD";

// The keys that stop what is being played.
std::string barge_in_keys(const serve_options& o) {
    if (!o.barge_in) return {};
    if (o.play.empty() && o.tone_hz == 0 && !o.server.plan.echo)
        throw failure(exit_code::usage, "--barge-in: there is nothing to stop without --play, --tone or --echo");
    if (*o.barge_in == "any") return all_digits;
    if (o.barge_in->empty() || !std::ranges::all_of(*o.barge_in, is_dtmf_digit))
        throw failure(exit_code::usage, "--barge-in " + *o.barge_in + ": only the digits 0-9 * # A-D, or any");
    return *o.barge_in;
}

std::vector<network> allowed_networks(const std::vector<std::string>& texts) {
    if (texts.size() > listener_options::networks_max)
        throw failure(exit_code::usage, fmt::format("--allow: {} networks; at most {}, so write larger ones",
                                                    texts.size(), listener_options::networks_max));
    std::vector<network> all;
    for (const auto& text : texts) {
        try {
            all.push_back(network::parse(text));
        } catch (const std::invalid_argument& e) {
            throw failure(exit_code::usage, std::string("--allow ") + e.what());
        }
    }
    return all;
}

// Checks what can be checked before the first call comes, and loads what is to be played.
server_options prepare(const serve_options& o) {
    server_options ready = o.server;
    const auto where = parse_address(o.listen);
    if (!where) throw failure(exit_code::usage, "--listen " + o.listen + ": expected HOST:PORT or [IPV6]:PORT");
    ready.listen = *where;
    ready.listener.allow = allowed_networks(o.allow);
    ready.listener.call.input = input_formats.at(o.input);
    ready.listener.call.id_timeout = std::chrono::milliseconds(std::lround(o.id_timeout_s * 1000));
    ready.listener.call.live = o.server.plan.echo;
    ready.plan.barge_in = barge_in_keys(o);
    ready.drain_timeout = std::chrono::milliseconds(std::lround(o.drain_timeout_s * 1000));
    if (o.tone_hz > 0) ready.plan.tone = o.tone_hz;
    if (!o.play.empty()) {
        // At its own rate, which is converted where a call has another; so a wideband caller gets wideband.
        const int rate_hz = sound_reader(o.play).file_rate_hz();
        ready.plan.play = clip::load(o.play, rate_hz);
    }
    if (!o.record.empty()) {
        std::error_code error;
        std::filesystem::create_directories(o.record, error);
        if (error || access(o.record.c_str(), W_OK | X_OK) != 0)
            throw failure(exit_code::file, "--record " + o.record + ": cannot write there: " +
                                               (error ? error.message() : std::string(std::strerror(errno))));
        ready.record = o.record;
    }
    return ready;
}

} // namespace

void add_serve(CLI::App& command, exit_code& result) {
    auto options = std::make_shared<serve_options>();
    auto& o = *options;
    auto* verb = command.add_subcommand("serve", "Answer AudioSocket calls");
    verb->footer(examples);
    verb->add_option("--listen", o.listen, "Where to listen, as HOST:PORT; port 0 takes a free one")
        ->capture_default_str()
        ->type_name("HOST:PORT");
    auto* play = verb->add_option("--play", o.play, "Play this sound file to each caller")->type_name("FILE");
    auto* loop = verb->add_flag("--loop", o.server.plan.loop, "Play it over and over")->needs(play);
    verb->add_flag("--then-hangup", o.server.plan.then_hangup, "Hang up when it has been played")
        ->needs(play)
        ->excludes(loop);
    auto* tone = verb->add_option("--tone", o.tone_hz, "Play a tone of this frequency")
                     ->type_name("HZ")
                     ->check(CLI::Range(1.0, 20'000.0))
                     ->excludes(play);
    auto* echo =
        verb->add_flag("--echo", o.server.plan.echo, "Send back what is heard (after --play, if both are given)")
            ->excludes(tone)
            ->excludes(loop);
    verb->add_flag("--requests", o.server.plan.requests, "Do what the ids of audiosocket check ask for")
        ->needs(echo)
        ->excludes(play);
    verb->add_option("--barge-in", o.barge_in, "Keys that stop what is being played, as 12# or any")
        ->type_name("DIGITS");
    verb->add_option("--record", o.record, "Record each call into this folder: caller left, us right")
        ->type_name("DIR");
    verb->add_option("--input-format", o.input, "What audio labelled slin really is: auto, slin, ulaw or alaw")
        ->capture_default_str()
        ->check(CLI::IsMember(&input_formats).description(""))
        ->type_name("FORMAT");
    verb->add_option("--id-timeout", o.id_timeout_s, "How long a connection may take to say its id")
        ->capture_default_str()
        ->check(CLI::Range(0.1, 3600.0))
        ->type_name("SECONDS");
    verb->add_option("--max-calls", o.server.listener.calls_max, "Calls at once; more are refused")
        ->capture_default_str()
        ->check(CLI::Range(1, 1'000'000))
        ->type_name("N");
    verb->add_option("--max-calls-per-host", o.server.listener.calls_per_host_max,
                     "Calls at once from one IP address, connections without an id included; 0: no limit")
        ->capture_default_str()
        ->check(CLI::Range(0, 1'000'000))
        ->type_name("N");
    verb->add_option("--allow", o.allow, "Answer only these IP addresses, as 10.0.0.0/8; may be given repeatedly")
        ->take_all()
        ->type_name("CIDR");
    verb->add_option("--max-handshakes", o.server.listener.handshakes_max,
                     "Connections that have not said their id yet; the oldest gives way to a new one")
        ->capture_default_str()
        ->check(CLI::Range(1, 1'000'000))
        ->type_name("N");
    verb->add_option("--shards", o.server.shards, "Threads that the calls are spread over; one a core is enough")
        ->capture_default_str()
        ->check(CLI::Range(std::size_t{1}, shards::count_max))
        ->type_name("N");
    verb->add_option("--exit-after", o.server.exit_after, "Stop, as SIGTERM does, when this many calls have ended")
        ->check(CLI::Range(1, 1'000'000'000))
        ->type_name("N");
    verb->add_option("--drain-timeout", o.drain_timeout_s, "How long calls may go on after SIGTERM; 0 hangs up at once")
        ->capture_default_str()
        ->check(CLI::Range(0.0, 86'400.0))
        ->type_name("SECONDS");
    verb->add_flag("--json", o.server.json, "Events as JSON lines on standard output");
    auto* quiet = verb->add_flag("-q,--quiet", o.server.quiet, "Warnings only");
    verb->add_flag("-v,--verbose", o.server.verbose, "Every event")->excludes(quiet);
    verb->callback([options, &result] {
        const server_options ready = prepare(*options);
        raise_file_limit(ready);
        run_server(ready);
        result = exit_code::good;
    });
}

} // namespace audiosocket::app
