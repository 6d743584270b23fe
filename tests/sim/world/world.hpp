// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sim/world/dice.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <span>
#include <vector>

/// \file
/// A simulated machine on a simulated network, with a virtual clock.
///
/// An executable that links `sim_world` has its own socket, epoll_wait, clock_gettime, and so on (libc.cpp). While a
/// world exists, sockets, epolls, timers and clocks that are made belong to it. All other descriptors are real. So the
/// unchanged code of the library and of Boost.Asio runs in the world.
///
/// One thread runs everything. The io_contexts of the machine are polled in turn. If none has work, the clock moves to
/// the next event: a timer, or bytes that arrive. Everything random comes from the seed, so a seed repeats exactly.
///
/// The other machines of the network are callbacks (`remote`). They need no io_context and take no time.
///
/// \code
/// world w(seed);
/// boost::asio::io_context io{1};
/// w.add(io);
/// call_server server(io, {"", 9092}, on_call);
/// remote& caller = w.connect({make_address("192.0.2.1"), 5000}, server.local_endpoint().port());
/// caller.on_change = [](remote& c) { ... c.read(1000) ... };
/// w.run_for(10s);
/// \endcode

namespace audiosocket::sim {

using std::chrono::nanoseconds;
using tcp_endpoint = boost::asio::ip::tcp::endpoint;

/// How the network treats the bytes from one end of a connection.
struct conditions {
    nanoseconds delay_min = std::chrono::microseconds(50);
    nanoseconds delay_max = std::chrono::microseconds(250);
    double cut_chance = 0;   ///< of bytes sent at once to arrive in several pieces
    double stall_chance = 0; ///< of bytes to arrive late; all bytes behind them wait
    nanoseconds stall_max{}; ///< how late
};

/// How the kernel of a remote machine buffers.
struct remote_buffers {
    std::size_t send = 256 * 1024;
    std::size_t receive = 256 * 1024;
    std::size_t of_machine = 256 * 1024; ///< what the machine may send to a listener before it is delivered, at most
};

struct kernel;
struct tcp_end;
class world;

/// One connection, as another machine has it. The world owns it, and keeps it until its own end.
class remote {
  public:
    explicit remote(tcp_end& end) noexcept : end_(end) {}
    remote(const remote&) = delete;
    remote& operator=(const remote&) = delete;

    /// Called after something has changed: connected, refused, bytes or the end arrived, room to send, reset. It must
    /// not call the code under test. It may use its own remote and the world.
    std::function<void(remote&)> on_change;

    /// Called at each send of the machine on this connection, with what the kernel took: at once, not on arrival.
    std::function<void(std::span<const std::byte>)> on_machine_sends;

    /// Returns whether the kernel took only a part of the machine's last send.
    bool machine_send_was_cut() const noexcept;

    /// Called when the machine shuts its sending side down or closes.
    std::function<void()> on_machine_ends;

    std::uint64_t number() const noexcept;
    bool is_connected() const noexcept;

    /// Returns whether the connection was refused, reset, or closed from here.
    bool is_over() const noexcept;
    bool was_reset() const noexcept;

    /// Returns whether all bytes have been read, and the machine has shut down its sending side.
    bool at_end() const noexcept;

    std::size_t readable() const noexcept;

    /// Reads at most this many bytes. The view is valid until the next use of the connection. A remote that does not
    /// read fills its receive buffer; then the machine cannot send.
    std::span<const std::byte> read(std::size_t most = SIZE_MAX);

    /// Sends as much as the buffer takes. Returns how many bytes.
    std::size_t send(std::span<const std::byte> bytes);

    void shut_down();
    void reset();

    /// Closes as a process does: with a FIN, or with a reset if bytes are unread.
    void close();

    /// Sets the network from the remote, or from the machine. Applies to bytes sent from now on.
    void set_conditions_from_here(const conditions& how);
    void set_conditions_from_machine(const conditions& how);

    /// Loses everything on the way from the remote, or from the machine, until it is called with false. Then TCP sends
    /// the lost bytes again.
    void lose_from_here(bool lost);
    void lose_from_machine(bool lost);

    /// Returns whether the connection is open, loses nothing, and half of the machine's send buffer is free.
    bool machine_can_send() const noexcept;

    /// Returns when the last byte arrived at the machine.
    nanoseconds last_arrival_at_machine() const noexcept;

  private:
    tcp_end& end_;
    std::vector<std::byte> read_; // what read() returned
};

/// What a world did.
struct world_figures {
    std::uint64_t connections = 0;
    std::uint64_t system_calls = 0;
    std::uint64_t events = 0;
    std::uint64_t bytes_delivered = 0;
};

/// A machine, its network and its clock. At most one exists at a time.
class world {
  public:
    explicit world(std::uint64_t seed);
    world(const world&) = delete;
    world& operator=(const world&) = delete;
    ~world();

    /// Returns dice for a part of the test, different from those of the network.
    dice dice_for(std::uint64_t part) const noexcept;

    // --- Time ---

    /// Returns the time since the machine started. It is the same as steady_clock::now().time_since_epoch().
    nanoseconds now() const noexcept;

    /// Calls a function of the test at a time, or after a time. It may call the code under test.
    void at(nanoseconds when, std::function<void()> what);
    void after(nanoseconds wait, std::function<void()> what);

    /// Calls a function of another machine after a time. It may use remotes and must not call the code under test.
    void remote_after(nanoseconds wait, std::function<void()> what);

    /// Runs the machine and the network. Throws std::runtime_error if a thread waits without a limit and nothing
    /// can happen any more. Aborts if the machine works without end while nothing happens outside.
    void run_for(nanoseconds time);

    /// Runs until the condition is true, at most this long. Returns whether it is true.
    bool run_until(const std::function<bool()>& condition, nanoseconds most);

    // --- The machine ---

    /// Runs this io_context, as a thread of its own would. Add it as soon as it exists; the world must be destroyed
    /// later than it, or it must be removed.
    void add(boost::asio::io_context& thread);
    void remove(boost::asio::io_context& thread);

    /// Called for an exception that leaves io_context::poll(); the world continues to run it. Without it the exception
    /// leaves run_for().
    std::function<void(const std::exception_ptr&)> on_exception;

    /// Called after each round in which the machine did something.
    std::function<void()> on_step;

    /// Blocks the thread that runs now, as a sleep does: other threads and the network continue. For use in handlers.
    void block(nanoseconds time);

    /// Uses processor time in the thread that runs now. Other threads and the network continue.
    void compute(nanoseconds time);

    /// Lets the whole machine stand still: its clocks go on, but nothing runs. The network continues.
    void stand_still(nanoseconds time);

    /// Returns how long this thread has been blocked, or the machine has stood still, so far.
    nanoseconds lost_time(const boost::asio::execution_context& thread) const noexcept;

    /// Changes the wall clock (system_clock), as an administrator or NTP does.
    void move_wall_clock(nanoseconds by);

    /// Lets accept fail with this error, until it is called with 0.
    void fail_accept(int error);

    /// Sets how many open files the machine allows a process.
    void set_files_max(std::size_t count);

    /// Returns how many simulated descriptors are open.
    std::size_t open_descriptors() const noexcept;

    // --- The network ---

    /// Connects from another machine to this port of the machine. Bytes may be sent at once; they wait for the
    /// connection.
    remote& connect(const tcp_endpoint& from, std::uint16_t port, const conditions& network = {},
                    const remote_buffers& buffers = {});

    /// Lets another machine listen, for connections that the machine makes. `on_accepted` may set callbacks.
    void listen(const tcp_endpoint& there, std::function<void(remote&)> on_accepted, const conditions& network = {},
                const remote_buffers& buffers = {});
    void stop_listening(const tcp_endpoint& there);

    // --- What happened ---

    /// Returns a hash of everything that was sent, delivered, connected and ended, with the times. Two runs of one seed
    /// have the same.
    std::uint64_t trace() const noexcept;

    /// Adds something of the test to the trace.
    void note(std::uint64_t what) noexcept;

    const world_figures& figures() const noexcept;

  private:
    friend remote;
    std::unique_ptr<kernel> kernel_;
};

} // namespace audiosocket::sim
