// SPDX-License-Identifier: Apache-2.0
#include "sim/server/wire_watch.hpp"

#include <audiosocket/audio/numbered_samples.hpp>

#include <gtest/gtest.h>

namespace audiosocket::sim {
namespace {

using namespace std::chrono_literals;

// Asterisk ends the wait for a frame after twice its length.
constexpr nanoseconds gap_max = 40ms;

// 50 frames, 3 of catch-up, and frames that come 1 ms closer together to follow the caller.
constexpr int frames_a_second_max = 58;

constexpr std::size_t header_bytes = 3;

} // namespace

void wire_watch::attach(remote& line) {
    line_ = &line;
    line.on_machine_sends = [this](std::span<const std::byte> bytes) { look_at(bytes); };
    line.on_machine_ends = [this] {
        if (std::exchange(ended_, true)) return;
        if (!message_.empty() && !may_continue_) complain("the end is within a message");
        if (started_ && !got_hangup_ && gaps_count_) check_gap("the end");
    };
}

void wire_watch::call_started(const boost::asio::execution_context& thread) {
    thread_ = &thread;
    started_ = true;
    if (frames_ > 0) return;
    last_frame_ = world_.now();
    lost_before_ = world_.lost_time(thread);
}

void wire_watch::call_ended() {
    if (gaps_count_ && !ended_ && !got_hangup_ && line_ != nullptr && !line_->is_over())
        check_gap("the end of the call");
}

nanoseconds wire_watch::waited() const {
    return world_.now() - line_->last_arrival_at_machine();
}

void wire_watch::look_at(std::span<const std::byte> bytes) {
    if (ended_) complain("sent something after the end");
    if (message_.empty() == may_continue_) complain("one message in two sends");
    message_.insert(message_.end(), bytes.begin(), bytes.end());
    may_continue_ = false;
    if (message_.size() < header_bytes || message_.size() < header_bytes +
                                                                (std::to_integer<std::size_t>(message_[1]) << 8U) +
                                                                std::to_integer<std::size_t>(message_[2])) {
        may_continue_ = line_->machine_send_was_cut();
        if (!may_continue_) complain("sent a part of a message");
        was_stalled_ = true;
        return;
    }
    look_at_message();
    message_.clear();
}

void wire_watch::look_at_message() {
    const auto payload = std::span(message_).subspan(header_bytes);
    const std::size_t length =
        (std::to_integer<std::size_t>(message_[1]) << 8U) + std::to_integer<std::size_t>(message_[2]);
    if (payload.size() != length) return complain("sent two messages at once");
    if (got_hangup_) complain("sent a message after the hangup");
    const auto kind = std::to_integer<unsigned>(message_[0]);
    if (kind == 0x00) {
        got_hangup_ = true;
        if (length != 0) complain("a hangup with a payload");
        if (started_ && gaps_count_) check_gap("the hangup");
    } else if (kind >= 0x10 && kind <= 0x18) {
        if (length == 0 || length % 2 != 0) complain("audio of " + std::to_string(length) + " bytes");
        look_at_frame(payload);
    } else {
        complain("a message of kind " + std::to_string(kind));
    }
}

void wire_watch::look_at_frame(std::span<const std::byte> payload) {
    ++frames_;
    if (!may_send_frames_ && ++frames_too_late_ > 1) complain("frames after the application has ended the call");
    if (started_ && gaps_count_) check_gap("frame");
    const nanoseconds now = world_.now();
    last_frame_ = now;
    lost_before_ = thread_ != nullptr ? world_.lost_time(*thread_) : nanoseconds{};
    was_stalled_ = !line_->machine_can_send();
    if (now - second_began_ >= 1s) {
        second_began_ = now;
        frames_in_second_ = 0;
        lost_in_second_ = lost_before_;
    }
    if (++frames_in_second_ > frames_a_second_max && gaps_count_ && lost_in_second_ == lost_before_)
        complain("too many frames in a second");
    if (!numbered_) return;
    for (std::size_t i = 0; i + 1 < payload.size(); i += 2) {
        const auto sample = static_cast<std::int16_t>(std::to_integer<unsigned>(payload[i]) |
                                                      std::to_integer<unsigned>(payload[i + 1]) << 8U);
        if (sample == 0) continue;
        ++samples_;
        if (!numbered_samples::is_numbered(sample)) return complain("a sample that was never played");
        constexpr auto period = numbered_samples::period;
        const std::uint64_t skip = (numbered_samples::position_of(sample) + period - next_ % period) % period;
        if (skip > 0) ++skips_;
        next_ += skip + 1;
    }
}

void wire_watch::check_gap(const char* before) {
    const nanoseconds lost = (thread_ != nullptr ? world_.lost_time(*thread_) : nanoseconds{}) - lost_before_;
    const nanoseconds gap = world_.now() - last_frame_ - lost;
    if (gap <= gap_max || was_stalled_) return;
    complain("a gap of " + std::to_string(gap.count() / 1000) + " us before " + before + " " + std::to_string(frames_));
}

void wire_watch::complain(const std::string& what) {
    ADD_FAILURE() << who_ << " at " << world_.now().count() / 1000 << " us: " << what;
}

} // namespace audiosocket::sim
