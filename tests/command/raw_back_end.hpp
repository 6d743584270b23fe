// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "support/raw_peer.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace audiosocket::test {

/// A raw back end: a TCP server whose script gets each connection, in its own thread, and may block. An exception
/// because the other side has gone ends the script. The connection ends with the script.
class raw_back_end {
  public:
    using tcp = raw_peer::tcp;

    class visit {
      public:
        visit(tcp::acceptor& from, const raw_back_end& of) : peer(from), of_(of) {}

        /// Reads a whole WebSocket request, unless the stream ends before.
        const std::string& read_request();

        /// Returns the requested path, with its first slash.
        std::string target() const;

        /// Returns the answer that accepts the request, with more fields, each with its line end.
        std::string acceptance(const std::string& fields = {}) const;

        /// Reads the request and accepts it.
        void accept();

        /// Throws if the other side has reset the connection.
        void send(std::string_view data);
        void send(int first_byte, std::string_view payload);

        /// Ends in order: sends a close with this code, then reads what the other side still sends, and the end of the
        /// stream.
        void close(int code = 1000);

        /// Sends FIN, and reads what the other side still sends.
        void finish();

        /// Reads to the end of the stream. Returns the code of the received close, 1005 for a close without a code, 0
        /// for none.
        int read_to_close();

        /// Reads nothing and sends nothing until the test is over.
        void hold() const;

        raw_peer peer;
        std::string request;

      private:
        const raw_back_end& of_;
    };

    using script = std::function<void(visit&)>;

    /// First bytes of frames.
    static constexpr int text = 0x81;
    static constexpr int binary = 0x82;
    static constexpr int first_of_binary = 0x02; // not the last one
    static constexpr int next = 0x00;
    static constexpr int last = 0x80;
    static constexpr int close_frame = 0x88;
    static constexpr int ping = 0x89;

    explicit raw_back_end(script what);
    raw_back_end(const raw_back_end&) = delete;
    raw_back_end& operator=(const raw_back_end&) = delete;
    ~raw_back_end();

    std::string url(const std::string& target = "/") const {
        return "ws://127.0.0.1:" + std::to_string(acceptor_.local_endpoint().port()) + target;
    }

    /// Returns the number of connections so far.
    std::size_t visits() const noexcept { return count_; }

    /// A frame of a server.
    static std::string frame(int first_byte, std::string_view payload);

  private:
    void accept();

    const script script_;
    boost::asio::io_context io_;
    tcp::acceptor acceptor_{io_, tcp::endpoint(boost::asio::ip::address_v4::loopback(), 0)};
    std::atomic<std::size_t> count_{0};
    std::atomic<bool> stopping_{false};
    std::mutex using_; // of the connections
    std::list<visit> open_;
    std::vector<std::thread> threads_; // of the accepting thread alone, until it has ended
    std::thread accepting_;
};

/// A port of this machine without a listener, which no other process gets.
class deaf_port {
  public:
    deaf_port() { socket_.bind({boost::asio::ip::address_v4::loopback(), 0}); }
    std::string url() const { return "ws://127.0.0.1:" + std::to_string(socket_.local_endpoint().port()) + '/'; }

  private:
    boost::asio::io_context io_;
    raw_peer::tcp::socket socket_{io_, raw_peer::tcp::v4()};
};

/// A port at which connections are made and then nothing happens, because only the kernel accepts them.
class mute_port {
  public:
    std::string url() const { return "ws://127.0.0.1:" + std::to_string(acceptor_.local_endpoint().port()) + '/'; }

  private:
    boost::asio::io_context io_;
    raw_peer::tcp::acceptor acceptor_{io_, {boost::asio::ip::address_v4::loopback(), 0}};
};

} // namespace audiosocket::test
