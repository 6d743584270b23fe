// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "websocket/websocket_server.hpp"

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>

#include <array>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace audiosocket::test {

namespace ws = app::websocket;

/// Records what one WebSocket reports.
struct heard {
    bool open = false;
    std::vector<std::string> texts;
    std::vector<std::string> binaries;
    std::vector<ws::close_report> closed;
    std::shared_ptr<ws::websocket> socket;

    std::uint16_t code() const { return closed.empty() ? std::uint16_t{0} : closed.front().code; }
    std::string reason() const { return closed.empty() ? std::string() : closed.front().reason; }

    ws::handlers handlers() {
        return {.on_open = [this] { open = true; },
                .on_text = [this](std::string_view text) { texts.emplace_back(text); },
                .on_binary =
                    [this](std::span<const std::byte> bytes) {
                        binaries.emplace_back(reinterpret_cast<const char*>(bytes.data()), bytes.size());
                    },
                .on_closed = [this](const ws::close_report& report) { closed.push_back(report); }};
    }
};

/// A raw TCP connection, on the same thread as all others.
class raw_stream {
  public:
    using tcp = boost::asio::ip::tcp;

    explicit raw_stream(tcp::socket socket) : socket_(std::move(socket)) { read(); }
    raw_stream(boost::asio::io_context& io, const tcp::endpoint& server) : socket_(io) {
        socket_.connect(server);
        read();
    }

    /// Small enough for the kernel's buffer.
    void send(std::string_view text) { boost::asio::write(socket_, boost::asio::buffer(text)); }
    void finish() { socket_.shutdown(tcp::socket::shutdown_send); }
    void close() { socket_.close(); }

    std::string received;
    bool ended = false;
    bool deaf = false; ///< It stops reading.

  private:
    void read() {
        socket_.async_read_some(boost::asio::buffer(piece_),
                                [this, there = std::weak_ptr(alive_)](const auto& error, std::size_t bytes) {
                                    if (there.expired()) return;
                                    received.append(piece_.data(), bytes);
                                    ended = static_cast<bool>(error);
                                    if (!ended && !deaf) read();
                                });
    }

    tcp::socket socket_;
    std::array<char, 4096> piece_{};
    const std::shared_ptr<char> alive_ = std::make_shared<char>();
};

/// Clients and servers, all on the test's thread.
class websockets : public testing::Test {
  protected:
    using tcp = boost::asio::ip::tcp;

    // Only a test that hangs takes this long.
    static constexpr std::chrono::seconds patience{300};

    ~websockets() override {
        server_.reset();
        raw_.clear();
        io_.restart();
        io_.poll();
    }

    /// Runs everything until this holds.
    template <class Condition>
    [[nodiscard]] bool run_until(Condition condition) {
        const auto limit = std::chrono::steady_clock::now() + patience;
        io_.restart();
        while (!condition())
            if (io_.run_one_until(limit) == 0) return condition();
        return true;
    }

    /// Runs everything until all connections have ended.
    void run_out() {
        if (server_) server_->stop();
        io_.restart();
        io_.run_for(patience);
        EXPECT_TRUE(io_.stopped()) << "an operation still waits";
    }

    /// A server whose WebSockets report to `there`, and echo if asked to.
    void serve(ws::server_options options = {}) {
        serve(std::move(options), [this](const ws::opening_request& asked, const auto& socket) {
            asked_ = asked;
            there.socket = socket;
            return ws::opening_answer{.on = there.handlers()};
        });
    }
    void serve(ws::server_options options, ws::opening_handler decide) {
        auto listening = listening_socket::listen({"127.0.0.1", 0});
        server_ = std::make_unique<ws::websocket_server>(io_.get_executor(), std::move(listening), std::move(options),
                                                         std::move(decide));
    }

    ws::client_options to(const std::string& url) const {
        ws::client_options options;
        options.url = ws::parse_url(url);
        return options;
    }
    ws::client_options to_server(const std::string& scheme = "ws", const std::string& host = "127.0.0.1") const {
        return to(scheme + "://" + host + ':' + std::to_string(server_->local_endpoint().port()) + "/talk?key=secret");
    }

    void dial(const ws::client_options& options) {
        here.socket = ws::dial(io_.get_executor(), options, here.handlers());
    }

    /// A client and a server that are connected.
    void connect(ws::server_options options = {}, const ws::limits& bounds = {}) {
        serve(std::move(options));
        auto client = to_server();
        client.bounds = bounds;
        dial(client);
        ASSERT_TRUE(run_until([this] { return here.open && there.open; }));
    }

    /// A server that accepts one connection, reads what arrives, and sends nothing by itself. Returns its port.
    std::uint16_t serve_raw() {
        acceptor_ = std::make_unique<tcp::acceptor>(io_, tcp::endpoint(boost::asio::ip::address_v4::loopback(), 0));
        acceptor_->async_accept([this](const auto& error, tcp::socket socket) {
            if (!error) raw_.push_back(std::make_unique<raw_stream>(std::move(socket)));
        });
        return acceptor_->local_endpoint().port();
    }

    /// Returns the raw server's connection when a whole request has arrived.
    raw_stream& requested() {
        EXPECT_TRUE(run_until(
            [this] { return !raw_.empty() && raw_.front()->received.find("\r\n\r\n") != std::string::npos; }));
        return *raw_.front();
    }

    /// Returns a server's answer to this request.
    static std::string acceptance(const std::string& request);

    /// A raw client whose request was accepted, with an empty `received`.
    raw_stream& raw_client(const std::string& more_headers = {}) {
        auto& stream = raw_peer();
        stream.send(raw_request(more_headers));
        EXPECT_TRUE(run_until([&] { return stream.received.find("\r\n\r\n") != std::string::npos && there.open; }));
        EXPECT_TRUE(stream.received.starts_with("HTTP/1.1 101 ")) << stream.received;
        answer_ = std::exchange(stream.received, {});
        return stream;
    }
    raw_stream& raw_peer() {
        raw_.push_back(std::make_unique<raw_stream>(io_, server_->local_endpoint()));
        return *raw_.back();
    }
    static std::string raw_request(const std::string& more_headers) {
        return "GET /x HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
               "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n" +
               more_headers + "\r\n";
    }

    /// A client frame: its first byte, and its payload, masked with zeros.
    static std::string frame(int first, const std::string& payload) {
        std::string text(1, static_cast<char>(first));
        text += static_cast<char>(0x80 | payload.size());
        return text + std::string(4, '\0') + payload;
    }

    boost::asio::io_context io_{1};
    heard here;  // the client
    heard there; // the server's side
    ws::opening_request asked_;
    std::string answer_;
    std::unique_ptr<ws::websocket_server> server_;
    std::unique_ptr<tcp::acceptor> acceptor_;
    std::vector<std::unique_ptr<raw_stream>> raw_;
};

} // namespace audiosocket::test
