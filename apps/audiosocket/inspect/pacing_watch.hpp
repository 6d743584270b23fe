// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "inspect/remarks.hpp"

#include <optional>

namespace audiosocket::app::inspect {

/// Judges whether a server's audio came in time, by the times of a capture. What comes too early is judged by
/// diagnosis::audio_judge.
///
/// A gap is longer than asterisk::gap_max; after a longer frame, than its length and half of that.
class pacing_watch {
  public:
    void id_arrived(std::chrono::microseconds at) noexcept { id_at_ = at; }
    void audio_arrived(place where, std::chrono::nanoseconds duration, remark_list& remarks);

    /// The call ended: silence up to now is a gap as well, and what comes after is not judged. `server_seen`: the
    /// capture has packets of the server at all.
    void ended(place where, bool server_seen, remark_list& remarks);

    /// The capture has a hole, in which there may have been audio: the next message is not judged.
    void forget() noexcept {
        last_at_.reset();
        audio_received_ = true;
    }

  private:
    void note_gap(place where, remark_list& remarks);

    std::optional<std::chrono::microseconds> id_at_;
    std::optional<std::chrono::microseconds> last_at_;
    std::chrono::nanoseconds last_duration_{};
    bool audio_received_ = false;
    bool over_ = false;
};

} // namespace audiosocket::app::inspect
