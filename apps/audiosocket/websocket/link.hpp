// SPDX-License-Identifier: Apache-2.0
#pragma once

// Part of the unit of Beast and OpenSSL: included by websocket.cpp alone.

#include "websocket/tls_context.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/post.hpp>
#include <boost/beast/core/bind_handler.hpp>
#include <boost/beast/websocket/teardown.hpp>

#include <array>
#include <memory>
#include <optional>
#include <utility>

namespace audiosocket::app::websocket {

namespace beast = boost::beast;

/// A TCP connection, with TLS or without: the stream under Beast's. One type for both, so that Beast is compiled once.
class link {
  public:
    using executor_type = turn_socket::executor_type;

    explicit link(const asio::any_io_executor& executor) : opening_(executor), socket_(executor) {}
    explicit link(asio::ip::tcp::socket socket) : opening_(std::move(socket)), socket_(opening_.get_executor()) {}

    executor_type get_executor() noexcept { return socket_.get_executor(); }

    /// The socket until open().
    asio::ip::tcp::socket& opening() noexcept { return opening_; }

    /// To be called when opening() is connected: reads in turns from now on. An error is that it cannot.
    error_code open() {
        error_code ignored;
        opening_.set_option(asio::ip::tcp::no_delay(true), ignored);
        return socket_.open(std::move(opening_));
    }

    turn_socket& socket() noexcept { return socket_; }

    tls_stream& start_tls(tls_context& context) { return tls_.emplace(socket_, context.native()); }
    tls_stream* tls() noexcept { return tls_ ? &*tls_ : nullptr; }

    template <class Buffers, class Handler>
    void async_read_some(const Buffers& to, Handler&& handler) {
        if (tls_)
            tls_->async_read_some(to, std::forward<Handler>(handler));
        else
            socket_.async_read_some(to, std::forward<Handler>(handler));
    }

    template <class Buffers, class Handler>
    void async_write_some(const Buffers& from, Handler&& handler) {
        if (tls_)
            tls_->async_write_some(from, std::forward<Handler>(handler));
        else
            socket_.async_write_some(from, std::forward<Handler>(handler));
    }

    /// Drops the connection. What is in progress on it fails.
    void drop() {
        error_code ignored;
        opening_.close(ignored);
        socket_.close();
    }

    /// Ends the connection in order, for as long as the owner lives and until the other side ends it: what was sent
    /// last would be lost if the socket were closed with something unread. Nothing else may be in progress.
    template <class Owner>
    void linger(std::shared_ptr<Owner> owner) {
        if (tls_)
            tls_->async_shutdown([this, owner = std::move(owner)](const error_code&) { drain(owner); });
        else
            drain(std::move(owner));
    }

  private:
    template <class Owner>
    void drain(std::shared_ptr<Owner> owner) {
        socket_.shut_down();
        drain_more(std::move(owner));
    }

    template <class Owner>
    void drain_more(std::shared_ptr<Owner> owner) {
        if (!unread_) unread_ = std::make_unique<std::array<char, 16384>>();
        socket_.async_read_some(asio::buffer(*unread_),
                                [this, owner = std::move(owner)](const error_code& error, std::size_t) {
                                    if (error)
                                        owner->link_ended();
                                    else
                                        drain_more(owner);
                                });
    }

    asio::ip::tcp::socket opening_;
    turn_socket socket_;
    std::optional<tls_stream> tls_;
    std::unique_ptr<std::array<char, 16384>> unread_;
};

/// Beast calls this at the end of a WebSocket. Its own would wait for the other side without a bound: the connection
/// lingers on its own (link::linger), after the end has been reported.
template <class Handler>
void async_teardown(beast::role_type, link&, Handler&& handler) {
    asio::post(beast::bind_front_handler(std::forward<Handler>(handler), error_code()));
}

/// Beast calls this where an operation is cancelled.
inline void beast_close_socket(link& connection) {
    connection.drop();
}

} // namespace audiosocket::app::websocket
