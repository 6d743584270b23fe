// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "diagnosis/audio_judge.hpp"
#include "diagnosis/framing_judge.hpp"
#include "inspect/direction_mix.hpp"
#include "inspect/inspect_observer.hpp"

#include <audiosocket/audio/encoding_detector.hpp>

#include <functional>
#include <vector>

namespace audiosocket::app::inspect {

/// Reads one direction of a call: bytes in, messages and faults out. Memory is bounded for any input.
///
/// The decoder reads any bytes as messages; this class judges whether they are meaningful. A message is nonsense if its
/// kind is unknown, or if its length is absurd for its kind. A single one is skipped, as a server skips it. But a
/// stream that starts with nonsense, has two nonsense messages in a row or ends with one is not AudioSocket from there
/// on, and the rest is not read.
///
/// Faults in the audio, and known mistakes of framing, are found by the judges of the room `diagnosis`.
class stream_inspector {
  public:
    using on_message = std::function<void(const seen_message&)>;

    /// `has_clock`: the times are valid, and bytes arrive as they were sent, so that both can be judged. `from_start`:
    /// the first byte is that of a message; otherwise reading starts at the first piece that looks like a message.
    stream_inspector(side sender, bool has_clock, bool from_start, on_message report);

    /// Adds the next bytes, and the time at which they came.
    void feed(std::span<const std::byte> bytes, std::chrono::microseconds at);

    /// Notes that `bytes` bytes are missing from the capture here. Inside audio they are read as silence, and nothing
    /// else is lost. Anywhere else, reading continues with the next piece that looks like a message. Returns whether it
    /// was inside audio.
    bool lost(std::uint64_t bytes, std::chrono::microseconds at);

    /// Ends the stream; `how` is open, closed or reset, and is replaced by the actual end.
    void end(ending how);

    /// Returns whether it is not AudioSocket; then it needs no more bytes.
    bool is_nonsense() const noexcept { return findings_.end == ending::nonsense; }

    stream_findings& findings() noexcept { return findings_; }
    const stream_findings& findings() const noexcept { return findings_; }

  private:
    void read_messages(std::chrono::microseconds at);
    void take(const message& m, std::chrono::microseconds at);
    void take_audio(const message& m, seen_message& seen);
    bool make_sense(header h, std::span<const std::byte> payload);
    void give_up();
    bool is_known_mistake() const;
    void give_up_whole();
    void judge_end(ending how);
    void judge_timing(const message& m, std::chrono::microseconds at);
    void judge_caller(const message& m, place where);
    void judge_server(const message& m, place where);

    on_message report_;
    bool has_clock_;
    bool from_start_;
    bool seeking_;  // no message boundary is known
    bool is_whole_; // no byte since the first is missing

    diagnosis::framing_judge framing_;
    diagnosis::audio_judge audio_;
    direction_mix mix_; // of a stream without a clock

    decoder decoder_;
    encoding_detector detector_;
    level_meter meter_;
    std::vector<std::int16_t> samples_; // of one message

    std::uint64_t offset_ = 0;             // of the message being read
    std::chrono::microseconds began_at_{}; // when its first byte came
    bool header_split_ = false;            // its header came in pieces
    bool has_hole_ = false;                // some of it is not in the capture
    std::uint64_t nonsense_since_ = 0;     // offset of the first of the ...
    std::size_t nonsense_in_a_row_ = 0;    // ... nonsense messages in a row
    std::string nonsense_shown_;           // its first bytes
    std::optional<kind> audio_kind_;       // of the last audio message
    bool hung_up_ = false;

    stream_findings findings_;
};

} // namespace audiosocket::app::inspect
