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
/// A peer may send whatever it likes as fast as the network takes it, and some of that is expensive: 64 KiB of 8 kHz
/// audio become 4 s at 192 kHz, 70 ms of work. So there is a budget (work_budget). Audio that it does not allow to be
/// converted is dropped and counted, and a payload that it does not allow to be looked at is taken for what the last
/// one was. Audio that needs no conversion costs next to nothing and is always taken.
///
/// Each change of the kind costs as much as the conversion of many samples. A peer that alternates between two kinds is
/// held at one: audio of the other kind is dropped and counted, until there is budget for a change (change_budget).
///
/// Audio of a rate that is too high (rate_max_hz) is dropped before anything is done with it, as if it had not come.
///
/// Audio whose rate is in doubt is held back (rate_detector), at most 64 messages for at most a second.
class reception {
  public:
    reception(const call_options& options, call_statistics& counters, receive_queue& to)
        : counters_(counters), to_(to), input_(format_of(options.input)),
          kind_max_(slin_kind(options.rate_max_hz).value_or(kind::slin192)), rate_out_hz_(options.receive_rate_hz) {}

    /// Takes one audio message. Returns whether it was the first with audio in it, which decides the call's format.
    bool take(const message& audio, time_point now, call_monitor* monitor);

    /// Decides the rate by what has arrived, and hands over what is held back. To be called at deadline() and at the
    /// end.
    void settle(call_monitor* monitor);

    /// Hands over what is held back, by its label, before something that must not overtake it. The rate stays in doubt:
    /// what follows may still show it.
    void let_go(call_monitor* monitor);

    /// When audio must not be held back any longer; time_point::max() if none is.
    time_point deadline() const noexcept { return doubt_ ? doubt_->rate.deadline() : time_point::max(); }

    /// Counts in this as well, or null.
    void set_tally(call_tally* tally) noexcept { tally_ = tally; }

    /// What arrives, as far as is known.
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
        std::vector<std::byte> payloads; // of all pieces
    };

    // For audio of another rate than the application's.
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

    // Of a message: eight seconds at most.
    using short_duration = std::chrono::duration<std::int32_t, std::micro>;

    static constexpr kind no_label = kind::hangup; // no audio has this kind

    call_statistics& counters_;
    receive_queue& to_;
    call_tally* tally_ = nullptr;

    const std::optional<media_format> input_; // what kind 0x10 contains; nothing: found out
    const kind kind_max_;                     // that of rate_max_hz; kinds are in the order of their rates
    media_format format_;
    bool known_ = false;                 // audio has been handed over, and format_ is what it is
    bool rate_known_ = false;            // of kind 0x10
    kind slin_kind_ = kind::slin;        // the rate that linear audio of kind 0x10 really has
    std::optional<encoding> recognised_; // what the detector was sure of; here, where it takes no room of its own
    kind label_ = no_label;              // of the last message that was taken
    int rate_out_hz_;                    // 0: that of the first audio

    work_budget work_;
    change_budget changes_;
    std::unique_ptr<encoding_detector> detector_; // while it is needed
    std::unique_ptr<doubt> doubt_;                // while there is audio in doubt
    std::unique_ptr<conversion> conversion_;      // once another rate has come

    time_point last_arrival_{};
    short_duration last_duration_{};
    float jitter_us_ = 0;
};

} // namespace audiosocket
