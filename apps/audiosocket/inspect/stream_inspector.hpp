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
/// The decoder takes any bytes for messages; whether they make sense is judged here. A message is nonsense when its
/// kind is unknown, or its length is absurd for its kind. One such message is skipped, as a server skips it; but a
/// stream that starts with one, has two in a row or ends with one is not AudioSocket from there on, and what follows
/// is not looked at.
///
/// Faults that show in the audio, and known mistakes of framing, are found by the judges of the room `diagnosis`.
class stream_inspector {
  public:
    using on_message = std::function<void(const seen_message&)>;

    /// `has_clock`: the times given mean something, and bytes come as they were sent, so that both can be judged.
    /// `from_start`: the first byte is that of a message; otherwise the first piece that looks like one is waited for.
    stream_inspector(side sender, bool has_clock, bool from_start, on_message report);

    /// The next bytes, and when they came.
    void feed(std::span<const std::byte> bytes, std::chrono::microseconds at);

    /// So many bytes are missing from the capture here. Inside audio they are read as silence, and nothing else is
    /// lost; anywhere else reading goes on with the next piece that looks like a message. True if it was inside audio.
    bool lost(std::uint64_t bytes, std::chrono::microseconds at);

    /// There is no more; `how` is open, closed or reset, and becomes what really was the end.
    void end(ending how);

    /// Whether it turned out not to be AudioSocket; then feeding it is of no use.
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
    bool seeking_;  // no boundary of messages is known
    bool is_whole_; // all bytes from the first on are there

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
    std::uint64_t nonsense_since_ = 0;     // offset of the first of ...
    std::size_t nonsense_in_a_row_ = 0;    // ... these
    std::string nonsense_shown_;           // what it began with
    std::optional<kind> audio_kind_;       // of the last audio message
    bool hung_up_ = false;

    stream_findings findings_;
};

} // namespace audiosocket::app::inspect
