// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sim/world/world.hpp"

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace audiosocket::sim {

/// Checks what the server sends on one connection, at each send: only legal messages, one in each send, a frame at
/// least every 40 ms, numbered samples in order. It has a parser of its own.
class wire_watch {
  public:
    wire_watch(world& in, std::string who) : world_(in), who_(std::move(who)) {}
    wire_watch(const wire_watch&) = delete;
    wire_watch& operator=(const wire_watch&) = delete;

    /// Starts to watch this connection.
    void attach(remote& line);

    /// Starts the clock of the frames. `thread` runs the call.
    void call_started(const boost::asio::execution_context& thread);

    /// Says whether gaps are the server's fault: the peer and its network are healthy.
    void expect_no_gaps(bool expected) noexcept { gaps_count_ = expected; }

    /// Says whether the samples that are not zero are numbered from 0 (numbered_samples).
    void expect_numbers(bool expected) noexcept { numbered_ = expected; }

    /// Says that the application has ended the call. Only a frame that is on its way may follow.
    void expect_no_frames() noexcept { may_send_frames_ = false; }

    /// Checks that the last frame is not too old. Call it when the call has ended.
    void call_ended();

    /// Returns how long the last byte of the peer has waited in the machine.
    nanoseconds waited() const;

    std::uint64_t frames() const noexcept { return frames_; }
    std::uint64_t heard() const noexcept { return next_; }      ///< The number behind the last sample.
    std::uint64_t skipped() const noexcept { return skips_; }   ///< How often numbers were left out.
    std::uint64_t samples() const noexcept { return samples_; } ///< Numbered samples.
    bool has_ended() const noexcept { return ended_; }
    bool got_hangup() const noexcept { return got_hangup_; }

  private:
    void look_at(std::span<const std::byte> bytes);
    void look_at_message();
    void look_at_frame(std::span<const std::byte> payload);
    void check_gap(const char* before);
    void complain(const std::string& what);

    world& world_;
    std::string who_;
    remote* line_ = nullptr;
    const boost::asio::execution_context* thread_ = nullptr;
    std::vector<std::byte> message_; // the part that was sent
    bool may_continue_ = false;      // the kernel took a part of it
    bool gaps_count_ = true;
    bool numbered_ = true;
    bool started_ = false;
    bool may_send_frames_ = true;
    int frames_too_late_ = 0;
    bool was_stalled_ = false;
    bool got_hangup_ = false;
    bool ended_ = false;
    nanoseconds last_frame_{};
    nanoseconds lost_before_{};
    std::uint64_t frames_ = 0;
    std::uint64_t next_ = 0;
    std::uint64_t skips_ = 0;
    std::uint64_t samples_ = 0;
    nanoseconds second_began_{};
    nanoseconds lost_in_second_{};
    int frames_in_second_ = 0;
};

} // namespace audiosocket::sim
