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
        goes_on, ///< The dialplan goes on with the next priority.
        fails,   ///< The dialplan ends, the caller is hung up.
        spins,   ///< A thread of Asterisk uses all of a core until the caller hangs up.
    };
    result what = result::goes_on; ///< What became of the channel.
    bool by_server = false;        ///< The server hung up; otherwise what it sent, or did not, cost the call.
    time_point at;                 ///< When it ended.
    std::string why;               ///< One line for people: what ended it.
    std::string log;               ///< Level and key words of what Asterisk writes into its log; empty if nothing.
};

/// What one release of Asterisk makes of what a server sends: its reading, byte by byte and pause by pause, right or
/// wrong as that release has it. No socket and no clock: *tell it what arrived and when, and what time it is.*
///
/// What has arrived and is not read yet lies in `buffer_`, which stands for the kernel's. In the middle of a message
/// Asterisk's thread is in here, and not where it forwards the caller's audio: blocked().
class AUDIOSOCKET_EXPORT reader {
  public:
    /// A call that began now, through the application or the channel driver of this release.
    reader(const release& r, interface through, time_point now);

    /// Bytes have come. Ignored after the end.
    void receive(std::span<const std::byte> bytes, time_point now);

    /// The server has closed the connection in order.
    void receive_end(time_point now);

    /// The server, or the network, has reset the connection.
    void receive_reset(time_point now);

    /// A frame or digit of the caller's was written, which the network took whole or did not.
    void sent(bool whole, time_point now);

    /// Time has passed; due at deadline() at the latest.
    void advance(time_point now);

    /// Returns when advance() is due; time_point::max() if nothing is to come of the time alone.
    time_point deadline() const noexcept;

    /// Asterisk's thread waits for the rest of a message, so that the caller's audio stays where it is.
    bool blocked() const noexcept;

    /// The longest time for which it was.
    std::chrono::nanoseconds blocked_max(time_point now) const;

    /// Returns how the call ended for this release; nothing while it is in progress.
    const std::optional<call_outcome>& end() const noexcept { return end_; }
    /// Returns the release whose reading this is.
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
    bool in_header_ = false; // inside the read of a header, if only of its first byte
    std::array<std::byte, header_bytes> header_{};
    std::size_t header_got_ = 0;
    std::size_t payload_left_ = 0;
    bool ignored_ = false; // the payload of a message that is skipped
    time_point payload_deadline_ = time_point::max();
    time_point last_activity_;
    std::optional<time_point> blocked_since_;
    std::chrono::nanoseconds blocked_max_{};
    std::optional<call_outcome> end_;
};

} // namespace audiosocket::asterisk
