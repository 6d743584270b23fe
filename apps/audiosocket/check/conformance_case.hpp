// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "check/target.hpp"

#include <audiosocket/asterisk/limits.hpp>

#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace audiosocket::app::check {

/// A case ends with what it saw, or throws one of these.
struct mismatch : std::runtime_error {
    using std::runtime_error::runtime_error;
};
/// The case cannot be tried on this server, or with what the command line says of it; says what is missing.
struct not_applicable : std::runtime_error {
    using std::runtime_error::runtime_error;
};

enum class group { lifecycle, framing, output, load, sound, hostile, caller };
std::string_view name(group g);

/// How a case has to be run.
enum class course {
    shared, ///< Beside others: it mostly waits.
    alone,  ///< It measures, or puts a load on the server; tried up to three times.
    last,   ///< It ends the server.
};

/// One thing that a server has to do.
struct conformance_case {
    int number;
    group in;
    std::string_view name;
    std::string_view expected;
    std::string_view why; ///< Where in the field this has hurt, or which rule of the protocol it is.
    std::string (*run)(const target& t);
    bool starred = false; ///< Part of it, or all, is asked for in strict mode only.
    bool lasts = false;   ///< Only with --long.
    course how = course::shared;
};

/// The groups' cases, by number.
std::vector<conformance_case> lifecycle_cases();
std::vector<conformance_case> framing_cases();
std::vector<conformance_case> output_cases();
std::vector<conformance_case> load_cases();
std::vector<conformance_case> sound_cases();
std::vector<conformance_case> hostile_cases();
std::vector<conformance_case> all_cases();

// --- What the cases have in common ---

/// Throws mismatch with this text unless it holds.
void expect(bool holds, const std::string& otherwise);

/// A call that is being placed: a line that has sent its id. Throws mismatch if there is no connection.
line place_call(const target& t, const uuid& id = uuid::random(), const buffers& how = {});
line connect(const target& t);

/// The call goes on: the connection stays, and audio comes if this server sends any. Numbers are sent meanwhile.
void expect_up(const target& t, line& l, std::string_view after);

/// A new call works.
void expect_new_call_works(const target& t, std::string_view after);

/// The server closes within this time; returns how long it took.
nanoseconds expect_closed(line& l, nanoseconds within, std::string_view after);

/// Either is right: the call goes on, or it is closed. Says which.
std::string up_or_closed(const target& t, line& l, std::string_view after);

/// What was echoed are these numbers, all of `count`, in order and nothing else.
void expect_echo(line& l, std::size_t count, std::size_t first = 0);

/// Throws not_applicable where the server lacks what a case needs.
void need_echo(const target& t);
void need_audio(const target& t);
void need_requests(const target& t);
pid_t need_pid(const target& t);

/// What the system knows about the server; all zeros where its process is not known. Throws mismatch if it is gone.
process_figures figures(const target& t);

/// Sends a digit.
void press(line& l, char digit);

/// The end of a call that the server has just ended: a hangup message, FIN and no reset, and it reads on, or what is
/// still under way to it would come back as a reset. Says how it ended.
std::string judge_orderly_end(const target& t, line& l);

/// "12 ms", "3.1 s".
std::string text(nanoseconds d);

/// The longest time between two audio messages from `from` on, less what this machine stood still.
nanoseconds longest_gap(const target& t, const line& l, time_point from, time_point to);

/// Returns how many audio messages came from `from` until `to`.
std::size_t frames_between(const line& l, time_point from, time_point to);

/// The most audio messages that came within half a frame's time, but for those that waited while this machine stood
/// still.
std::size_t largest_burst(const machine_watch& machine, const line& l);

inline constexpr milliseconds frame_time = asterisk::frame_time;
inline constexpr std::size_t frame_samples = 160;
/// Where a case sets no time of its own.
inline constexpr milliseconds soon{1000};

} // namespace audiosocket::app::check
