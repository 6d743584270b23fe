// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "net/io_home.hpp"
#include "net/processor_time.hpp"
#include "net/readiness.hpp"
#include "net/turn_account.hpp"
#include "net/turn_wheel.hpp"

#include <audiosocket/call/event.hpp>
#include <audiosocket/net/engine_statistics.hpp>

#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/basic_stream_descriptor.hpp>

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

/// Something that gets a turn when its time has come, or when something has arrived for it: a call.
class turn_taker : private turn_link {
  public:
    virtual ~turn_taker() = default;

    /// It has its turn. It has no place in the table now, until it is scheduled again; if it throws, it has another
    /// turn in the next tick.
    virtual void take_turn(time_point now) = 0;

    /// Something has arrived on its socket (turn_table::watch). `is_last`: the peer's end, or an error, is part of it.
    /// Returns whether it wants a turn for that.
    virtual bool has_arrived(bool is_last, time_point now) noexcept = 0;

    /// Reads on, after it has left something unread (turn_table::read_later). Returns whether it did so again.
    virtual bool read_on(time_point now) = 0;

  private:
    friend turn_table;

    struct backlog_link : turn_link {
        explicit backlog_link(turn_taker& of) noexcept : whose(of) {}
        turn_taker& whose;
    };

    std::shared_ptr<turn_taker> self_; // while it is in the table, the table keeps it alive
    turn_account account_;
    bool waits_ = false;         // for its turn, in `due_` or `heavy_`
    backlog_link unread_{*this}; // in `backlog_`, while it has something to read later
};

/// Gives the calls of an io_context their turns. There is one of it for each io_context, made when it is first used.
///
/// How it works: time is cut into ticks of a millisecond. A wheel says who is due at which, and one question to the
/// kernel in each tick says for whom something has arrived (readiness). One timer wakes the thread for all of them
/// together: a call costs no timer, no wake-up, and no read in vain. Where few calls would have a thread woken a
/// thousand times a second, the kernel wakes it for each arrival instead.
///
/// No call delays another. The processor time of each turn is measured: a call that has used more than its share lately
/// is heavy, and has its turns when no other is due. A call that has more to read than is read at once reads the rest
/// then, too. Where the turns of a tick take longer than a tick, all reading is put off, and only frames are sent. So
/// callers whose data are expensive, or come in bursts, wait for each other.
///
/// Invariant: those in `due_` and `heavy_` have not had the turn yet that they were scheduled for.
class turn_table : public boost::asio::execution_context::service {
  public:
    static boost::asio::execution_context::id id; // what Asio finds services by

    /// One wake-up for fifty calls where a thread has a thousand. Half of it is what a caller's audio waits on average.
    /// ADR 6 has what 2 and 4 ms would save.
    static constexpr std::chrono::milliseconds tick{1};

    explicit turn_table(boost::asio::execution_context& context);

    /// Gives it a turn in the first tick that begins at `when` or later, but not in one that has begun; after 63 ms at
    /// the latest (the longest frame is 60 ms). It has one turn at most: an earlier appointment is forgotten, unless
    /// its turn has come and is only waiting for those of others.
    void schedule(std::shared_ptr<turn_taker> whom, time_point when);

    /// It gets no turn any more.
    void leave(turn_taker& who) noexcept;

    /// From now on it has a turn as well when something arrives on this socket, as long as it is in the table. It
    /// counts as heavy at first, until its turns have been measured.
    void watch(int socket, turn_taker& who, io_error& error);

    /// Lets it read on when no call is due. A burst of bytes so delays no frame, not even the frames of its own call.
    void read_later(turn_taker& who) noexcept {
        if (who.unread_.alone()) who.unread_.insert_before(backlog_);
    }

    /// Returns whether the turns of a tick have taken longer than a tick: the frames of others wait already, and what
    /// has arrived should be read later.
    bool is_late(time_point now) const noexcept { return now - began_ > tick; }

    /// To be called before the socket is closed, if it is watched.
    void unwatch(int socket);

    /// A buffer for all who read in their turn: what is in it is worth nothing afterwards. One read's worth: a second
    /// of 16 kHz audio and more, so that a call costs one read a turn.
    std::span<std::byte> read_buffer() noexcept { return *buffer_; }

    /// Which calls are open on its io_context, and whether that still exists.
    const std::shared_ptr<io_home>& home() const noexcept { return home_; }

    /// Ends the calls that are open at once. When no thread runs the io_context any more.
    void end_calls() noexcept;

    /// Returns the processor time that this thread has used in the present turn since then.
    std::chrono::nanoseconds used_since(time_point since, time_point now) noexcept {
        return processor_.used(since, now);
    }

    /// Returns whether the next call measures how long its bytes wait to be read: one in 32 does.
    bool measures_next() noexcept { return connections_++ % measured_one_in == 0; }

    /// Turns that have been taken so far. Any thread may ask.
    std::uint64_t turns_taken() const noexcept { return turns_taken_.load(std::memory_order_relaxed); }

    /// Where its calls count together.
    engine_statistics& statistics() noexcept { return statistics_; }

  private:
    using tick_number = turn_wheel::tick_number;

    static constexpr std::size_t buffer_bytes = 64 * 1024;

    // Turns in a row before whatever else happens on this thread has its turn: a millisecond or two of ordinary ones.
    static constexpr int turns_in_a_row = 256;

    // A measured read costs a few hundred nanoseconds more.
    static constexpr std::size_t measured_one_in = 32;

    // How long heavy calls have turns, and others read on, before those that are due meanwhile have theirs.
    static constexpr std::chrono::microseconds time_for_rest{500};

    // What is left to be read gets at least one part in so many of the time that the turns took. Where all of the core
    // is used by frames, their audio would otherwise wait in the kernel for seconds: reading it in large pieces costs
    // a quarter of sending it in frames.
    static constexpr int part_for_reading = 4;

    // With up to so many sockets, the kernel wakes the thread for each arrival; with more, each tick is a look. The
    // same number of wake-ups with 20 ms between two frames. Two limits, because the change costs a system call.
    static constexpr std::size_t woken_by_arrivals_max = 16;
    static constexpr std::size_t woken_by_ticks_min = 24;

    enum class wake_up { none, arrivals, ticks };

    void shutdown() noexcept override;
    void run();
    void take_turns();
    void look_for_arrivals(time_point now) noexcept;
    time_point give_turn(turn_taker& taker, time_point now);
    void read_on(turn_taker& taker, time_point now);
    void choose_wake_up();
    void wait_for_arrivals();
    void arm();

    const std::shared_ptr<io_home> home_; // shared with the calls, whose handles may outlive the io_context
    turn_wheel wheel_;
    turn_link due_;
    turn_link heavy_;
    turn_link backlog_;
    readiness arrivals_;
    std::size_t watched_ = 0; // sockets
    wake_up woken_by_ = wake_up::none;
    bool waiting_ = false;                 // for arrivals
    std::optional<tick_number> armed_for_; // when the timer wakes us
    bool rings_for_tick_ = false;          // and not at once
    bool running_ = false;
    bool ended_ = false;
    time_point began_{};       // the turns that are in progress
    processor_time processor_; // since then
    const std::unique_ptr<std::array<std::byte, buffer_bytes>> buffer_;
    io_timer timer_;
    boost::asio::posix::basic_stream_descriptor<io_executor> waking_; // has the descriptor of arrivals_, not owned
    std::size_t connections_ = 0;                                     // so far
    engine_statistics statistics_;
    std::atomic<std::uint64_t> turns_taken_ = 0; // only the thread of the io_context writes it
};

} // namespace audiosocket::detail
