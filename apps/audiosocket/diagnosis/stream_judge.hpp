// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "diagnosis/audio_judge.hpp"
#include "diagnosis/framing_judge.hpp"

#include <audiosocket/protocol/decoder.hpp>

namespace audiosocket::app::diagnosis {

/// Detects faults in audio and framing of one direction of a call. It is given the bytes as they arrive, with the time.
///
/// For a reader of raw streams. A reader that already has messages uses audio_judge and framing_judge directly. Memory
/// as for a decoder. No I/O and no clock.
class stream_judge {
  public:
    explicit stream_judge(sender from) noexcept : framing_(from), audio_(from) {}

    /// Adds the next bytes. `at` is the time since any fixed moment; nothing without a clock. Returns whether
    /// findings() has changed.
    bool feed(std::span<const std::byte> bytes, std::optional<std::chrono::nanoseconds> at);

    /// Ends the stream. Returns whether findings() has changed.
    bool end();

    /// Returns the findings so far, framing first. If the stream is not AudioSocket, its audio is not judged.
    std::vector<finding> findings() const;

    const framing_judge& framing() const noexcept { return framing_; }
    const audio_judge& audio() const noexcept { return audio_; }

  private:
    framing_judge framing_;
    audio_judge audio_;
    decoder decoder_;
    bool hung_up_ = false;
};

} // namespace audiosocket::app::diagnosis
