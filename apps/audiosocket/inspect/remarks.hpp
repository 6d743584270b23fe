// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

/// \file
/// The faults that `inspect` finds in a stream: a fixed list, each with its effect. Source: docs/asterisk.md,
/// "What real Asterisk does not forgive".

namespace audiosocket::app::inspect {

/// A fault; rule_of() has its meaning.
enum class fault : std::uint8_t {
    // of a server
    kind_not_for_asterisk,
    empty_audio,
    split_header,
    slow_message,
    late_first_audio,
    no_audio,
    audio_gap,
    mixed_kinds,
    sent_after_hangup,
    reset,
    // of a caller
    id_missing,
    id_length,
    id_repeated,
    unknown_kind,
    bad_digit,
    error_message,
    // of either
    odd_audio,
    quiet_call,
    both_directions,
    // of the capture itself
    capture_hole,
    capture_reordered,
};

/// Texts and weight of a fault.
struct fault_rule {
    std::string_view name; ///< For scripts: "audio_gap".
    bool costs_call;       ///< Asterisk, or a strict server, ends the call because of it, or the caller hears nothing.
    std::string_view text; ///< For people: what it is, and its effect.
    std::string_view unit; ///< Of remark::worst; empty if there is no such number.
};

const fault_rule& rule_of(fault f) noexcept;

/// All occurrences of one fault in one stream.
struct remark {
    std::uint64_t count = 0;
    std::uint64_t first_offset = 0;       ///< Bytes from the start of the stream.
    std::chrono::microseconds first_at{}; ///< Since the start of the call; zero without a clock.
    std::int64_t worst = 0;               ///< The largest value, in fault_rule::unit.
};

/// A place in a stream.
struct place {
    std::uint64_t offset = 0;
    std::chrono::microseconds at{};
};

/// The faults of one stream: bounded, however often each occurs.
class remark_list {
  public:
    void add(fault f, place where, std::int64_t size = 0);

    bool costs_call() const noexcept;
    const std::map<fault, remark>& all() const noexcept { return remarks_; }

  private:
    std::map<fault, remark> remarks_;
};

} // namespace audiosocket::app::inspect
