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

/// Detects faults in the audio messages of one direction of a call. It is given each message with its time of arrival;
/// findings() may be called at any time.
///
/// No I/O and no clock. Constant memory, under 1 KiB. A message costs some microseconds in the first second and less
/// than one later. With a clock, only the first 200 messages of each second are examined, and only the first 1000
/// count. A fault has to last for half a second to two seconds before it is reported; it then stays reported. Silence,
/// comfort noise, music, tones, speech, jitter and bursts of a late sender are not faults.
class audio_judge {
  public:
    explicit audio_judge(sender from) noexcept : from_(from) {}

    /// Adds an audio message. `at` is the time since any fixed moment; without it pace and bursts are not judged.
    /// Returns whether findings() has changed.
    bool add(kind k, std::span<const std::byte> payload, std::optional<std::chrono::nanoseconds> at);

    /// Called when messages were lost, or the stream was paused on purpose: the clock starts again with the next
    /// message.
    void forget_pace() noexcept { rate_.reset(); }

    /// Returns the findings so far, each code at most once, in the order of the enumeration.
    std::vector<finding> findings() const;

    /// Returns the law of G.711, if payloads labelled slin turned out to be G.711.
    std::optional<encoding> g711() const noexcept { return g711_; }

    /// Returns the actual rate of the samples in Hz, if it is steady and differs from their label.
    std::optional<int> actual_rate_hz() const noexcept;

  private:
    struct pace_fault {
        double pace = 1;        // measured by the label
        int actual_rate_hz = 0; // the common rate that explains it
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
    std::optional<std::string_view> codec_; // its name; static storage
    bool codec_has_pace_ = false;
    bool noise_ = false;
    std::optional<pace_fault> pace_fault_;
    bool byte_order_ = false;
    std::string_view header_; // the file type of the header; static storage
    std::uint64_t header_at_ = 0;
};

} // namespace audiosocket::app::diagnosis
