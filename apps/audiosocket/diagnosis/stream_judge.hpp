// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "diagnosis/audio_judge.hpp"
#include "diagnosis/framing_judge.hpp"

#include <audiosocket/protocol/decoder.hpp>

namespace audiosocket::app::diagnosis {

/// Judges audio and framing of one direction of a call: give it the bytes as they arrive, with the time.
///
/// For a reader of raw streams. A reader that has messages already uses audio_judge and framing_judge by themselves.
/// Memory as a decoder's. No I/O and no clock.
class stream_judge {
  public:
    explicit stream_judge(sender from) noexcept : framing_(from), audio_(from) {}

    /// The next bytes. `at` is the time since any fixed moment; nothing where there is no clock. Returns whether
    /// findings() changed.
    bool feed(std::span<const std::byte> bytes, std::optional<std::chrono::nanoseconds> at);

    /// The stream ended. Returns whether findings() changed.
    bool end();

    /// What is wrong so far, the framing first. Where the stream is something else, nothing is said of its audio.
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
