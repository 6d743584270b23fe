// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <audiosocket/call/call_statistics.hpp>
#include <audiosocket/call/event.hpp>
#include <audiosocket/protocol/message.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace audiosocket {

/// Times what a peer sends: until when a message that has begun has to be whole, how long it pauses inside, and until
/// when anything has to arrive at all.
class message_watch {
  public:
    /// An idle timeout of 0: a peer may be silent for as long as it likes.
    message_watch(std::chrono::milliseconds timeout, std::chrono::milliseconds idle_timeout,
                  call_statistics& counters) noexcept
        : timeout_(timeout), idle_timeout_(idle_timeout), counters_(counters) {}

    /// The call is in progress: from now on the peer must not be silent for too long.
    void start(time_point now) noexcept {
        last_bytes_ = now;
        idle_counts_ = idle_timeout_ > idle_timeout_.zero();
    }

    /// Bytes arrive behind `begun_bytes` of a message that is not whole yet; 0: a message begins with them.
    void arrived(std::size_t begun_bytes, time_point now) noexcept {
        if (begun_bytes > 0) {
            const auto pause = std::chrono::duration_cast<std::chrono::microseconds>(now - last_bytes_);
            counters_.message_pause_max = std::max(counters_.message_pause_max, pause);
            if (begun_bytes < header_bytes && pause >= header_split_from) ++counters_.split_headers;
        }
        begun_bytes_ = static_cast<std::uint32_t>(begun_bytes);
        last_bytes_ = now;
    }

    /// They have been decoded: did they complete a message, and do they end inside one?
    void decoded(bool completed_one, bool in_message) noexcept {
        if (!in_message)
            deadline_ = time_point::max();
        else if (begun_bytes_ == 0 || completed_one)
            deadline_ = last_bytes_ + timeout_;
    }

    /// Nothing is expected any more.
    void stop() noexcept {
        deadline_ = time_point::max();
        idle_counts_ = false;
    }

    /// When the message that has begun has to be whole; time_point::max() between messages.
    time_point deadline() const noexcept { return deadline_; }

    /// When the next bytes have to arrive; time_point::max() without such a limit.
    time_point idle_deadline() const noexcept { return idle_counts_ ? last_bytes_ + idle_timeout_ : time_point::max(); }

  private:
    // A header in two pieces closer than this may have come in one, and been read in two by us.
    static constexpr std::chrono::milliseconds header_split_from{1};

    std::chrono::milliseconds timeout_;
    std::chrono::milliseconds idle_timeout_;
    call_statistics& counters_;
    time_point last_bytes_{};
    time_point deadline_ = time_point::max();
    std::uint32_t begun_bytes_ = 0; // before the last bytes
    bool idle_counts_ = false;
};

} // namespace audiosocket
