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

/// What kind of message this is: the text of its member "type" or "event", or else the name of its first member;
/// "binary" for a binary message, "text" for what is not a JSON object.
std::string message_type(const tape_entry& message);

/// Returns how long the caller's audio in this entry lasts; no time if it is damaged.
std::chrono::nanoseconds caller_audio_length(const tape_entry& audio);

/// Returns how long the audio that this entry queued lasts; no time if it is damaged.
std::chrono::nanoseconds play_length(const tape_entry& play);

/// The sums of a tape.
class tape_summary {
  public:
    struct turn {
        std::chrono::milliseconds at{};
        std::int64_t total_ms = 0;
        std::int64_t back_end_ms = 0;
    };

    /// Kinds of messages that are counted apart; the rest is "other".
    static constexpr std::size_t types_max = 100;

    /// Turns that are listed.
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
    std::uint64_t barge_ins = 0; ///< Clears that cut something off.
    std::uint64_t turn_count = 0;
    std::vector<turn> turns;
    std::map<std::string, std::uint64_t> sent;     ///< Messages to the back end, by type.
    std::map<std::string, std::uint64_t> received; ///< Messages of the back end, by type.

    /// The longest time in which no message of an open back end came, and when it began.
    std::chrono::milliseconds longest_silence{};
    std::chrono::milliseconds longest_silence_at{};

    std::string ended; ///< Why the call ended; empty: the tape does not say.
    std::string close; ///< How the last connection ended; empty: the tape does not say.
    std::uint64_t lines_left_out = 0;
    bool full = false;

    boost::json::object to_json() const;

  private:
    void watch_silence(std::chrono::milliseconds now);

    std::optional<std::chrono::milliseconds> last_heard_; // while a connection is open
    bool clearing_ = false;                               // what a clear cut off has not been reported yet
};

} // namespace audiosocket::app::tape
