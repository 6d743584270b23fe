// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "support/bytes.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>
#include <boost/system/system_error.hpp>

#include <poll.h>
#include <sys/socket.h>

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <memory>
#include <optional>
#include <string>
#include <thread>

namespace audiosocket::test {

/// The other end of a connection, without a protocol of its own: blocking, byte by byte if necessary, and with no wait
/// longer than `patience`.
class raw_peer {
  public:
    using tcp = boost::asio::ip::tcp;
    static constexpr std::chrono::seconds patience{300}; // only a hanging peer takes this long

    explicit raw_peer(const tcp::endpoint& server) : socket_(*io_) { connect(loopback(server)); }

    /// Connects from this address of the machine; on Linux each 127.x.y.z is one.
    raw_peer(const tcp::endpoint& server, const std::string& from) : socket_(*io_) {
        const auto to = loopback(server);
        socket_.open(to.protocol());
        socket_.bind({boost::asio::ip::make_address(from), 0});
        connect(to);
    }

    explicit raw_peer(tcp::acceptor& acceptor) : socket_(acceptor.accept()) { be_patient(); }

    /// Sends everything. Returns false if the connection has been reset; what reads next reports that too.
    bool send(const bytes& data) {
        boost::system::error_code error;
        boost::asio::write(socket_, boost::asio::buffer(data), error);
        if (error == boost::asio::error::connection_reset || error == boost::asio::error::broken_pipe)
            was_reset_ = true;
        else if (error)
            throw boost::system::system_error(error, "send");
        return !error;
    }

    /// Returns the next data, at most `max` bytes; empty at the end of the stream. Nothing if the connection was reset
    /// or patience ran out.
    std::optional<bytes> receive(std::size_t max = 65'536) {
        pollfd file{socket_.native_handle(), POLLIN, 0}; // Asio would wait for ever, whatever SO_RCVTIMEO says
        if (::poll(&file, 1, static_cast<int>(std::chrono::milliseconds(patience).count())) != 1) return std::nullopt;
        bytes data(max);
        boost::system::error_code error;
        data.resize(socket_.read_some(boost::asio::buffer(data), error));
        if (error && (was_reset_ || error != boost::asio::error::eof)) return std::nullopt;
        return data;
    }

    /// Waits for what comes next. Returns whether it is a reset.
    bool is_reset() {
        if (was_reset_) return true;
        pollfd file{socket_.native_handle(), POLLIN, 0};
        char byte = 0;
        return ::poll(&file, 1, static_cast<int>(std::chrono::milliseconds(patience).count())) == 1 &&
               ::recv(socket_.native_handle(), &byte, 1, MSG_DONTWAIT) < 0 && errno == ECONNRESET;
    }

    struct stream_end {
        bytes all;            ///< Everything until the end.
        bool orderly = false; ///< It ended with FIN.
    };

    /// Reads to the end.
    stream_end receive_all() {
        stream_end out;
        for (;;) {
            const auto piece = receive();
            if (!piece) return out;
            if (piece->empty()) return out.orderly = true, out;
            out.all.insert(out.all.end(), piece->begin(), piece->end());
        }
    }

    /// Reads at least this many bytes, unless the stream ends before.
    bytes receive_bytes(std::size_t count) {
        bytes all;
        while (all.size() < count) {
            const auto piece = receive(count - all.size());
            if (!piece || piece->empty()) break;
            all.insert(all.end(), piece->begin(), piece->end());
        }
        return all;
    }

    /// For peers that must not allocate.
    int native_handle() { return socket_.native_handle(); }

    /// Waits until the other process has read all that was sent. (IPv4 on this machine; the kernel reports it.)
    bool wait_until_read() {
        const auto limit = std::chrono::steady_clock::now() + patience;
        while (unread_by_the_other() != 0) {
            if (std::chrono::steady_clock::now() > limit) return false;
            std::this_thread::sleep_for(std::chrono::milliseconds(1));
        }
        return true;
    }

    /// Sends FIN; reading continues.
    void finish() {
        boost::system::error_code gone; // the other side may have been faster
        socket_.shutdown(tcp::socket::shutdown_send, gone);
    }

    /// RST.
    void reset() {
        socket_.set_option(boost::asio::socket_base::linger(true, 0));
        socket_.close();
    }

    tcp::socket& socket() { return socket_; }

  private:
    // Returns the bytes in the other end's receive queue, from its line in /proc/net/tcp: "N: LOCAL:PORT REMOTE:PORT
    // STATE TX:RX ...", all in hexadecimal. -1 if there is no such line.
    long unread_by_the_other() const {
        std::ifstream table("/proc/net/tcp");
        for (std::string line; std::getline(table, line);) {
            unsigned local = 0;
            unsigned remote = 0;
            unsigned long unread = 0;
            if (std::sscanf(line.c_str(), " %*u: %*8x:%4x %*8x:%4x %*x %*8x:%8lx", &local, &remote, &unread) == 3 &&
                local == socket_.remote_endpoint().port() && remote == socket_.local_endpoint().port())
                return static_cast<long>(unread);
        }
        return -1;
    }

    // The endpoint of a listener on every address is that on the loopback interface.
    static tcp::endpoint loopback(tcp::endpoint where) {
        if (!where.address().is_unspecified()) return where;
        where.address(boost::asio::ip::address_v4::loopback());
        return where;
    }

    // A refused peer may get the reset before the connect completes.
    void connect(const tcp::endpoint& to) {
        boost::system::error_code error;
        socket_.connect(to, error);
        was_reset_ = error == boost::asio::error::connection_reset;
        if (was_reset_) return;
        if (error) throw boost::system::system_error(error, "connect");
        socket_.set_option(tcp::no_delay(true));
        be_patient();
    }

    void be_patient() {
        const timeval limit{patience.count(), 0};
        setsockopt(socket_.native_handle(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
        setsockopt(socket_.native_handle(), SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    }

    std::unique_ptr<boost::asio::io_context> io_ = std::make_unique<boost::asio::io_context>(); // movable
    tcp::socket socket_;
    bool was_reset_ = false;
};

/// Returns the messages in a stream.
struct seen_message {
    audiosocket::kind kind;
    bytes payload;
};

inline std::vector<seen_message> messages_in(const bytes& stream) {
    std::vector<seen_message> out;
    decoder d;
    d.feed(stream);
    while (const auto m = d.next())
        out.push_back({m->kind, bytes(m->payload.begin(), m->payload.end())});
    return out;
}

} // namespace audiosocket::test
