// SPDX-License-Identifier: Apache-2.0
#include "check/load_cases.hpp"
#include "check/reference_call.hpp"
#include "check/test_audio.hpp"

#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>

namespace audiosocket::app::check {
namespace {

// Returns whether a server accepts a new call.
bool takes_calls(const target& t) {
    line l = dial(t);
    if (!l.connected()) return false;
    l.send_audio(numbers());
    l.pass(milliseconds(300), [&] { return !l.open() || l.frames() > 0; });
    return l.open() && (l.frames() > 0 || !t.traits.answers);
}

std::string terminated(const target& t) {
    const pid_t pid = need_pid(t);
    if (!t.may_stop) throw not_applicable("needs --stop: it ends the server");
    if (!t.hand_over.empty()) throw not_applicable("with --hand-over another process is the server by now");
    line l = place_reference_call(t);
    if (kill(pid, SIGTERM) != 0) throw not_applicable("process --server-pid cannot be signalled from here");
    l.pass(milliseconds(300), [&] { return !l.open(); });
    expect(l.open(), "SIGTERM ends a call in progress at once");
    expect(!takes_calls(t), "after SIGTERM new calls are still accepted");
    const auto from = clock::now();
    const auto watched = t.drain_timeout > milliseconds(0) ? t.drain_timeout - milliseconds(800) : milliseconds(2000);
    l.pass(watched, [&] { return !l.open(); });
    expect_undisturbed(t, l, from);
    if (t.drain_timeout == milliseconds(0)) return "no new calls, and the call in progress goes on";

    l.pass(milliseconds(3000), [&] { return !l.open(); });
    expect(!l.open(), "the call is still in progress after --drain-timeout");
    return "no new calls; the call in progress goes on until --drain-timeout, then " + judge_orderly_end(t, l);
}

// Runs a shell command. It may keep running if it is the successor itself.
pid_t start(const std::string& command) {
    std::string shell = "/bin/sh";
    std::string option = "-c";
    std::string text = command;
    char* const argv[] = {shell.data(), option.data(), text.data(), nullptr};
    pid_t pid = 0;
    expect(posix_spawn(&pid, argv[0], nullptr, nullptr, argv, environ) == 0, "the command cannot be started");
    return pid;
}

std::string hand_over(const target& t) {
    if (t.hand_over.empty()) throw not_applicable("needs --hand-over, a command that starts a successor");
    line l = place_reference_call(t);
    const auto from = clock::now();
    const pid_t command = start(t.hand_over);
    for (int i = 0; i < 40; ++i) {
        line fresh = dial(t);
        expect(fresh.connected(), "a connection was refused");
        const std::array both{&l, &fresh};
        fresh.send_audio(numbers());
        line::pass(both, milliseconds(50));
        expect(fresh.open(), "a new call was closed");
    }
    int status = 0;
    if (waitpid(command, &status, WNOHANG) == command) expect(status == 0, "the command has failed: " + t.hand_over);
    expect_undisturbed(t, l, from);
    if (t.traits.echoes) expect_echo(l, l.frames_sent() * frame_samples, reference_numbers);
    return "no connection refused, no frame lost";
}

} // namespace

std::vector<conformance_case> restart_cases() {
    using enum group;
    return {
        {49, load, "SIGTERM", "no new calls, calls in progress finish", "deployments happen in the middle of calls",
         terminated, false, false, course::last},
        {50, load, "hand-over to a successor", "no connect refused, no frame lost",
         "upgrades happen in the middle of calls", hand_over, false, false, course::alone},
    };
}

} // namespace audiosocket::app::check
