// SPDX-License-Identifier: Apache-2.0
#include "daemon/daemon_verb.hpp"
#include "daemon/sound_option.hpp"
#include "serve/served_call.hpp"
#include "verbs.hpp"

#include <audiosocket/protocol/message.hpp>

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace audiosocket::app::serve {
namespace {

constexpr const char* examples = R"(Examples:
  audiosocket serve --play welcome.wav
      play a file to each caller, then silence until the caller hangs up
  audiosocket serve --play goodbye.flac --then-hangup
      the dialplan goes on when the file has been played
  audiosocket serve --play menu.wav --barge-in any --json
      any key stops the file within a frame; each key is an event
  audiosocket serve --listen 127.0.0.1:9092 --echo --record calls/
      echo, and record each call as a two-channel WAV file (caller left)
  audiosocket serve --tone 440 --input-format ulaw
      for Dial(AudioSocket/...) without c(...): the caller is G.711 mu-law
  audiosocket serve --config server.toml --max-calls 200
      settings from a file; the command line overrides them
  audiosocket serve --echo --admin 127.0.0.1:9093
      and show the calls on a live page; /metrics and /healthz are there as well

In Asterisk:  same => n,AudioSocket(${UUID()},server.example:9092)
SIGTERM accepts no more calls and lets those in progress end by themselves (--drain-timeout). SIGINT
(Ctrl-C), or a second signal, hangs them up; one more ends the process at once. SIGUSR2 starts a
successor, which takes over the port; calls in progress stay here, as after SIGTERM. SIGHUP reads
the settings again.
Exit codes: 0 stopped by a signal or --exit-after, 2 wrong command line, 3 cannot listen, 4 file.)";

constexpr const char* all_digits = "0123456789*#ABCD";

class serve_verb final : public daemon_verb {
  public:
    explicit serve_verb(CLI::App& command);

  private:
    void complete(daemon_options& options) override;
    std::string barge_in_keys() const;

    // Optional, because an empty value that was given is a mistake.
    std::optional<std::string> play_;
    std::optional<std::string> barge_in_;
    double tone_hz_ = 0;
    call_plan plan_;
};

serve_verb::serve_verb(CLI::App& command) : daemon_verb(command, "serve", "Answer AudioSocket calls") {
    verb().footer(examples);
    auto* play =
        said().reloadable(verb().add_option("--play", play_, "Play this sound file to each caller"))->type_name("FILE");
    auto* loop = said().reloadable(verb().add_flag("--loop", plan_.loop, "Play the file over and over"))->needs(play);
    said()
        .reloadable(verb().add_flag("--then-hangup", plan_.then_hangup, "Hang up when the file has been played"))
        ->needs(play)
        ->excludes(loop);
    auto* tone = said()
                     .reloadable(verb().add_option("--tone", tone_hz_, "Play a tone of this frequency"))
                     ->type_name("HZ")
                     ->check(CLI::Range(1.0, 20'000.0))
                     ->excludes(play);
    auto* echo = said()
                     .reloadable(verb().add_flag("--echo", plan_.echo,
                                                 "Send back what is received (after --play, if both are given)"))
                     ->excludes(tone)
                     ->excludes(loop);
    said()
        .reloadable(verb().add_flag("--requests", plan_.requests, "Do what the ids of audiosocket check ask for"))
        ->needs(echo)
        ->excludes(play);
    said()
        .reloadable(
            verb().add_option("--barge-in", barge_in_, "Keys that stop what is being played, such as 12#, or any"))
        ->type_name("DIGITS");
    add_daemon_options();
}

// Returns the keys that stop what is being played.
std::string serve_verb::barge_in_keys() const {
    if (!barge_in_) return {};
    if (!play_ && tone_hz_ == 0 && !plan_.echo)
        throw failure(exit_code::usage, "there is nothing to stop without --play, --tone or --echo");
    if (*barge_in_ == "any") return all_digits;
    if (barge_in_->empty() || !std::ranges::all_of(*barge_in_, is_dtmf_digit))
        throw failure(exit_code::usage, "\"" + *barge_in_ + "\": only the digits 0-9 * # A-D, or any");
    return *barge_in_;
}

void serve_verb::complete(daemon_options& options) {
    call_plan plan = plan_;
    said().attempt("--barge-in", [&] { plan.barge_in = barge_in_keys(); });
    if (tone_hz_ > 0) plan.tone = tone_hz_;
    if (play_) said().attempt("--play", [&] { plan.play = load_sound(*play_, options.remarks); });
    if (!play_ && tone_hz_ == 0 && !plan_.echo)
        options.notes.emplace_back("callers hear silence; choose what they hear with --play, --tone or --echo");
    options.listener.call.live = plan.echo;
    options.calls = [plan](std::shared_ptr<live_call> live, call_reporting report) {
        std::make_shared<served_call>(std::move(live), plan, std::move(report.event))->start();
    };
}

} // namespace

void add_verb(CLI::App& command, exit_code& result, std::vector<const char*> arguments) {
    add_daemon_verb(command, result, std::move(arguments),
                    [](CLI::App& to) { return std::make_unique<serve_verb>(to); });
}

} // namespace audiosocket::app::serve
