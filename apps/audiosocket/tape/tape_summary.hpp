// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tape/tape_format.hpp"

#include <boost/json/object.hpp>

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace audiosocket::app::tape {

/// Returns the type of a message: the text of its member "type" or "event", or else the name of its first member;
/// "binary" for a binary message, "text" for a text that is not a JSON object.
std::string message_type(const tape_entry& message);

/// Returns how long the caller's audio in this entry lasts; no time if it is damaged.
std::chrono::nanoseconds caller_audio_length(const tape_entry& audio);

/// Returns how long the audio that this entry queued lasts; no time if it is damaged.
std::chrono::nanoseconds play_length(const tape_entry& play);

/// A caller has spoken, and the back end has answered.
struct tape_turn {
    std::chrono::milliseconds at{};
    std::int64_t total_ms = 0;
    std::optional<std::int64_t> network_ms; ///< Nothing: not known, and a part of back_end_ms.
    std::int64_t back_end_ms = 0;
    std::int64_t queue_ms = 0;
};

tape_turn read_turn(const tape_entry& turn);

/// Returns for people what a turn took: "answered after 900 ms: network 40, back end 800, queue 60".
std::string to_text(const tape_turn& one);

/// The sums of a tape.
class tape_summary {
  public:
    /// The most message types that are counted separately; the rest is "other".
    static constexpr std::size_t types_max = 100;

    /// The most turns that are listed.
    static constexpr std::size_t turns_max = 1000;

    void add(const tape_entry& one);

    std::chrono::milliseconds length{};
    std::chrono::nanoseconds caller_audio{};
    std::chrono::nanoseconds agent_audio{};
    std::chrono::nanoseconds agent_audio_refused{};
    std::optional<std::chrono::milliseconds> agent_spoke_at; ///< First.
    std::optional<std::chrono::milliseconds> ready_at;       ///< First.
    std::uint64_t connections = 0;                           ///< Opened.
    std::uint64_t digits = 0;
    std::uint64_t barge_ins = 0; ///< Clears that cut off audio.
    std::uint64_t turn_count = 0;
    std::vector<tape_turn> turns;
    std::map<std::string, std::uint64_t> sent;     ///< Messages to the back end, by type.
    std::map<std::string, std::uint64_t> received; ///< Messages of the back end, by type.

    /// The longest time without a message from an open back end, and when it began.
    std::chrono::milliseconds longest_silence{};
    std::chrono::milliseconds longest_silence_at{};

    std::string ended; ///< Why the call ended; empty if the tape does not say.
    std::string close; ///< How the last connection ended; empty if the tape does not say.
    std::uint64_t lines_left_out = 0;
    bool full = false;

    boost::json::object to_json() const;

  private:
    void watch_silence(std::chrono::milliseconds now);

    std::optional<std::chrono::milliseconds> last_heard_; // while a connection is open
    bool clearing_ = false;                               // the result of a clear has not been reported yet
};

} // namespace audiosocket::app::tape
