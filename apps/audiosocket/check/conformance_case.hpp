// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "check/target.hpp"

#include <audiosocket/asterisk/limits.hpp>

#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace audiosocket::app::check {

/// Thrown by a case that fails. A case that passes returns what it saw.
struct mismatch : std::runtime_error {
    using std::runtime_error::runtime_error;
};
/// Thrown if the case cannot be tried on this server, or without more options; says what is missing.
struct not_applicable : std::runtime_error {
    using std::runtime_error::runtime_error;
};

enum class group { lifecycle, framing, output, load, sound, hostile, caller };
std::string_view name(group g);

/// How a case has to run.
enum class course {
    shared, ///< In parallel with others: it mostly waits.
    alone,  ///< It measures, or puts a load on the server; tried up to three times.
    last,   ///< It ends the server.
};

/// One requirement for a server.
struct conformance_case {
    int number;
    group in;
    std::string_view name;
    std::string_view expected;
    std::string_view why; ///< Where this has caused harm, or which rule of the protocol it is.
    std::string (*run)(const target& t);
    bool starred = false; ///< Part of it, or all of it, applies in strict mode only.
    bool lasts = false;   ///< Only with --long.
    course how = course::shared;
};

/// Return the cases of the groups, in order of their numbers.
std::vector<conformance_case> lifecycle_cases();
std::vector<conformance_case> framing_cases();
std::vector<conformance_case> output_cases();
std::vector<conformance_case> load_cases();
std::vector<conformance_case> sound_cases();
std::vector<conformance_case> hostile_cases();
std::vector<conformance_case> all_cases();

// --- Common parts of the cases ---

/// Throws mismatch with this text unless `holds` is true.
void expect(bool holds, const std::string& otherwise);

/// Places a call: returns a line that has sent its id. Throws mismatch if there is no connection.
line place_call(const target& t, const uuid& id = uuid::random(), const buffers& how = {});
line connect(const target& t);

/// Expects that the call goes on: it stays connected, and audio comes if this server sends any. Sends numbers
/// meanwhile.
void expect_up(const target& t, line& l, std::string_view after);

/// Expects that a new call works.
void expect_new_call_works(const target& t, std::string_view after);

/// Expects that the server closes within this time; returns how long it took.
nanoseconds expect_closed(line& l, nanoseconds within, std::string_view after);

/// Accepts both outcomes: the call goes on, or it is closed. Returns which.
std::string up_or_closed(const target& t, line& l, std::string_view after);

/// Expects that the echo has exactly these numbers, all of `count`, in order.
void expect_echo(line& l, std::size_t count, std::size_t first = 0);

/// Throw not_applicable if the server lacks what a case needs.
void need_echo(const target& t);
void need_audio(const target& t);
void need_requests(const target& t);
pid_t need_pid(const target& t);

/// Returns the system's figures of the server; all zeros if its process is unknown. Throws mismatch if it has ended.
process_figures figures(const target& t);

/// Sends a digit.
void press(line& l, char digit);

/// Checks the end of a call that the server has just ended: a hangup message and FIN without a reset, and the server
/// reads on; otherwise bytes on the way to it would cause a reset. Returns how it ended.
std::string judge_orderly_end(const target& t, line& l);

/// Returns "12 ms" or "3.1 s".
std::string text(nanoseconds d);

/// Returns the longest time between two audio messages since `from`, less the time for which this machine stood still.
nanoseconds longest_gap(const target& t, const line& l, time_point from, time_point to);

/// Returns the audio messages that arrived from `from` until `to`.
std::size_t frames_between(const line& l, time_point from, time_point to);

/// Returns the most audio messages within half a frame's time, except those that waited while this machine stood still.
std::size_t largest_burst(const machine_watch& machine, const line& l);

inline constexpr milliseconds frame_time = asterisk::frame_time;
inline constexpr std::size_t frame_samples = 160;
/// The time limit for cases without a limit of their own.
inline constexpr milliseconds soon{1000};

} // namespace audiosocket::app::check
