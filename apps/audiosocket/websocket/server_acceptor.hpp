// SPDX-License-Identifier: Apache-2.0
#pragma once

// Part of the unit of Beast and OpenSSL: included by websocket.cpp alone.

#include "websocket/server_connection.hpp"

#include <vector>

namespace audiosocket::app::websocket {

/// Accepts connections. Lives as long as the server; its counter as long as the last connection.
class websocket_server::acceptor : public std::enable_shared_from_this<acceptor> {
  public:
    acceptor(const asio::any_io_executor& executor, listening_socket socket, server_options options,
             opening_handler decide)
        : where_(socket.local_endpoint()), listener_(executor), pause_(executor),
          options_(std::make_shared<server_options>(std::move(options))),
          decide_(std::make_shared<opening_handler>(std::move(decide))) {
        if (options_->tls && !options_->tls->has_certificate())
            throw failure(exit_code::usage, "a server needs a certificate and its key for wss");
        listener_.assign(where_.protocol(), socket.release().release());
    }

    const asio::ip::tcp::endpoint& where() const noexcept { return where_; }
    std::size_t connections() const noexcept { return static_cast<std::size_t>(place_.use_count() - 1); }

    void accept() {
        listener_.async_accept([self = shared_from_this()](const error_code& error, asio::ip::tcp::socket socket) {
            if (!self->listener_.is_open()) return;
            if (error) return self->accept_later();
            self->take(std::move(socket));
            self->accept();
        });
    }

    void stop() {
        error_code ignored;
        listener_.close(ignored);
        pause_.cancel();
        for (const auto& each : std::exchange(opening_, {}))
            if (const auto one = each.lock()) asio::post(listener_.get_executor(), [one] { one->stop(); });
    }

  private:
    // There is no descriptor left, or no memory: trying again at once would only heat the processor.
    static constexpr std::chrono::milliseconds retry{100};

    void accept_later() {
        pause_.expires_after(retry);
        pause_.async_wait([self = shared_from_this()](const error_code& error) {
            if (!error && self->listener_.is_open()) self->accept();
        });
    }

    void take(asio::ip::tcp::socket socket) {
        if (connections() >= options_->connections_max) return;
        const auto one = std::make_shared<server_connection>(std::move(socket), options_, decide_, place_);
        std::erase_if(opening_, [](const auto& each) { return each.expired(); });
        opening_.push_back(one);
        one->start();
    }

    const asio::ip::tcp::endpoint where_;
    asio::ip::tcp::acceptor listener_;
    asio::steady_timer pause_;
    const std::shared_ptr<const server_options> options_;
    const std::shared_ptr<const opening_handler> decide_;
    const std::shared_ptr<void> place_ = std::make_shared<char>(); // each connection has one more owner of it
    std::vector<std::weak_ptr<server_connection>> opening_;        // and open ones, and some that are gone
};

} // namespace audiosocket::app::websocket
