// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "diagnosis/burst_watch.hpp"
#include "diagnosis/content_watch.hpp"
#include "diagnosis/finding.hpp"
#include "diagnosis/payload_lengths.hpp"
#include "diagnosis/rate_watch.hpp"

#include <audiosocket/audio/encoding_detector.hpp>
#include <audiosocket/protocol/message.hpp>

#include <optional>
#include <vector>

namespace audiosocket::app::diagnosis {

/// Judges the audio messages of one direction of a call: give it each of them with the time of its arrival, and ask
/// for the findings at any moment.
///
/// No I/O and no clock. Constant memory, under 1 KiB; a message costs some microseconds in the first second and less
/// than one later. With a clock, of what comes in a
/// second only the first 200 messages are looked at, and only the first 1000 count. A fault has to show for
/// half a second to two seconds before it is reported, and is then reported for good. Silence, comfort noise, music,
/// tones, speech, jitter and bursts of a late sender are no faults.
class audio_judge {
  public:
    explicit audio_judge(sender from) noexcept : from_(from) {}

    /// One audio message. `at` is the time since any fixed moment; without it nothing is judged that needs a clock
    /// (pace, bursts). Returns whether findings() has one more, or another one than before.
    bool add(kind k, std::span<const std::byte> payload, std::optional<std::chrono::nanoseconds> at);

    /// Something was lost, or the stream was paused on purpose: the clock starts again with the next message.
    void forget_pace() noexcept { rate_.reset(); }

    /// What is wrong so far, each code at most once, in the order of the enumeration.
    std::vector<finding> findings() const;

    /// The law of G.711, when payloads labelled slin turned out to have it.
    std::optional<encoding> g711() const noexcept { return g711_; }

    /// The rate at which the samples really come, in Hz, when it is not that of their label and steady.
    std::optional<int> actual_rate_hz() const noexcept;

  private:
    struct pace_fault {
        double pace = 1;        // by the label
        int actual_rate_hz = 0; // the usual rate that explains it
        std::size_t message_bytes = 0;
        std::chrono::nanoseconds interval{};
    };

    void count(std::chrono::nanoseconds at) noexcept;
    void judge_contents(std::span<const std::byte> payload);
    void judge_pace();
    void judge_lengths();
    void look_for_header(std::span<const std::byte> payload);
    std::size_t faults() const noexcept;

    finding describe_g711() const;
    finding describe_codec() const;
    finding describe_noise() const;
    finding describe_pace() const;
    finding describe_byte_order() const;
    finding describe_header() const;
    finding describe_burst() const;

    sender from_;
    kind kind_ = kind::slin; // of the last message
    bool has_clock_ = false;
    std::size_t message_bytes_ = 0;
    std::uint64_t messages_ = 0;

    std::chrono::nanoseconds second_since_{};
    std::uint32_t in_second_ = 0; // messages; 0 without a clock
    encoding_detector detector_;
    content_watch content_;
    payload_lengths lengths_;
    rate_watch rate_;
    burst_watch bursts_;

    std::optional<encoding> g711_;
    std::optional<std::string_view> codec_; // its name; of static storage
    bool codec_has_pace_ = false;
    bool noise_ = false;
    std::optional<pace_fault> pace_fault_;
    bool byte_order_ = false;
    std::string_view header_; // what file it belongs to; of static storage
    std::uint64_t header_at_ = 0;
};

} // namespace audiosocket::app::diagnosis
