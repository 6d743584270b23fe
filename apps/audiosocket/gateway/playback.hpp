// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <audiosocket/audio/clip.hpp>
#include <audiosocket/net/call.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace audiosocket::app::gateway {

/// What a gateway plays to the caller, and which of the call's reports of it are for the dialect that is speaking.
///
/// Names of marks begin with the number of the speaker, so that reports about an earlier back end, and about sounds of
/// the gateway's own, do not reach a dialect that did not ask for them.
class playback {
  public:
    explicit playback(call& line) : call_(line) {}

    /// Another back end speaks from now on.
    void next_speaker() noexcept { ++speaker_; }

    /// Plays this sound again and again, behind what is queued, until there is something else to play.
    void wait_with(const clip& sound);

    /// Queues audio of the speaker; the waiting sound stops. Errors as call::play().
    error_code play(std::span<const std::int16_t> samples, int rate_hz);

    /// Queues a mark of the speaker. Errors as call::mark().
    error_code mark(std::string_view name);

    /// Empties the queue for the speaker. Returns whether anything was being played.
    bool clear();

    /// Plays a sound of our own behind what is queued, instead of waiting.
    void play_last(const clip& sound);

    /// Returns what the speaker's dialect is to hear of this event: the event with the mark's own name, or nothing.
    std::optional<event> for_speaker(const event& e);

    /// Stops the waiting sound, if it is played.
    void stop_waiting();

  private:
    // A mark of the speaker: with a name of its own, or the one in front of a clear.
    struct speakers_mark {
        bool of_clear = false;
        std::string name;
    };

    void queue_waiting();
    std::optional<speakers_mark> read_mark(std::string_view mark) const;

    call& call_;
    unsigned speaker_ = 0;
    std::optional<clip> waiting_with_;
    bool waiting_is_queued_ = false; // or else it waits for the mark
    std::string waiting_mark_;
    unsigned waits_ = 0;
};

} // namespace audiosocket::app::gateway
