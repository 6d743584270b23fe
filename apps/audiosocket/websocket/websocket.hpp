// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "websocket/websocket_url.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace audiosocket::app::websocket {

class name_lookup;

/// How servers and clients prove who they are. Files in PEM.
struct tls_options {
    std::string ca_file{};          ///< Trusted instead of the system's authorities; empty: the system's.
    std::string certificate_file{}; ///< Our own, with its chain; empty: none.
    std::string key_file{};         ///< The key of it.
    bool verify = true;             ///< Whether a server must prove that it has the name in the address.
};

/// Certificates that are loaded once, for all connections. Throws failure (file) with what is wrong with which file.
class tls_context;
std::shared_ptr<tls_context> load_tls(const tls_options& options);

/// What one WebSocket may use.
struct limits {
    /// From the dialling to the open WebSocket: names, TCP, TLS and the handshake together.
    std::chrono::milliseconds connect_timeout{10'000};

    /// A longer message ends the connection with code 1009. OpenAI takes 15 MiB of base64 in a message.
    std::size_t message_bytes_max = 16 * 1024 * 1024;

    /// What may wait for the network. A second of audio is 11 to 128 KiB, and a session set-up up to 1 MiB; more than
    /// this is a peer that does not read.
    std::size_t queue_bytes_max = 3 * 1024 * 1024;

    /// A ping goes out when nothing has arrived for so long. Services answer pings late: 8 to 30 s were seen.
    std::chrono::milliseconds ping_after{20'000};

    /// With handlers::on_pong, a ping goes out as soon as the WebSocket is open, and so long after the last one if that
    /// was answered: a call has one or two turns in this time, and each ping is 8 bytes.
    std::chrono::milliseconds measure_every{5000};

    /// Nothing at all has arrived for so long, pongs included: the peer is gone (code 1006).
    std::chrono::milliseconds silent_max{75'000};

    /// The network has taken nothing of what waits for it for so long, at the latest ping_after later: the peer does
    /// not read (code 1006). What a caller says in this time is lost, so it is shorter than silent_max.
    std::chrono::milliseconds unread_max{20'000};

    /// For the peer's part of an orderly close.
    std::chrono::milliseconds close_timeout{2000};
};

/// How a WebSocket ended.
struct close_report {
    /// RFC 6455 section 7.4: the peer's code; 1005 if it gave none; 1006 without a close. What we sent where the peer
    /// broke the rules: 1002, 1007 for text that is not UTF-8, 1009 for a message beyond limits::message_bytes_max.
    std::uint16_t code = 1006;
    std::string reason{};     ///< The peer's reason as it came, or what failed, as one line for people.
    unsigned http_status = 0; ///< The server refused the handshake with this status; 0: it did not.
};

/// What a WebSocket reports. All of it on its executor, never within a function that was called on it.
struct handlers {
    std::function<void()> on_open{};                             ///< Open: messages may be sent.
    std::function<void(std::string_view)> on_text{};             ///< A text message; it is valid UTF-8.
    std::function<void(std::span<const std::byte>)> on_binary{}; ///< A binary message.
    std::function<void(const close_report&)> on_closed{};        ///< Over, or never opened. The last, and exactly once.

    /// The last ping was answered, so long after it was sent. A proxy that ends the TCP connection does not answer it.
    std::function<void(std::chrono::steady_clock::duration)> on_pong{};
};

/// How a client asks for a WebSocket.
struct client_options {
    websocket_url url;
    std::vector<std::pair<std::string, std::string>> headers; ///< More fields of the request.
    std::string subprotocol{};                                ///< Offered; empty: none. Several: "a, b".
    std::shared_ptr<tls_context> tls;                         ///< For wss.
    std::shared_ptr<name_lookup> names{};                     ///< Looks the host up; null: those of the io_context.
    limits bounds;
};

/// A WebSocket, of either side. All functions on its executor. It lives until it has closed; dropping the handle before
/// that changes nothing, see abandon().
class websocket {
  public:
    websocket() = default;
    websocket(const websocket&) = delete;
    websocket& operator=(const websocket&) = delete;
    virtual ~websocket() = default;

    /// Queues a message. Returns false, and queues nothing, where limits::queue_bytes_max would be exceeded, or where
    /// the WebSocket is not open.
    virtual bool send_text(std::string_view message) = 0;
    virtual bool send_binary(std::span<const std::byte> message) = 0;

    /// What waits for the network, in bytes.
    virtual std::size_t queued_bytes() const noexcept = 0;

    /// When something of the peer arrived last, pongs included; when it opened, if nothing has.
    virtual std::chrono::steady_clock::time_point heard_at() const noexcept = 0;

    /// Closes in order, behind what is queued. on_closed follows; messages of the peer may come before it. Codes that
    /// RFC 6455 reserves are replaced by 1000, and a reason is cut to 123 bytes.
    virtual void close(std::uint16_t code, std::string_view reason) = 0;

    /// No handler is called from now on. Closes in order where it can, without anyone waiting for it.
    virtual void abandon() = 0;

    /// The subprotocol that was agreed on; empty: none.
    virtual std::string_view subprotocol() const noexcept = 0;
};

/// Dials a server. Handlers are called on `executor`, which is that of one thread.
std::shared_ptr<websocket> dial(const boost::asio::any_io_executor& executor, const client_options& options,
                                handlers on);

} // namespace audiosocket::app::websocket
