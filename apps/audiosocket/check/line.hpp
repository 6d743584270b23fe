// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "diagnosis/framing_judge.hpp"

#include <audiosocket/call/event.hpp>
#include <audiosocket/net/file_descriptor.hpp>
#include <audiosocket/protocol.hpp>

#include <boost/asio/ip/tcp.hpp>

#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>
#include <span>
#include <vector>

namespace audiosocket::app::check {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using bytes = std::vector<std::byte>;

/// A message from the other side, with its times.
struct received_message {
    audiosocket::kind kind{};
    bytes payload;
    time_point begun;    ///< When its first byte had arrived.
    time_point whole;    ///< When its last byte had arrived.
    nanoseconds pause{}; ///< The longest time between two of its pieces.
};

/// How a connection ended, if it has.
enum class ending { none, finished, reset, flooded, never_connected };

/// Fills each frame that a line sends.
using audio_source = std::function<void(std::span<std::int16_t>)>;

/// The kernel's buffers of a line that has to be slow; 0: the system's default.
struct buffers {
    int receive_bytes = 0;
    int send_bytes = 0;
};

/// One connection to a server under test, or from a caller. It sends any wire bytes, valid or not, and keeps everything
/// that comes back with its time of arrival. Blocking, in the thread of its case.
class line {
  public:
    using tcp = boost::asio::ip::tcp;

    /// Connects; connected() returns whether that worked.
    explicit line(const tcp::endpoint& server, const buffers& how = {});
    /// Takes an accepted connection.
    explicit line(file_descriptor socket);
    line(line&&) noexcept = default;
    line& operator=(line&&) = default;
    ~line() = default;

    bool connected() const noexcept { return end_ != ending::never_connected; }
    bool open() const noexcept { return end_ == ending::none; }
    ending end() const noexcept { return end_; }
    /// Returns why it never connected, as errno.
    int connect_error() const noexcept { return connect_error_; }
    time_point ended_at() const noexcept { return ended_at_; }

    // --- Sending. Returns false once the connection does not accept bytes any more. ---

    /// Sends these bytes for at most a second, in several pieces if necessary.
    bool send(std::span<const std::byte> what);
    bool send(const outgoing_message& m);
    /// Tries once and does not wait, as Asterisk does.
    bool send_at_once(std::span<const std::byte> what);

    /// From now on sends a frame of `from` every `ptime` during pass().
    void send_audio(audio_source from, kind as = kind::slin, milliseconds ptime = milliseconds(20));
    void stop_audio() { source_ = nullptr; }
    std::size_t frames_sent() const noexcept { return frames_sent_; }
    /// Returns whether the kernel once did not take a frame at once: Asterisk would have ended the call.
    bool choked() const noexcept { return choked_; }

    void close_sending(); ///< Sends FIN; incoming bytes are still read.
    void reset();         ///< RST.
    void close() noexcept { socket_.close(); }

    /// Stops reading; incoming bytes stay in the kernel.
    void stop_reading() noexcept { reading_ = false; }
    void resume_reading() noexcept { reading_ = true; }

    // --- Received data ---

    const std::vector<received_message>& received() const noexcept { return received_; }
    std::size_t bytes_received() const noexcept { return bytes_received_; }
    /// Forgets received messages, for a line that is watched for long. More than kept_bytes_max or kept_messages_max
    /// end the line (flooded).
    void forget();
    /// The size of messages in memory, not on the wire: a message with one sample takes thirty times its five bytes.
    static constexpr std::size_t kept_bytes_max = 32 * 1024 * 1024; // five minutes at 48 kHz
    static constexpr std::size_t kept_messages_max = 50'000; ///< 16 minutes of frames; a flood has them in a moment.
    /// Returns what the peer sends instead of AudioSocket, judged by the bytes so far; nothing for AudioSocket.
    std::optional<diagnosis::finding> something_else() const;
    /// Returns whether a message is incomplete.
    bool in_message() const noexcept { return incoming_.in_message(); }
    std::vector<std::int16_t> samples() const; ///< All audio, whatever its kind.
    std::size_t frames() const;                ///< Messages with audio.

    /// Lets time pass on several lines at once: reads incoming bytes, and sends due frames. Runs until `done` or
    /// `limit`; returns whether `done`.
    static bool pass(std::span<line* const> lines, nanoseconds limit, const std::function<bool()>& done = {});
    bool pass(nanoseconds limit, const std::function<bool()>& done = {});

  private:
    void take(time_point now);
    void read(time_point now);
    void send_due_frames(time_point now);
    void wait_for_room();
    void end(ending how, time_point now);

    file_descriptor socket_;
    int connect_error_ = 0;
    ending end_ = ending::none;
    time_point ended_at_{};
    bool reading_ = true;
    std::size_t bytes_received_ = 0;
    std::size_t bytes_kept_ = 0;
    std::vector<received_message> received_;
    diagnosis::framing_judge framing_;

    decoder incoming_;
    time_point last_bytes_{};
    time_point begun_{};
    nanoseconds pause_{};

    audio_source source_;
    kind source_kind_ = kind::slin;
    milliseconds ptime_{20};
    time_point next_frame_{};
    std::size_t frames_sent_ = 0;
    bool choked_ = false;
};

} // namespace audiosocket::app::check
