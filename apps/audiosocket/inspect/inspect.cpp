// SPDX-License-Identifier: Apache-2.0
#include "inspect/audio_track.hpp"
#include "inspect/capture/capture_input.hpp"
#include "inspect/capture/capture_reader.hpp"
#include "inspect/json_report.hpp"
#include "inspect/sound_inspection.hpp"
#include "inspect/tape_inspection.hpp"
#include "inspect/text_report.hpp"
#include "inspect/wording.hpp"
#include "verbs.hpp"

#include <fmt/format.h>

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <iostream>

namespace audiosocket::app::inspect {
namespace {

constexpr const char* examples = R"(Examples:
  audiosocket inspect call.pcap
      every AudioSocket call of a capture: messages, timing, and what would end the call in Asterisk
  tcpdump -i any -U -w - port 9092 | audiosocket inspect - --port 9092 --audio calls/
      from a pipe, with the audio of each direction as calls/ID.caller.wav and calls/ID.server.wav
  nc -l 9092 > call.raw; audiosocket inspect call.raw --audio call.wav --all
      the bytes of one direction, with every message
  audiosocket inspect recording.wav --svg recording.svg
      a recording: format, levels, and a picture of it
  audiosocket inspect tapes/FILE.tape
      a tape of audiosocket gateway: what caller, gateway and back end sent to each other, and when

Exit codes: 0 all is well, 1 findings that cost a call, a stream that is cut or is not AudioSocket, a damaged tape,
2 wrong command line, 4 a file cannot be read or written.)";

struct inspect_options {
    std::string file;
    bool all = false;
    bool json = false;
    std::string audio;
    std::string svg;
    std::string input = "auto";
    std::uint16_t port = 0; // 0: not given
};

std::optional<encoding> forced_encoding(const std::string& text) {
    for (const encoding e : {encoding::slin, encoding::ulaw, encoding::alaw})
        if (text == name(e)) return e;
    return std::nullopt;
}

// Returns the width for a drawing on standard output; 0 if that is not a terminal.
int drawing_columns() {
    constexpr int widest = 160;
    if (isatty(STDOUT_FILENO) == 0) return 0;
    winsize size{};
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return 80;
    return std::min<int>(size.ws_col, widest);
}

void refuse_option(bool given, const char* option, const char* why) {
    if (given) throw failure(exit_code::usage, fmt::format("{}: {}", option, why));
}

void refuse_overwriting(const std::string& input, const std::string& output, const char* option) {
    std::error_code ignored;
    refuse_option(std::filesystem::equivalent(input, output, ignored), option, "this is the input; name another file");
}

void add_audio_output(observers& seen_by, const inspect_options& o, bool is_directory) {
    if (o.audio.empty()) return;
    if (is_directory) {
        std::error_code error;
        std::filesystem::create_directories(o.audio, error);
        if (error) throw failure(exit_code::file, fmt::format("--audio {}: {}", o.audio, error.message()));
    }
    seen_by.push_back(std::make_unique<audio_extraction>(o.audio, is_directory, forced_encoding(o.input),
                                                         o.json ? nullptr : &std::cout));
}

exit_code inspect_stream(capture_input& input, const inspect_options& o, observers& seen_by) {
    refuse_option(o.port != 0, "--port", "a raw stream has no ports");
    add_audio_output(seen_by, o, std::filesystem::is_directory(o.audio));
    if (!o.svg.empty()) seen_by.push_back(std::make_unique<audio_picture>(o.svg, forced_encoding(o.input)));

    // A server starts with audio, or at once with a hangup. Everything else is judged as a caller, who must start with
    // an id.
    constexpr auto no_clock = std::chrono::microseconds{};
    const kind first = static_cast<kind>(input.start().front());
    const side from = is_audio(first) || first == kind::hangup ? side::server : side::caller;
    call_inspector call({}, seen_by);
    call.data(from, input.start(), no_clock);
    std::vector<std::byte> block(65'536);
    while (const std::size_t got = call.is_nonsense(from) ? 0 : input.read(block))
        call.data(from, std::span(block).first(got), no_clock);
    call.closed(from, ending::closed, no_clock);

    inspection_totals totals;
    totals.calls = 1;
    const bool sound = call.finish(no_clock);
    totals.calls_with_findings = sound ? 0 : 1;
    for (const auto& observer : seen_by)
        observer->finish(totals);
    return sound ? exit_code::good : exit_code::findings;
}

exit_code inspect_capture(capture_input& input, const inspect_options& o, observers& seen_by) {
    refuse_option(!o.svg.empty(), "--svg", "draws one sound; extract it with --audio DIR, then inspect that file");
    const std::filesystem::path audio(o.audio);
    refuse_option(audio.has_extension() && !std::filesystem::is_directory(audio), "--audio",
                  "a capture has two directions a call; name a directory");
    add_audio_output(seen_by, o, true);

    inspection_totals totals;
    read_capture(input, {o.port != 0 ? std::optional(o.port) : std::nullopt, seen_by, totals});
    for (const auto& observer : seen_by)
        observer->finish(totals);
    if (totals.calls == 0)
        throw failure(exit_code::findings, fmt::format("{}: {}", input.name(), describe_no_call(totals)));
    const bool sound = totals.calls_with_findings == 0 && totals.capture_failure.empty();
    return sound ? exit_code::good : exit_code::findings;
}

exit_code inspect_sound_file(const capture_input& input, const inspect_options& o) {
    refuse_option(!o.audio.empty(), "--audio", "this is a sound file already");
    refuse_option(o.port != 0, "--port", "a sound file has no ports");
    const sound_inspection what{.path = input.path(), .svg = o.svg, .json = o.json, .text_columns = drawing_columns()};
    return inspect_sound(what, std::cout) ? exit_code::good : exit_code::findings;
}

exit_code inspect_gateway_tape(capture_input& input, const inspect_options& o) {
    refuse_option(!o.audio.empty(), "--audio",
                  "this is a tape; audiosocket gateway --record records the audio of calls");
    refuse_option(!o.svg.empty(), "--svg", "this is a tape, not a sound");
    refuse_option(o.port != 0, "--port", "a tape has no ports");
    std::span<const std::byte> start = input.start();
    try {
        tape::tape_reader reader([&](std::span<std::byte> to) {
            if (start.empty()) return input.read(to);
            const auto got = std::min(to.size(), start.size());
            std::copy_n(start.begin(), got, to.begin());
            start = start.subspan(got);
            return got;
        });
        return inspect_tape(reader, {o.all, o.json}, std::cout) ? exit_code::good : exit_code::findings;
    } catch (const failure& e) {
        throw failure(e.code(), input.name() + ": " + e.what());
    }
}

exit_code inspect(const inspect_options& o) {
    capture_input input(o.file);
    refuse_overwriting(o.file, o.audio, "--audio");
    refuse_overwriting(o.file, o.svg, "--svg");
    if (input.kind() == input_kind::tape) return inspect_gateway_tape(input, o);
    observers seen_by;
    if (o.json)
        seen_by.push_back(std::make_unique<json_report>(std::cout));
    else
        seen_by.push_back(std::make_unique<text_report>(std::cout, o.all));
    switch (input.kind()) {
    case input_kind::capture: return inspect_capture(input, o, seen_by);
    case input_kind::sound: return inspect_sound_file(input, o);
    case input_kind::tape:
    case input_kind::stream: break;
    }
    return inspect_stream(input, o, seen_by);
}

} // namespace

void add_verb(CLI::App& command, exit_code& result) {
    auto* verb =
        command.add_subcommand("inspect", "Show a capture, a raw stream, a sound file or a tape, and what is wrong");
    auto o = std::make_shared<inspect_options>();
    verb->footer(examples);
    verb->add_option(
            "FILE", o->file,
            "Capture (pcap, pcapng), raw bytes of one direction, sound file, or tape of the gateway; - for stdin")
        ->required()
        ->type_name("");
    verb->add_flag("--all", o->all, "Print a line for each audio message, not for runs of them");
    auto* json = verb->add_flag("--json", o->json, "Print JSON lines: an object for each message, then a summary");
    json->excludes("--all");
    verb->add_option("--audio", o->audio, "Extract the audio: to a file (raw stream), to a folder (capture)")
        ->type_name("FILE|DIR");
    verb->add_option("--svg", o->svg, "Draw the waveform as SVG (raw stream, sound file)")->type_name("FILE");
    verb->add_option("--input-format", o->input, "Real format of audio labelled slin: auto, slin, ulaw or alaw")
        ->capture_default_str()
        ->check(CLI::IsMember({"auto", "slin", "ulaw", "alaw"}))
        ->type_name("FORMAT");
    verb->add_option("--port", o->port, "Read only the connections of this port, all as AudioSocket")
        ->check(CLI::Range(1, 65535))
        ->type_name("N");
    verb->callback([o, &result] { result = inspect(*o); });
}

} // namespace audiosocket::app::inspect
