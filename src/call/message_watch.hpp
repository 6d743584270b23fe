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

/// Watches the times of what a peer sends: until when a message that has begun must be whole, the pauses inside a
/// message, and until when something must arrive.
class message_watch {
  public:
    /// Makes a watch. With an idle timeout of 0, a peer may be silent without limit.
    message_watch(std::chrono::milliseconds timeout, std::chrono::milliseconds idle_timeout,
                  call_statistics& counters) noexcept
        : timeout_(timeout), idle_timeout_(idle_timeout), counters_(counters) {}

    /// Starts the idle timeout, because the call is in progress.
    void start(time_point now) noexcept {
        last_bytes_ = now;
        idle_counts_ = idle_timeout_ > idle_timeout_.zero();
    }

    /// Takes note that bytes arrive behind the `begun_bytes` of a message that is not whole yet. 0: a message begins
    /// with them.
    void arrived(std::size_t begun_bytes, time_point now) noexcept {
        if (begun_bytes > 0) {
            const auto pause = std::chrono::duration_cast<std::chrono::microseconds>(now - last_bytes_);
            counters_.message_pause_max = std::max(counters_.message_pause_max, pause);
            if (begun_bytes < header_bytes && pause >= header_split_from) ++counters_.split_headers;
        }
        begun_bytes_ = static_cast<std::uint32_t>(begun_bytes);
        last_bytes_ = now;
    }

    /// Takes note that the bytes have been decoded: whether they completed a message, and whether they end inside a
    /// message.
    void decoded(bool completed_one, bool in_message) noexcept {
        if (!in_message)
            deadline_ = time_point::max();
        else if (begun_bytes_ == 0 || completed_one)
            deadline_ = last_bytes_ + timeout_;
    }

    /// Stops all limits: nothing more is expected.
    void stop() noexcept {
        deadline_ = time_point::max();
        idle_counts_ = false;
    }

    /// Returns until when the message that has begun must be whole; time_point::max() between messages.
    time_point deadline() const noexcept { return deadline_; }

    /// Returns until when the next bytes must arrive; time_point::max() without such a limit.
    time_point idle_deadline() const noexcept { return idle_counts_ ? last_bytes_ + idle_timeout_ : time_point::max(); }

  private:
    // Two pieces of a header closer than this may have arrived as one, and only our reads have split them.
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
