// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "call/ring.hpp"

#include <audiosocket/call/call_statistics.hpp>
#include <audiosocket/call/event.hpp>

#include <optional>
#include <vector>

namespace audiosocket {

/// The events that the application has not taken yet, in order and limited. Beyond `audio_max` of audio the oldest is
/// dropped and counted. Beyond `digits_max` digits the oldest digit and the audio before it are dropped. Other events
/// are few (the session limits them) and are never dropped.
class receive_queue {
  public:
    receive_queue(std::chrono::nanoseconds audio_max, call_statistics& counters)
        : audio_max_(audio_max), counters_(counters) {}

    /// Returns how many events wait.
    std::size_t size() const noexcept { return entries_.size(); }
    bool empty() const noexcept { return entries_.empty(); }

    void push_audio(std::span<const std::int16_t> samples, int rate_hz);

    /// Adds audio of this many samples, which the caller of this function writes into the result at once.
    std::span<std::int16_t> room_for_audio(std::size_t samples, int rate_hz);

    void push_digit(char digit);
    void push(event other);

    /// Makes room for this many more events, so that as many calls of push() cannot fail.
    void make_room(std::size_t more) { entries_.make_room(more); }

    /// Returns and removes the next event. Its views are valid until the next pop().
    std::optional<event> pop();

    /// Makes the views in the last event invalid, and frees their memory.
    void forget_shown() noexcept {
        if (!shown_.empty()) give_back(shown_, shown_rate_hz_);
    }

  private:
    // A person does not press more keys before the application takes the first.
    static constexpr std::size_t digits_max = 64;

    // Audio that waits is joined up to this length, so that a peer that sends single samples does not need an entry for
    // each.
    static constexpr std::chrono::milliseconds joined_audio{20};

    // Audio on both sides of another event is not joined, and a peer may send a digit after each sample. So the number
    // of audio entries is limited too: as many as joined audio needs, and this many more.
    static constexpr std::size_t unjoined_entries_max = 1024;

    struct entry {
        event what;
        std::vector<std::int16_t> samples; // of an audio_event, which gets its view when it is popped
        std::uint64_t messages = 0;        // how many messages are joined in `samples`

        bool is_audio() const noexcept { return std::holds_alternative<audio_event>(what); }
        bool is_digit() const noexcept { return std::holds_alternative<dtmf_event>(what); }
        std::chrono::nanoseconds duration() const noexcept;
    };

    entry& push_entry(event what);
    void give_back(std::vector<std::int16_t>& samples, int rate_hz) const noexcept;
    void erase(std::size_t i) noexcept;
    void drop_oldest_audio();
    void drop_oldest_digit();
    void drop_audio(std::size_t i);

    std::chrono::nanoseconds audio_max_;
    call_statistics& counters_;
    ring<entry> entries_;
    std::chrono::nanoseconds audio_{}; // in entries_
    std::uint32_t audio_entries_ = 0;
    std::uint32_t digits_ = 0; // in entries_
    int shown_rate_hz_ = 0;
    std::vector<std::int16_t> shown_; // the audio that was popped last
};

} // namespace audiosocket
