// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "inspect/remarks.hpp"

#include <optional>

namespace audiosocket::app::inspect {

/// Checks whether a server's audio came in time, by the times of a capture. Audio that comes too early is the task of
/// diagnosis::audio_judge.
///
/// A gap is a time longer than asterisk::gap_max or, for a longer frame, than 1.5 times its length.
class pacing_watch {
  public:
    void id_arrived(std::chrono::microseconds at) noexcept { id_at_ = at; }
    void audio_arrived(place where, std::chrono::nanoseconds duration, remark_list& remarks);

    /// Ends the call: silence until now may be a gap as well; later audio is not judged. `server_seen`: the capture has
    /// packets of the server.
    void ended(place where, bool server_seen, remark_list& remarks);

    /// Called at a hole in the capture, which may have contained audio: the next message is not judged.
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
