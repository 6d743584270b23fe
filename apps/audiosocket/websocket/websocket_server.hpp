// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "websocket/websocket.hpp"

#include <audiosocket/net/listening_socket.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace audiosocket::app::websocket {

/// What a client asks for when it opens a WebSocket.
struct opening_request {
    std::string target; ///< Path and query.
    std::vector<std::pair<std::string, std::string>> headers;
    boost::asio::ip::tcp::endpoint peer;

    /// Returns the value of a header, whose case does not matter; empty where it is missing.
    std::string_view header(std::string_view name) const noexcept;

    /// Whether the client offers this subprotocol.
    bool offers(std::string_view subprotocol) const;
};

/// The answer to it.
struct opening_answer {
    unsigned status = 101;     ///< 101 accepts. All others are HTTP statuses that refuse: 401, 404, 503 ...
    std::string text{};        ///< The body of a refusal.
    std::string subprotocol{}; ///< Chosen out of those that the client offers; empty: none.
    handlers on{};             ///< Of the WebSocket that is accepted. on_open or on_closed follows.
};

/// Decides about a request. The WebSocket is the one that opens where the answer accepts it; nothing can be sent before
/// on_open. Called on the executor. Must not throw.
using opening_handler = std::function<opening_answer(const opening_request&, const std::shared_ptr<websocket>&)>;

/// What a server may use.
struct server_options {
    std::shared_ptr<tls_context> tls{}; ///< With a certificate: wss. Null: ws. Its ca_file: clients need a certificate.
    limits bounds{};                    ///< Of each WebSocket; connect_timeout is for TLS and the request together.
    std::size_t connections_max = 1000; ///< More are closed at once. Those in the handshake count.
    std::size_t request_bytes_max = 16 * 1024; ///< Of the request. Tokens and cookies take up to 8 KiB.
};

/// Listens for WebSockets. Lives on its executor, which is that of one thread.
class websocket_server {
  public:
    /// Accepts connections on this socket. Throws failure (usage) where options.tls has no certificate.
    websocket_server(const boost::asio::any_io_executor& executor, listening_socket socket, server_options options,
                     opening_handler decide);
    websocket_server(const websocket_server&) = delete;
    websocket_server& operator=(const websocket_server&) = delete;

    /// stop().
    ~websocket_server();

    boost::asio::ip::tcp::endpoint local_endpoint() const;

    /// Returns how many connections there are, those in the handshake included.
    std::size_t connections() const noexcept;

    /// Accepts no more connections, and closes those in the handshake. WebSockets that are open stay.
    void stop();

  private:
    class acceptor;
    std::shared_ptr<acceptor> acceptor_; // shared with its connections, which are counted in it
};

} // namespace audiosocket::app::websocket
