// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <audiosocket/asterisk/limits.hpp>
#include <audiosocket/asterisk/release.hpp>

#include <audiosocket/call/event.hpp>
#include <audiosocket/protocol.hpp>

#include <array>
#include <cstddef>
#include <deque>
#include <optional>
#include <span>
#include <string>

namespace audiosocket::asterisk {

/// How a call ended for Asterisk.
struct call_outcome {
    /// What became of the channel.
    enum class result {
        goes_on, ///< The dialplan continues with the next priority.
        fails,   ///< The dialplan ends, and Asterisk hangs up the caller.
        spins,   ///< A thread of Asterisk uses all of a core until the caller hangs up.
    };
    result what = result::goes_on; ///< What became of the channel.
    bool by_server = false;        ///< True if the server hung up; false if Asterisk ended the call because of what the
                                   ///< server sent or did not send.
    time_point at;                 ///< When it ended.
    std::string why;               ///< One line for people: what ended it.
    std::string log;               ///< Level and key words of what Asterisk writes to its log; empty if nothing.
};

/// Simulates how one release of Asterisk reads what a server sends: byte by byte and pause by pause, with the faults of
/// that release. It has no socket and no clock: *pass it what arrived and when, and what time it is.* Not thread-safe.
///
/// Bytes that have arrived and are not read yet are in `buffer_`, which stands for the kernel's buffer. In the middle
/// of a message Asterisk's thread is blocked here and does not forward the caller's audio: see blocked().
class AUDIOSOCKET_EXPORT reader {
  public:
    /// Makes the reader of a call that began at `now`, through the application or the channel driver of this release.
    reader(const release& r, interface through, time_point now);

    /// Takes bytes that arrived. Ignored after the end of the call.
    void receive(std::span<const std::byte> bytes, time_point now);

    /// Takes note that the server closed the connection with a FIN.
    void receive_end(time_point now);

    /// Takes note that the server or the network reset the connection.
    void receive_reset(time_point now);

    /// Takes note that Asterisk wrote a frame or digit of the caller. `whole` says whether the network took all of it.
    void sent(bool whole, time_point now);

    /// Lets time pass up to `now`. Call it at deadline() at the latest.
    void advance(time_point now);

    /// Returns when advance() is due, or time_point::max() if nothing can happen by time alone.
    time_point deadline() const noexcept;

    /// Returns whether Asterisk's thread waits for the rest of a message and so holds the caller's audio back.
    bool blocked() const noexcept;

    /// Returns the longest time for which Asterisk's thread was blocked(), up to `now`.
    std::chrono::nanoseconds blocked_max(time_point now) const;

    /// Returns how the call ended for this release, or nothing while it is in progress. Valid as long as this object.
    const std::optional<call_outcome>& end() const noexcept { return end_; }
    /// Returns the release that is simulated. Valid as long as this object.
    const release& of() const noexcept { return release_; }

  private:
    enum class place { header, payload };

    void read(time_point now);
    bool read_header(time_point now);
    bool read_header_bytewise(time_point now);
    bool judge_header(time_point now);
    bool judge_kind(kind k, time_point now);
    bool read_payload(time_point now);
    void note_block(time_point now);
    time_point idle_deadline() const noexcept;
    void finish(call_outcome::result what, bool by_server, std::string why, std::string log, time_point now);
    void fail(std::string why, std::string log, time_point now) {
        finish(call_outcome::result::fails, false, std::move(why), std::move(log), now);
    }
    std::byte take();
    void leave(time_point now);

    release release_;
    interface through_;
    std::deque<std::byte> buffer_;
    bool ended_stream_ = false;
    place at_ = place::header;
    bool in_header_ = false; // inside the read of a header, even before its first byte
    std::array<std::byte, header_bytes> header_{};
    std::size_t header_got_ = 0;
    std::size_t payload_left_ = 0;
    bool ignored_ = false; // the message is skipped, and this is its payload
    time_point payload_deadline_ = time_point::max();
    time_point last_activity_;
    std::optional<time_point> blocked_since_;
    std::chrono::nanoseconds blocked_max_{};
    std::optional<call_outcome> end_;
};

} // namespace audiosocket::asterisk
