// SPDX-License-Identifier: Apache-2.0
#include "base/host_port.hpp"
#include "base/json_text.hpp"
#include "call/caller.hpp"
#include "verbs.hpp"

#include <audiosocket/audio/sound_reader.hpp>

#include <algorithm>
#include <cmath>
#include <iostream>
#include <memory>

namespace audiosocket::app::caller {
namespace {

constexpr const char* examples = R"(Examples:
  audiosocket call localhost:9092
      listen for ten seconds, as Asterisk would, and report
  audiosocket call bot.example:9092 --play question.wav --record answer.wav
      send a file, record what comes back, hang up two seconds after the file
  audiosocket call '[::1]:9092' --dtmf 12# --duration 8
      press keys, a second after the call begins
  audiosocket call localhost:9092 --as asterisk-22.7
      read and write as that release does, with its faults
  audiosocket call localhost:9092 --format ulaw --json
      as Dial(AudioSocket/...) without c(...) does: G.711 labelled slin

Exit codes: 0 good, 1 the server has a fault, or Asterisk (with --as: that release) would have
ended the call early, 2 wrong command line, 3 no connection, 4 file.)";

struct call_verb_options {
    std::string server;
    std::optional<std::string> id; // an empty id is a mistake, and does not mean a random id
    std::string play;
    std::string format = "slin";
    std::string as;
    bool dial = false;
    double duration_s = 0;
    double dtmf_after_s = 1;
    int ptime_ms = 20;
    bool json = false;
    caller_options caller;
};

void parse_id(const call_verb_options& o, caller_options& ready) {
    if (!o.id) {
        ready.id = uuid::random();
        return;
    }
    error_code error;
    ready.id = uuid::parse(*o.id, error);
    if (error) throw wrong_value("--id", *o.id, error.message());
}

std::string known_releases() {
    std::string all;
    for (const auto& r : asterisk::releases())
        all += (all.empty() ? "" : ", ") + std::string(r.version);
    return all;
}

caller_identity parse_identity(const call_verb_options& o) {
    caller_identity who;
    if (!o.as.empty()) {
        who.as = asterisk::find_release(o.as);
        if (!who.as) throw wrong_value("--as", o.as, "expected asterisk- with one of " + known_releases());
    }
    if (o.dial) who.through = asterisk::interface::channel;
    if (who.as && !o.dial && o.format != "slin" && o.format != "slin8")
        throw wrong_value("--format", o.format,
                          "the application AudioSocket() always sends slin; use --dial for other formats");
    return who;
}

caller_options prepare(const call_verb_options& o) {
    caller_options ready = o.caller;
    ready.server = parse_server_address(o.server);
    parse_id(o, ready);
    if (!std::ranges::all_of(ready.digits, is_dtmf_digit))
        throw wrong_value("--dtmf", ready.digits, "only the digits 0-9 * # A-D");
    ready.digits_after = std::chrono::milliseconds(std::lround(o.dtmf_after_s * 1000));
    if (o.duration_s > 0) ready.duration = std::chrono::milliseconds(std::lround(o.duration_s * 1000));

    ready.who = parse_identity(o);
    const auto format = parse_format(o.format);
    ready.connect.call.send_format = format;
    ready.connect.call.receive_rate_hz = format->rate_hz();
    ready.connect.call.ptime = std::chrono::milliseconds(o.ptime_ms);
    // The server answers in slin whatever it receives, so another format must not be guessed.
    ready.connect.call.input = input_format::slin;
    if (!o.play.empty()) {
        sound_reader sound(o.play, format->rate_hz());
        ready.play_notes = sound.notes();
        ready.play = clip::load(sound);
    }
    return ready;
}

exit_code run_call(const call_verb_options& o) {
    std::string recording_failure;
    const call_report report = place_call(prepare(o), recording_failure);
    if (o.json)
        std::cout << app::to_text(to_json(report)) << '\n';
    else
        std::cout << to_text(report);
    if (!recording_failure.empty()) throw failure(exit_code::file, recording_failure);
    return report.is_good() ? exit_code::good : exit_code::findings;
}

std::vector<std::string> format_names() {
    std::vector<std::string> names{"slin8", "ulaw", "alaw"};
    for (int rate : slin_rates_hz)
        names.emplace_back(name(*slin_kind(rate)));
    return names;
}

} // namespace

void add_verb(CLI::App& command, exit_code& result) {
    auto options = std::make_shared<call_verb_options>();
    auto& o = *options;
    auto* verb = command.add_subcommand("call", "Place a call, as Asterisk does, and report how the server behaved");
    verb->footer(examples);
    verb->add_option("server", o.server, "The server, as HOST:PORT (default port 9092)")
        ->required()
        ->type_name("HOST:PORT");
    verb->add_option("--id", o.id, "The call's UUID (default: random)")->type_name("UUID");
    verb->add_option("--play", o.play, "Send this sound file")->type_name("FILE");
    verb->add_option("--record", o.caller.record, "Record what is received; the suffix chooses the format")
        ->type_name("FILE");
    verb->add_option("--dtmf", o.caller.digits, "Press these keys")->type_name("DIGITS");
    verb->add_option("--dtmf-after", o.dtmf_after_s, "When to press the first key")
        ->capture_default_str()
        ->check(CLI::Range(0.0, 86'400.0))
        ->type_name("SECONDS");
    verb->add_option("--format", o.format, "What to send: slin, slin12 ... slin192, ulaw or alaw")
        ->capture_default_str()
        ->check(CLI::IsMember(format_names()).description(""))
        ->type_name("FORMAT");
    verb->add_option("--duration", o.duration_s, "Hang up after this time (default: 2 s after --play, or 10 s)")
        ->check(CLI::Range(0.02, 86'400.0))
        ->type_name("SECONDS");
    verb->add_option("--ptime", o.ptime_ms, "Milliseconds of audio in a message: 10, 20, 30, 40 or 60")
        ->capture_default_str()
        ->check(CLI::IsMember({10, 20, 30, 40, 60}).description(""))
        ->type_name("MS");
    verb->add_option("--as", o.as, "Read and write as this release of Asterisk: asterisk-" + known_releases())
        ->type_name("RELEASE");
    verb->add_flag("--dial", o.dial, "Act as Dial(AudioSocket/...) instead of the application AudioSocket()");
    verb->add_flag("--json", o.json, "Print the report as JSON");
    verb->add_flag("-q,--quiet", o.caller.quiet, "No progress on the terminal");
    verb->callback([options, &result] { result = run_call(*options); });
}

} // namespace audiosocket::app::caller
