// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "call/rate_converter.hpp"
#include "call/rate_detector.hpp"
#include "call/receive_queue.hpp"
#include "call/work_budget.hpp"

#include <audiosocket/audio/encoding_detector.hpp>
#include <audiosocket/call/call_monitor.hpp>
#include <audiosocket/call/call_options.hpp>
#include <audiosocket/call/call_tally.hpp>
#include <audiosocket/protocol/message.hpp>

#include <memory>
#include <optional>
#include <vector>

namespace audiosocket {

/// Turns audio messages into samples for the application: finds out what they really contain, decodes them, brings them
/// to one rate, and keeps the arrival statistics.
///
/// A peer may send anything as fast as the network takes it, and some of it is expensive: 64 KiB of 8 kHz audio become
/// 4 s at 192 kHz, which is 70 ms of work. So there is a budget (work_budget). Without budget, audio that needs
/// conversion is dropped and counted, and the encoding of a payload is assumed to be that of the last one. Audio that
/// needs no conversion costs almost nothing and is always taken.
///
/// Each change of the kind costs as much as converting many samples. If a peer alternates between two kinds, audio of
/// the second kind is dropped and counted until there is budget for a change (change_budget).
///
/// Audio of a rate above rate_max_hz is dropped before anything is done with it.
///
/// Audio whose rate is in doubt is held back (rate_detector), at most 64 messages for at most a second.
class reception {
  public:
    reception(const call_options& options, call_statistics& counters, receive_queue& to)
        : counters_(counters), to_(to), input_(format_of(options.input)),
          kind_max_(slin_kind(options.rate_max_hz).value_or(kind::slin192)), rate_out_hz_(options.receive_rate_hz) {}

    /// Takes one audio message. Returns whether it was the first with audio in it, which decides the call's format.
    bool take(const message& audio, time_point now, call_monitor* monitor);

    /// Decides the rate by what has arrived, and passes on what is held back. Call it at deadline() and at the end.
    void settle(call_monitor* monitor);

    /// Passes on what is held back, at the rate of its kind, before an event that must not overtake it. The rate stays
    /// in doubt, because later audio may still show it.
    void let_go(call_monitor* monitor);

    /// Returns until when audio may be held back; time_point::max() if none is.
    time_point deadline() const noexcept { return doubt_ ? doubt_->rate.deadline() : time_point::max(); }

    /// Sets a tally in which it also counts, or null.
    void set_tally(call_tally* tally) noexcept { tally_ = tally; }

    /// Returns the format of what arrives, as far as it is known.
    media_format format() const noexcept { return format_; }

  private:
    // Audio whose rate is in doubt.
    struct doubt {
        rate_detector rate;
        struct piece {
            std::size_t bytes;
            time_point at;
        };
        std::vector<piece> pieces;
        std::vector<std::byte> payloads; // of all messages
    };

    // Converts audio of another rate than the application's.
    struct conversion {
        rate_converter to_rate_out;
        std::vector<std::int16_t> decoded;
    };

    bool may_come(const message& audio, time_point now);
    bool hold_back(const message& audio, time_point now);
    bool hand_over(const message& audio, time_point now, call_monitor* monitor);
    media_format contents_of(const message& audio, time_point now);
    encoding recognise(std::span<const std::byte> payload, time_point now);
    void count_arrival(std::size_t samples, int rate_hz, time_point now);
    void decode_into_queue(std::span<const std::byte> payload, std::size_t samples, time_point now,
                           call_monitor* monitor);
    void convert(std::span<const std::byte> payload, std::size_t samples, time_point now, call_monitor* monitor);

    // The length of a message: at most eight seconds.
    using short_duration = std::chrono::duration<std::int32_t, std::micro>;

    static constexpr kind no_label = kind::hangup; // no audio has this kind

    call_statistics& counters_;
    receive_queue& to_;
    call_tally* tally_ = nullptr;

    const std::optional<media_format> input_; // what kind 0x10 contains; nothing: the audio shows it
    const kind kind_max_;                     // the kind of rate_max_hz; kinds are in the order of their rates
    media_format format_;
    bool known_ = false;                 // audio has been passed on, and format_ is its format
    bool rate_known_ = false;            // of kind 0x10
    kind slin_kind_ = kind::slin;        // the rate that linear audio of kind 0x10 really has
    std::optional<encoding> recognised_; // the firm result of the detector; here it takes no extra memory
    kind label_ = no_label;              // the kind of the last message that was taken
    int rate_out_hz_;                    // 0: the rate of the first audio

    work_budget work_;
    change_budget changes_;
    std::unique_ptr<encoding_detector> detector_; // while it is needed
    std::unique_ptr<doubt> doubt_;                // while there is audio in doubt
    std::unique_ptr<conversion> conversion_;      // after another rate has come

    time_point last_arrival_{};
    short_duration last_duration_{};
    float jitter_us_ = 0;
};

} // namespace audiosocket
