// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "net/io_home.hpp"
#include "net/io_timer.hpp"
#include "net/processor_time.hpp"
#include "net/readiness.hpp"
#include "net/retry.hpp"
#include "net/turn_account.hpp"
#include "net/turn_wheel.hpp"

#include <audiosocket/call/event.hpp>
#include <audiosocket/net/engine_statistics.hpp>

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

class turn_table;

/// Something that gets a turn at a given time, or when something has arrived for it: a call, or a socket that serves a
/// call.
class turn_taker : private turn_link {
  public:
    virtual ~turn_taker() = default;

    /// Called for a turn. It has no place in the table then, until it is scheduled again. If it throws, it has another
    /// turn in the next tick.
    virtual void take_turn(time_point now) = 0;

    /// Called when something has arrived on its socket (turn_table::watch). `is_last` says that the end of the peer, or
    /// an error, is part of it. Returns whether it wants a turn for that.
    virtual bool has_arrived(bool is_last, time_point now) noexcept = 0;

    /// Called to continue reading after it left something unread (turn_table::read_later). Returns whether it left
    /// something unread again.
    virtual bool read_on(time_point now) = 0;

    /// Called when the table is being destroyed, so that it has no more turns. A call gets that as a resident of its
    /// io_context.
    virtual void table_ends() noexcept {}

  private:
    friend turn_table;

    struct backlog_link : turn_link {
        explicit backlog_link(turn_taker& of) noexcept : whose(of) {}
        turn_taker& whose;
    };

    std::shared_ptr<turn_taker> self_; // set while it is in the table, which keeps it alive
    turn_account account_;
    bool waits_ = false;         // it waits for its turn, in `due_` or `heavy_`
    backlog_link unread_{*this}; // in `backlog_` while it has something to read later
};

/// Gives the calls of an io_context their turns. Each io_context has its own table, which is made when it is first
/// used.
///
/// How it works: time is divided into ticks of a millisecond. A wheel knows which calls are due at which tick, and one
/// system call in each tick says for which calls something has arrived (readiness). One timer wakes the thread for all
/// of them. So a call needs no timer, no wake-up of its own, and no useless read. If there are few calls, a thousand
/// wake-ups a second would be a waste, so the kernel wakes the thread for each arrival instead.
///
/// No call delays another. The processor time of each turn is measured. A call that has used more than its share lately
/// is heavy, and has its turns when no other call is due. A call that has more to read than one read takes also reads
/// the rest then. If the turns of a tick take longer than a tick, all reading waits, and only frames are sent. So calls
/// whose data are expensive, or come in bursts, wait for each other.
///
/// Invariant: entries in `due_` and `heavy_` have not had the turn yet for which they were scheduled.
class turn_table : public boost::asio::execution_context::service {
  public:
    static boost::asio::execution_context::id id; // by which Asio finds the service

    /// The length of a tick. With a thousand calls on a thread, one wake-up serves fifty of them. A caller's audio
    /// waits half of it on average. ADR 6 says what 2 and 4 ms would save.
    static constexpr std::chrono::milliseconds tick{1};

    explicit turn_table(boost::asio::execution_context& context);

    /// Schedules a turn in the first tick that begins at `when` or later, but not in a tick that has begun. The turn
    /// comes after at most 63 ms, because the longest frame is 60 ms. There is at most one appointment: an earlier
    /// appointment is replaced, unless its turn is due already and only waits for the turns of others.
    void schedule(std::shared_ptr<turn_taker> whom, time_point when);

    /// Cancels its turns.
    void leave(turn_taker& who) noexcept;

    /// Watches this socket: it also has a turn when something arrives there, as long as it is in the table. It counts
    /// as heavy until its turns have been measured.
    void watch(int socket, turn_taker& who, io_error& error);

    /// Lets it continue reading when no call is due. So a burst of bytes delays no frame, not even of its own call.
    void read_later(turn_taker& who) noexcept {
        if (who.unread_.alone()) who.unread_.insert_before(backlog_);
    }

    /// Returns whether the turns of this tick have taken longer than a tick. Frames of other calls wait then, so what
    /// has arrived should be read later.
    bool is_late(time_point now) const noexcept { return now - began_ > tick; }

    /// Stops watching a socket. Call it before the socket is closed.
    void unwatch(int socket);

    /// Returns a buffer that all users share during their turns; its content is not kept. It has room for more than a
    /// second of 16 kHz audio, so that a call needs one read a turn.
    std::span<std::byte> read_buffer() noexcept { return *buffer_; }

    /// Returns the io_home of its io_context.
    const std::shared_ptr<io_home>& home() const noexcept { return home_; }

    /// Ends all open calls at once. Call it only if no thread runs the io_context any more.
    void end_calls() noexcept;

    /// Returns the processor time that this thread has used in the present turn since `since`.
    std::chrono::nanoseconds used_since(time_point since, time_point now) noexcept {
        return processor_.used(since, now);
    }

    /// Returns whether the next call is to measure how long its bytes wait to be read, as one in 32 does.
    bool measures_next() noexcept { return connections_++ % measured_one_in == 0; }

    /// Returns the number of turns so far. Safe from any thread.
    std::uint64_t turns_taken() const noexcept { return turns_taken_.load(std::memory_order_relaxed); }

    /// Returns the statistics in which its calls count.
    engine_statistics& statistics() noexcept { return statistics_; }

  private:
    using tick_number = turn_wheel::tick_number;

    static constexpr std::size_t buffer_bytes = 64 * 1024;

    // How many turns are given in a row before other work of this thread is done: one or two milliseconds of ordinary
    // turns.
    static constexpr int turns_in_a_row = 256;

    // A measured read costs a few hundred nanoseconds more.
    static constexpr std::size_t measured_one_in = 32;

    // How long heavy calls have turns, and other calls read on, before the calls that are due meanwhile have theirs.
    static constexpr std::chrono::microseconds time_for_rest{500};

    // Reading the rest gets at least this part of the time that the turns took (one in four). Otherwise audio would
    // wait in the kernel for seconds if frames use all of the core. Reading in large pieces costs a quarter of sending
    // in frames.
    static constexpr int part_for_reading = 4;

    // With up to this many sockets, the kernel wakes the thread for each arrival; with more, the thread looks in each
    // tick. At 20 ms between two frames, both have the same number of wake-ups. There are two limits, because each
    // change costs a system call.
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
    void arm() noexcept;
    void arm_waits();

    const std::shared_ptr<io_home> home_; // shared with the calls, whose handles may outlive the io_context
    turn_wheel wheel_;
    turn_link due_;
    turn_link heavy_;
    turn_link backlog_;
    readiness arrivals_;
    std::size_t watched_ = 0; // sockets that are watched
    wake_up woken_by_ = wake_up::none;
    bool waiting_ = false;                 // the thread waits for arrivals
    std::optional<tick_number> armed_for_; // when the timer wakes us
    bool rings_for_tick_ = false;          // the timer is set for a tick, and not for at once
    bool running_ = false;
    bool ended_ = false;
    time_point began_{};       // when the turns in progress began
    processor_time processor_; // used since then
    const std::unique_ptr<std::array<std::byte, buffer_bytes>> buffer_;
    io_timer timer_;
    retry arm_again_;                                                 // when there is no memory for a wait
    boost::asio::posix::basic_stream_descriptor<io_executor> waking_; // has the descriptor of arrivals_, not owned
    std::size_t connections_ = 0;                                     // connections so far
    engine_statistics statistics_;
    std::atomic<std::uint64_t> turns_taken_ = 0; // only the thread of the io_context writes it
};

} // namespace audiosocket::detail
