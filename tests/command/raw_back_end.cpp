// SPDX-License-Identifier: Apache-2.0
#include "raw_back_end.hpp"

#include <openssl/evp.h>
#include <openssl/sha.h>

#include <fcntl.h>
#include <sys/socket.h>

#include <array>
#include <exception>

namespace audiosocket::test {
namespace {

std::string text_of(const bytes& from) {
    return {reinterpret_cast<const char*>(from.data()), from.size()};
}

// Returns a server's answer to this key (RFC 6455 section 4.2.2).
std::string accept_key(const std::string& key) {
    const auto text = key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    std::array<unsigned char, SHA_DIGEST_LENGTH> digest{};
    SHA1(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data());
    std::array<unsigned char, 64> out{};
    EVP_EncodeBlock(out.data(), digest.data(), static_cast<int>(digest.size()));
    return reinterpret_cast<const char*>(out.data());
}

// A child of the test must not keep the connection open.
void close_on_exec(int file) {
    fcntl(file, F_SETFD, FD_CLOEXEC);
}

} // namespace

const std::string& raw_back_end::visit::read_request() {
    while (request.find("\r\n\r\n") == std::string::npos) {
        const auto piece = peer.receive();
        if (!piece || piece->empty()) break;
        request += text_of(*piece);
    }
    return request;
}

std::string raw_back_end::visit::target() const {
    const auto begin = request.find(' ') + 1;
    return request.substr(begin, request.find(' ', begin) - begin);
}

std::string raw_back_end::visit::acceptance(const std::string& fields) const {
    const std::string name = "Sec-WebSocket-Key: ";
    const auto at = request.find(name) + name.size();
    return "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: " +
           accept_key(request.substr(at, request.find('\r', at) - at)) + "\r\n" + fields + "\r\n";
}

void raw_back_end::visit::accept() {
    read_request();
    send(acceptance());
}

void raw_back_end::visit::send(std::string_view data) {
    if (!peer.send(raw(data))) throw boost::system::system_error(boost::asio::error::connection_reset);
}

void raw_back_end::visit::send(int first_byte, std::string_view payload) {
    send(frame(first_byte, payload));
}

void raw_back_end::visit::close(int code) {
    send(close_frame, std::string{static_cast<char>(code >> 8), static_cast<char>(code & 0xff)});
    finish();
}

void raw_back_end::visit::finish() {
    peer.finish();
    peer.receive_all();
}

int raw_back_end::visit::read_to_close() {
    const auto all = peer.receive_all().all;
    const auto byte = [&](std::size_t at) { return at < all.size() ? static_cast<std::size_t>(all[at]) : 0; };
    for (std::size_t at = 0; at < all.size();) { // frames of a client: each has a mask
        const auto kind = byte(at) & 0x0f;
        std::size_t length = byte(at + 1) & 0x7f;
        std::size_t mask = at + 2;
        if (length >= 126) {
            const std::size_t digits = length == 126 ? 2 : 8;
            length = 0;
            for (std::size_t i = 0; i < digits; ++i)
                length = length << 8 | byte(mask + i);
            mask += digits;
        }
        if (kind == 8) {
            if (length < 2) return 1005;
            return static_cast<int>((byte(mask + 4) ^ byte(mask)) << 8 | (byte(mask + 5) ^ byte(mask + 1)));
        }
        at = mask + 4 + length;
    }
    return 0;
}

void raw_back_end::visit::hold() const {
    of_.stopping_.wait(false);
}

std::string raw_back_end::frame(int first_byte, std::string_view payload) {
    std::string out(1, static_cast<char>(first_byte));
    const auto append = [&](std::size_t number, int digits) {
        while (digits-- > 0)
            out += static_cast<char>(number >> (8 * digits) & 0xff);
    };
    if (payload.size() < 126) {
        append(payload.size(), 1);
    } else if (payload.size() < 65'536) {
        append(126, 1);
        append(payload.size(), 2);
    } else {
        append(127, 1);
        append(payload.size(), 8);
    }
    return out.append(payload);
}

raw_back_end::raw_back_end(script what) : script_(std::move(what)), accepting_([this] { accept(); }) {
    close_on_exec(acceptor_.native_handle());
}

raw_back_end::~raw_back_end() {
    stopping_ = true;
    stopping_.notify_all();
    ::shutdown(acceptor_.native_handle(), SHUT_RDWR); // ends the accept() that waits
    accepting_.join();
    {
        const std::lock_guard lock(using_);
        for (auto& one : open_)
            ::shutdown(one.peer.native_handle(), SHUT_RDWR);
    }
    for (auto& thread : threads_)
        thread.join();
}

void raw_back_end::accept() {
    while (!stopping_) {
        std::list<visit> fresh;
        try {
            fresh.emplace_back(acceptor_, *this);
        } catch (const boost::system::system_error&) {
            continue; // the end, or a client that has gone
        }
        close_on_exec(fresh.front().peer.native_handle());
        ++count_;
        const auto one = fresh.begin();
        {
            const std::lock_guard lock(using_);
            open_.splice(open_.end(), fresh);
        }
        threads_.emplace_back([this, one] {
            try {
                script_(*one);
            } catch (const boost::system::system_error&) {
                // The other side has gone, which may be correct.
            }
            const std::lock_guard lock(using_);
            open_.erase(one);
        });
    }
}

} // namespace audiosocket::test
