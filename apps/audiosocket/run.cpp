// SPDX-License-Identifier: Apache-2.0
#include "run.hpp"

#include "base/network_words.hpp"
#include "base/printable.hpp"
#include "settings/option_kind.hpp"
#include "verbs.hpp"

#include <audiosocket/audio/sound_error.hpp>
#include <audiosocket/version.hpp>

#include <boost/system/system_error.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstdio>
#include <exception>
#include <iostream>
#include <sstream>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace audiosocket::app {
namespace {

constexpr const char* description =
    "AudioSocket for Asterisk: answer calls, place calls, test and load servers, inspect captures.";

constexpr const char* footer = R"(Examples:
  audiosocket serve --play welcome.wav            play a file to each caller
  audiosocket serve --echo --record calls/        echo, and record both sides
  audiosocket call localhost:9092 --duration 5    place a call of five seconds, and report
  audiosocket check localhost:9092                test a server, case by case
  audiosocket bench localhost:9092                put load on a server, and measure it
  audiosocket inspect capture.pcap                show a capture as messages
  audiosocket gateway --dialect twilio --backend ws://bot.example:8080/media
                                                  connect each call to a voice bot
  audiosocket backend --dialect twilio            act as the voice bot behind a gateway
  audiosocket cluster haproxy --node ...          print the configuration of a load balancer

Exit codes: 0 good, 1 findings, 2 wrong command line, 3 network, 4 file, 5 internal error.
Each subcommand has its own --help; the manual is audiosocket(1).)";

// How long the reader of standard error may delay the end: as line_writer::flush_max.
constexpr int last_words_ms = 1000;

// Writes to standard error, but drops the rest if the reader does not read. A pipe that is ready takes this many bytes
// without blocking.
void write_last_words(std::string_view text) {
    while (!text.empty()) {
        pollfd room{STDERR_FILENO, POLLOUT, 0};
        if (poll(&room, 1, last_words_ms) <= 0) return;
        const ssize_t written = ::write(STDERR_FILENO, text.data(), std::min<std::size_t>(text.size(), PIPE_BUF));
        if (written <= 0) return;
        text.remove_prefix(static_cast<std::size_t>(written));
    }
}

// Several lines are several mistakes.
int fail(exit_code code, const std::string& what) {
    std::istringstream lines(what);
    std::string all;
    for (std::string line; std::getline(lines, line);)
        all += "audiosocket: " + printable(line) + '\n';
    write_last_words(all);
    return static_cast<int>(code);
}

// Returns the error without the place in Boost's code that Boost adds.
std::string words_of(const boost::system::system_error& e) {
    std::string said = e.what();
    const std::string code = e.code().what();
    if (said.ends_with(code)) said.replace(said.size() - code.size(), code.size(), network_words(e.code()));
    return said;
}

// CLI11 lists all unknown arguments, the last first.
std::string words_of(const CLI::ExtrasError&, const CLI::App& command, int argc, const char* const* argv) {
    const auto left_over = command.remaining(true);
    const std::vector<std::string> given(argv, argv + argc);
    const auto first = std::ranges::find_first_of(given, left_over);
    if (first == given.end()) return "too many arguments";
    if (!first->starts_with('-')) return *first + ": one argument too many";
    if (!first->starts_with("--")) return *first + ": no such option";
    std::vector<std::string> options;
    for (const auto* option : command.get_subcommands().front()->get_options())
        if (!long_name(*option).empty()) options.push_back(long_name(*option));
    const auto name = first->substr(2, first->find('=') - 2);
    const auto meant = nearest(name, options);
    return "--" + name + ": no such option" + (meant.empty() ? "" : "; did you mean --" + meant + "?");
}

// CLI11 reports any text as not in the range of the option.
std::string words_of(const CLI::ParseError& e, const CLI::App& command) {
    for (const auto* verb : command.get_subcommands()) {
        for (const auto* option : verb->get_options())
            if (option->count() > 0)
                if (const auto wrong = number_mistake(*option, option->results().front()))
                    return option->get_name() + ": " + *wrong;
    }
    for (const auto* verb : command.get_subcommands()) {
        for (const auto* option : verb->get_options())
            if (option->get_positional() && option->get_required() && option->count() == 0)
                return fmt::format("{} is missing: audiosocket {} {}", option->get_name(), verb->get_name(),
                                   option->get_type_name().empty() ? option->get_name() : option->get_type_name());
    }
    const std::string text = e.what();
    const auto colon = text.starts_with("--") ? text.find(": ") : std::string::npos;
    return colon == std::string::npos ? text : text.substr(0, colon + 2) + in_one_form(text.substr(colon + 2));
}

// For an unknown verb CLI11 only reports that a verb is required.
void check_verb(CLI::App& command, int argc, const char* const* argv) {
    const std::string given = argc > 1 ? argv[1] : "";
    std::vector<std::string> verbs;
    for (const auto* verb : command.get_subcommands({}))
        verbs.push_back(verb->get_name());
    if (std::ranges::find(verbs, given) != verbs.end()) return;
    if (given.starts_with('-')) {
        if (command.get_option_no_throw(given.substr(0, given.find('=')))) return;
        throw failure(exit_code::usage, given + ": no such option; there are --help and --version (see --help)");
    }
    const auto meant = nearest(given, verbs);
    throw failure(exit_code::usage, (given.empty() ? "a subcommand is missing" : given + " is not a subcommand") +
                                        (meant.empty() ? fmt::format("; use one of {}", fmt::join(verbs, ", "))
                                                       : fmt::format("; did you mean {}?", meant)) +
                                        " (see --help)");
}

// Returns whether standard output is a pipe or a socket without a reader. With `| head` that is intended, and not an
// error.
bool reader_left() {
    pollfd out{STDOUT_FILENO, POLLOUT, 0};
    return poll(&out, 1, 0) == 1 && (out.revents & (POLLERR | POLLHUP)) != 0;
}

int run_parsed(CLI::App& command, int argc, const char* const* argv, exit_code& result) {
    try {
        check_verb(command, argc, argv);
        command.parse(argc, argv);
        std::cout.flush();
        const int error = errno;
        if (!std::cout && !reader_left())
            return fail(exit_code::file,
                        "standard output cannot be written: " + std::generic_category().message(error));
        return static_cast<int>(result);
    } catch (const CLI::Success& e) { // --help, --version
        return command.exit(e);
    } catch (const CLI::ExtrasError& e) {
        return fail(exit_code::usage, words_of(e, command, argc, argv) + " (see --help)");
    } catch (const CLI::ParseError& e) {
        return fail(exit_code::usage, words_of(e, command) + " (see --help)");
    } catch (const failure& e) {
        return fail(e.code(), e.what());
    } catch (const sound_error& e) {
        return fail(exit_code::file, e.what());
    } catch (const boost::system::system_error& e) {
        return fail(exit_code::network, words_of(e));
    } catch (const std::exception& e) {
        return fail(exit_code::internal, std::string("internal error: ") + e.what());
    }
}

} // namespace

int run(int argc, const char* const* argv) {
    CLI::App command{description, "audiosocket"};
    command.footer(footer);
    command.set_version_flag("--version", "audiosocket " + std::string(version));
    command.require_subcommand(1);
    command.get_formatter()->column_width(34);

    exit_code result = exit_code::good;
    serve::add_verb(command, result, {argv, argv + argc});
    gateway::add_verb(command, result, {argv, argv + argc});
    caller::add_verb(command, result);
    check::add_verb(command, result);
    bench::add_verb(command, result);
    inspect::add_verb(command, result);
    backend::add_verb(command, result);
    cluster::add_verb(command, result);
    return run_parsed(command, argc, argv, result);
}

} // namespace audiosocket::app
