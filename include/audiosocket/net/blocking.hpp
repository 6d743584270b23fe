// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <audiosocket/net/deadline_socket.hpp>
#include <audiosocket/protocol.hpp>

#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <span>
#include <thread>
#include <vector>

/// \file
/// AudioSocket without an event loop, for applications that read and write a blocking stream themselves. A stream is
/// anything with Asio's `read_some` and `write_some` (SyncReadStream, SyncWriteStream): a socket, a TLS stream, a pipe.
///
/// The application must keep the call alive itself (docs/asterisk.md): it must always read, and send audio every 20 ms.
/// The class `call` does that for the application.
///
/// Without a deadline, a peer that is silent or does not read blocks the thread without limit. So each function has a
/// second form for sockets, with a deadline (deadline_socket).

namespace audiosocket {

namespace detail {

/// Fills the buffer. With `at_start`, an end before the first byte is an end between messages.
template <class SyncReadStream>
void read_exactly(SyncReadStream& stream, std::span<std::byte> to, bool at_start, boost::system::error_code& error) {
    const std::size_t got = boost::asio::read(stream, boost::asio::buffer(to.data(), to.size()), error);
    if (error == boost::asio::error::eof && !(at_start && got == 0))
        error = make_error_code(protocol_errc::message_truncated);
    if (error == boost::asio::error::timed_out && !(at_start && got == 0))
        error = make_error_code(protocol_errc::message_timeout);
}

} // namespace detail

/// Reads exactly one message into `store`, and no byte behind it. The result is a view of `store`, valid until `store`
/// changes.
///
/// Errors: `boost::asio::error::eof` if the peer closed between messages, `protocol_errc::message_truncated` if it
/// closed inside a message, or an error of the stream.
template <class SyncReadStream>
message read_message(SyncReadStream& stream, std::vector<std::byte>& store, boost::system::error_code& error) {
    store.resize(header_bytes);
    detail::read_exactly(stream, store, true, error);
    if (error) return {};

    const header h = read_header(std::span<const std::byte>(store).first<header_bytes>());
    store.resize(header_bytes + h.payload_bytes);
    const auto payload = std::span(store).subspan(header_bytes);
    detail::read_exactly(stream, payload, false, error);
    if (error) return {};
    return {h.kind, payload};
}

/// Reads exactly one message from a socket into `store`, until the deadline. The result is a view of `store`, valid
/// until `store` changes.
///
/// Errors: `boost::asio::error::timed_out` if no byte of the message came in time; you may read again then.
/// `protocol_errc::message_timeout` if only a part came; you cannot read on then. Also the errors of read_message()
/// without a deadline.
template <native_socket Socket>
message read_message(Socket& socket, std::vector<std::byte>& store, std::chrono::steady_clock::time_point deadline,
                     boost::system::error_code& error) {
    deadline_socket stream(socket, deadline);
    return read_message(stream, store, error);
}

/// Reads the first message of a call, which must be its id.
///
/// Errors: those of read_message(). Also `protocol_errc::id_expected` and `protocol_errc::id_length`, after which only
/// the header has been read. The result is not a valid id after an error.
template <class SyncReadStream>
uuid read_id(SyncReadStream& stream, boost::system::error_code& error) {
    std::array<std::byte, header_bytes> head;
    detail::read_exactly(stream, head, true, error);
    if (error) return {};

    const header h = read_header(head);
    if (h.kind != kind::id)
        error = make_error_code(protocol_errc::id_expected);
    else if (h.payload_bytes != uuid::size_bytes)
        error = make_error_code(protocol_errc::id_length);
    if (error) return {};

    uuid id;
    detail::read_exactly(stream, id.bytes, false, error);
    return id;
}

/// Reads the first message of a call from a socket, until the deadline. Asterisk sends its id at once; five seconds are
/// enough.
///
/// Errors: `protocol_errc::id_timeout` at the deadline, and those of read_id() without a deadline.
template <native_socket Socket>
uuid read_id(Socket& socket, std::chrono::steady_clock::time_point deadline, boost::system::error_code& error) {
    deadline_socket stream(socket, deadline);
    const uuid id = read_id(stream, error);
    if (error == boost::asio::error::timed_out || error == protocol_errc::message_timeout)
        error = make_error_code(protocol_errc::id_timeout);
    return id;
}

/// Sends one message, header and payload with one gathering write. Errors: those of the stream.
template <class SyncWriteStream>
void write_message(SyncWriteStream& stream, const outgoing_message& m, boost::system::error_code& error) {
    const std::array parts{boost::asio::buffer(m.head().data(), m.head().size()),
                           boost::asio::buffer(m.payload().data(), m.payload().size())};
    boost::asio::write(stream, parts, error);
}

/// Sends one message to a socket, header and payload with one gathering write, until the deadline.
///
/// Errors: `protocol_errc::send_timeout` if the peer did not read, or an error of the system. Send nothing after an
/// error, because a part of the message may be sent already.
template <native_socket Socket>
void write_message(Socket& socket, const outgoing_message& m, std::chrono::steady_clock::time_point deadline,
                   boost::system::error_code& error) {
    deadline_socket stream(socket, deadline);
    write_message(stream, m, error);
    if (error == boost::asio::error::timed_out) error = make_error_code(protocol_errc::send_timeout);
}

/// How write_paced() sends.
struct pacing {
    /// The audio kind of the messages, which says the rate of the samples.
    audiosocket::kind kind = audiosocket::kind::slin;
    /// The length of the audio in one message.
    std::chrono::milliseconds ptime{20};
    /// How many messages may be sent back to back after a delay.
    int catch_up_frames = 3;
};

/// Returns the bytes of PCM in one message of this pacing: 320 by default.
constexpr std::size_t chunk_bytes(const pacing& how) noexcept {
    return static_cast<std::size_t>(rate_hz(how.kind)) * static_cast<std::size_t>(how.ptime.count()) / 1000 * 2;
}

namespace detail {

/// Calls `send` with each message of the audio when it is due, until a message fails.
template <class Send>
void pace(std::span<const std::byte> pcm, const pacing& how, boost::system::error_code& error, Send send) {
    if (pcm.size() % 2 != 0) {
        error = make_error_code(usage_errc::not_whole_samples);
        return;
    }
    auto due = std::chrono::steady_clock::now();
    const auto behind_max = how.ptime * (how.catch_up_frames - 1);
    do {
        const auto chunk = pcm.first(std::min(pcm.size(), std::max<std::size_t>(chunk_bytes(how), 2)));
        pcm = pcm.subspan(chunk.size());
        error_code refused;
        const auto m = audio_message(how.kind, chunk, refused);
        error = refused;
        if (!error) send(m);
        if (error || pcm.empty()) return;
        due = std::max(due + how.ptime, std::chrono::steady_clock::now() - behind_max);
        std::this_thread::sleep_until(due);
    } while (true);
}

} // namespace detail

/// Sends PCM (16-bit little endian) in real time, and returns when the last message has been sent. The last message may
/// be shorter. Blocks for the length of the audio.
///
/// Message n is sent at start + n x ptime, on a monotonic clock. Errors: `usage_errc::not_whole_samples` for no bytes
/// or an odd number, `protocol_errc::wrong_kind` for a kind that is not audio, or an error of the stream.
template <class SyncWriteStream>
void write_paced(SyncWriteStream& stream, std::span<const std::byte> pcm, const pacing& how,
                 boost::system::error_code& error) {
    detail::pace(pcm, how, error, [&](const outgoing_message& m) { write_message(stream, m, error); });
}

/// Sends PCM to a socket in real time, as write_paced() without a timeout does. If the peer does not take a message
/// within `message_timeout`, the function ends with `protocol_errc::send_timeout`.
template <native_socket Socket>
void write_paced(Socket& socket, std::span<const std::byte> pcm, const pacing& how,
                 std::chrono::milliseconds message_timeout, boost::system::error_code& error) {
    detail::pace(pcm, how, error, [&](const outgoing_message& m) {
        write_message(socket, m, std::chrono::steady_clock::now() + message_timeout, error);
    });
}

} // namespace audiosocket
