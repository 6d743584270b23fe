#pragma once

#include "call/ring.hpp"

#include <audiosocket/call/event.hpp>
#include <audiosocket/call/call_statistics.hpp>

#include <optional>
#include <vector>

namespace audiosocket {

/// What the program has still to be told, in order, within bounds: beyond `audio_max` of audio, and beyond
/// `digits_max` digits, the oldest of their sort is dropped and counted. Other events are few and never dropped.
class receive_queue {
  public:
    receive_queue(std::chrono::nanoseconds audio_max, call_statistics& counters)
        : audio_max_(audio_max), counters_(counters) {}

    void push_audio(std::span<const std::int16_t> samples, int rate_hz);
    void push_digit(char digit);
    void push(event other);

    /// The next event. Its views are valid until any non-const member is called.
    std::optional<event> pop();

    /// Nobody wants audio and digits any more: drops them, uncounted.
    void drop_media();

  private:
    // Nobody presses more keys than this before the program has asked for one of them.
    static constexpr std::size_t digits_max = 64;

    // Audio that the program has not asked for yet is joined up to this length, which bounds the number of entries
    // when a peer sends a sample at a time.
    static constexpr std::chrono::milliseconds joined_audio_max{20};

    struct entry {
        event what;
        std::vector<std::int16_t> samples; // of an audio_event, which gets its view when it is popped
        std::uint64_t messages = 0;        // joined in `samples`

        bool is_audio() const noexcept { return std::holds_alternative<audio_event>(what); }
        bool is_digit() const noexcept { return std::holds_alternative<dtmf_event>(what); }
        std::chrono::nanoseconds duration() const noexcept;
    };

    entry& push_entry(event what);
    void retire_shown();
    void drop_oldest_audio();
    void drop_oldest_digit();

    std::chrono::nanoseconds audio_max_;
    call_statistics& counters_;
    ring<entry> entries_;
    std::chrono::nanoseconds audio_{}; // in entries_
    std::size_t digits_ = 0;           // in entries_
    bool front_shown_ = false;         // the first entry has been handed out and goes with the next call
};

} // namespace audiosocket
