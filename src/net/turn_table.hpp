// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "net/io_home.hpp"
#include "net/turn_wheel.hpp"

#include <audiosocket/call/event.hpp>
#include <audiosocket/net/engine_statistics.hpp>

#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/io_context.hpp>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>

namespace audiosocket::detail {

using io_executor = boost::asio::io_context::executor_type;
using io_timer = boost::asio::basic_waitable_timer<clock, boost::asio::wait_traits<clock>, io_executor>;

class turn_table;

/// Something that gets a turn when its time has come: a call.
class turn_taker : private turn_link {
  public:
    virtual ~turn_taker() = default;

    /// Its time has come. It has no place in the table now, until it is scheduled again; if it throws, it has another
    /// turn in the next tick.
    virtual void take_turn(time_point now) = 0;

  private:
    friend turn_table;

    std::shared_ptr<turn_taker> self_; // while it is in the table, the table keeps it alive
};

/// Gives the calls of an io_context their turns. There is one of it for each io_context, made when it is first used.
///
/// How it works: time is cut into ticks of a millisecond, and a wheel says who is due at which. One timer wakes the
/// thread for all calls of a tick together: a call costs no timer, no wake-up and no question to the kernel whether
/// something has arrived; its turn is when it looks.
///
/// Invariant: those in `due_` have not had the turn yet that they were scheduled for.
class turn_table : public boost::asio::execution_context::service {
  public:
    static boost::asio::execution_context::id id; // what Asio finds services by

    /// Turns are this far apart at least: one wake-up for fifty calls where a thread has a thousand, and half of it is
    /// what a caller's audio waits on average. ADR 6 has what 2 and 4 ms would save.
    static constexpr std::chrono::milliseconds tick{1};

    explicit turn_table(boost::asio::execution_context& context);

    /// Gives it a turn in the first tick that begins at `when` or later, but not in one that has begun; after 63 ms at
    /// the latest (the longest frame is 60 ms). It has one turn at most: an earlier appointment is forgotten.
    void schedule(std::shared_ptr<turn_taker> whom, time_point when);

    /// It gets no turn any more.
    void leave(turn_taker& who) noexcept;

    /// A buffer for all who read in their turn: what is in it is worth nothing afterwards. One read's worth: a second
    /// of 16 kHz audio and more, so that a call costs one read a turn.
    std::span<std::byte> read_buffer() noexcept { return *buffer_; }

    /// Which calls are open on its io_context, and whether that still exists.
    const std::shared_ptr<io_home>& home() const noexcept { return home_; }

    /// Ends the calls that are open at once. When no thread runs the io_context any more.
    void end_calls() noexcept;

    /// Turns that have been taken so far. Any thread may ask.
    std::uint64_t turns_taken() const noexcept { return turns_taken_.load(std::memory_order_relaxed); }

    /// Where its calls count together.
    engine_statistics& statistics() noexcept { return statistics_; }

  private:
    using tick_number = turn_wheel::tick_number;

    static constexpr std::size_t buffer_bytes = 64 * 1024;

    // Turns in a row before whatever else happens on this thread has its turn: a millisecond or two of ordinary ones.
    static constexpr int turns_in_a_row = 256;

    void shutdown() noexcept override;
    void run();
    void take_due_turns();
    void arm();

    const std::shared_ptr<io_home> home_; // shared with the calls, whose handles may outlive the io_context
    turn_wheel wheel_;
    turn_link due_;
    std::optional<tick_number> armed_for_; // when the timer wakes us
    bool running_ = false;
    const std::unique_ptr<std::array<std::byte, buffer_bytes>> buffer_;
    io_timer timer_;
    engine_statistics statistics_;
    std::atomic<std::uint64_t> turns_taken_ = 0; // only the thread of the io_context writes it
};

} // namespace audiosocket::detail
