// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bench/call_socket.hpp"
#include "bench/pacing.hpp"
#include "bench/returned_frames.hpp"
#include "bench/tally.hpp"

#include <audiosocket/protocol.hpp>

#include <cstdint>
#include <limits>
#include <span>

namespace audiosocket::app::bench {

/// What is measured: the time in which a frame comes back, or only how evenly a server sends.
enum class mode { echo, playback };

/// Data that the calls of one thread share during an operation.
struct surroundings {
    bench::mode mode = bench::mode::echo;
    const numbered_frames* frames = nullptr;
    std::span<std::byte> buffer; ///< For reading; it can hold the longest message.
    stamp_clock stamps;
    bool measuring = false;
    std::uint64_t all_frames_received = 0; ///< During the measurement or not.
    tally seen;
};

/// One call as Asterisk makes it: sends the id, a frame whenever send_frame() is called, and FIN at the end; reads
/// everything.
class load_call {
  public:
    enum class state { connecting, up, leaving, over };

    /// Begins to connect. A call that fails at once has ended and is counted.
    load_call(const endpoint& server, std::size_t number, time_point now, surroundings& with);

    state now_is() const noexcept { return state_; }
    int descriptor() const noexcept { return socket_.descriptor(); }

    /// Called when connecting has succeeded or failed: sends the id. Returns false if the call has ended.
    bool connected(time_point now, surroundings& with);

    /// Reads one message, or the part of it that has arrived.
    void read(surroundings& with);

    /// Sends the frame that is due at this time. If the kernel does not take it whole at once, the call is killed.
    void send_frame(time_point due, surroundings& with);

    /// Gives up a connection attempt, or a server that does not close its side, when its deadline has passed.
    void check_patience(time_point now, surroundings& with);

    /// Begin and end the measured frames.
    void begin_measured() noexcept;
    void end_measured(surroundings& with);
    /// Returns whether each measured frame has come back, or was passed over. Always true in playback.
    bool is_settled(const surroundings& with) const noexcept;

    /// Sets when the call ends by itself.
    void set_end(time_point at) noexcept { ends_at_ = at; }
    time_point ends_at() const noexcept { return ends_at_; }

    /// Sends FIN, and reads what the server still sends.
    void leave(time_point now, surroundings& with);
    void abandon() noexcept;

  private:
    void take(const message& m, time_point at, surroundings& with);
    void take_audio(const message& m, time_point at, surroundings& with);
    void take_returned(const returned_frames::returned& frame, time_point at, surroundings& with) const;
    std::size_t bytes_wanted() const noexcept;
    void fail(int error, surroundings& with);
    void end_by_server(surroundings& with);

    static constexpr std::uint64_t open_end = std::numeric_limits<std::uint64_t>::max();

    call_socket socket_;
    state state_ = state::connecting;
    time_point since_; // of this state
    time_point ends_at_ = time_point::max();
    bool answered_ = false; // the server has sent audio

    decoder incoming_;
    std::size_t usual_bytes_ = numbered_frames::message_bytes; // of a message of this server
    returned_frames returned_;
    pacing pacing_;
    std::uint64_t measured_from_ = open_end; // frame numbers
    std::uint64_t measured_to_ = open_end;
};

} // namespace audiosocket::app::bench
