// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "support/raw_peer.hpp"

#include <boost/asio/ip/tcp.hpp>

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <list>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace audiosocket::test {

/// A web server that accepts posts, each request in its own connection, on its own threads.
class web_server {
  public:
    struct request {
        std::string target;
        std::string head;
        std::string body;

        /// Returns the value of a field; empty if it is missing.
        std::string field(const std::string& name) const {
            const auto at = head.find("\r\n" + name + ": ");
            if (at == std::string::npos) return {};
            const auto begin = at + name.size() + 4;
            return head.substr(begin, head.find("\r\n", begin) - begin);
        }
    };
    struct answer {
        int status = 200;
        std::string body{};
    };

    /// Called for each request, on any thread. While it waits, its client waits.
    using answering = std::function<answer(const request&)>;

    web_server() : web_server([](const request&) { return answer(); }) {}
    explicit web_server(answering how) : how_(std::move(how)) {
        acceptor_.open(boost::asio::ip::tcp::v4());
        acceptor_.bind({boost::asio::ip::address_v4::loopback(), 0});
        acceptor_.listen();
        port_ = acceptor_.local_endpoint().port();
        accepting_ = std::thread([this] { accept(); });
    }

    ~web_server() {
        stopping_ = true;
        boost::system::error_code ignored;
        boost::asio::ip::tcp::socket last(io_); // the awaited thing is a connection
        last.connect({boost::asio::ip::address_v4::loopback(), port_}, ignored);
        accepting_.join();
        for (auto& one : serving_)
            one.join();
    }

    std::string url(const std::string& target = "/") const {
        return "http://127.0.0.1:" + std::to_string(port_) + target;
    }

    /// Waits until this many requests have arrived, and returns all.
    std::vector<request> requests(std::size_t at_least) {
        std::unique_lock lock(using_);
        changed_.wait_for(lock, raw_peer::patience, [&] { return requests_.size() >= at_least; });
        return requests_;
    }

  private:
    void accept() {
        while (true) {
            boost::asio::ip::tcp::socket socket = acceptor_.accept();
            if (stopping_) return;
            serving_.emplace_back([this, s = std::move(socket)]() mutable { serve(std::move(s)); });
        }
    }

    void serve(boost::asio::ip::tcp::socket socket) {
        boost::system::error_code error;
        std::string all;
        std::size_t end = std::string::npos;
        std::size_t length = 0;
        while (end == std::string::npos || all.size() < end + 4 + length) {
            char piece[4096];
            const auto count = socket.read_some(boost::asio::buffer(piece), error);
            if (error) return;
            all.append(piece, count);
            if (end != std::string::npos || (end = all.find("\r\n\r\n")) == std::string::npos) continue;
            const auto field = all.find("Content-Length: ");
            length = field < end ? std::stoul(all.substr(field + 16)) : 0;
        }
        const auto target = all.find(' ') + 1;
        const request asked{all.substr(target, all.find(' ', target) - target), all.substr(0, end + 2),
                            all.substr(end + 4)};
        {
            const std::lock_guard lock(using_);
            requests_.push_back(asked);
        }
        changed_.notify_all();
        const auto said = how_(asked);
        boost::asio::write(socket,
                           boost::asio::buffer("HTTP/1.1 " + std::to_string(said.status) + " x\r\nContent-Length: " +
                                               std::to_string(said.body.size()) + "\r\n\r\n" + said.body),
                           error);
    }

    const answering how_;
    boost::asio::io_context io_;
    boost::asio::ip::tcp::acceptor acceptor_{io_};
    std::uint16_t port_ = 0;
    std::atomic<bool> stopping_ = false;
    std::mutex using_;
    std::condition_variable changed_;
    std::vector<request> requests_;
    std::list<std::thread> serving_; // of the accepting thread, until it has ended
    std::thread accepting_;
};

} // namespace audiosocket::test
