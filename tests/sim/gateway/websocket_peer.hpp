// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sim/world/world.hpp"

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace audiosocket::sim {

/// The server's side of a WebSocket, on a simulated connection: reads frames of a client, sends frames of a server,
/// right ones and wrong ones. It does nothing by itself except that it answers pings and closes.
class websocket_peer {
  public:
    enum class opcode : std::uint8_t { more = 0, text = 1, binary = 2, close = 8, ping = 9, pong = 10 };

    explicit websocket_peer(remote& line) : line_(line) {}
    websocket_peer(const websocket_peer&) = delete;
    websocket_peer& operator=(const websocket_peer&) = delete;

    std::function<void()> on_request; ///< The whole request has arrived: accept() or send something else.
    std::function<void(opcode, std::string_view)> on_message; ///< A whole text or binary message.
    std::function<void()> on_close;                           ///< A close has arrived. It is answered already.

    /// Reads what has arrived.
    void read();

    /// Stops or continues to read.
    void set_reading(bool reads);

    /// Returns the path of the request, until it is accepted.
    std::string path() const;

    /// Accepts the handshake, with the subprotocol that the gateway offers.
    void accept();

    /// Sends a frame. Returns false where the connection does not take it whole; the rest follows.
    void send(opcode kind, std::string_view payload, bool last = true);

    /// Sends bytes that may be anything.
    void send_raw(std::string_view bytes);

    /// Sends a close with this code.
    void send_close(std::uint16_t code);

    bool is_open() const noexcept { return accepted_ && !closed_ && !line_.is_over(); }
    bool is_reading() const noexcept { return reads_; }

    /// Returns how many bytes wait because the connection does not take them.
    std::size_t unsent() const noexcept { return out_.size(); }
    remote& line() noexcept { return line_; }

  private:
    std::string field(const std::string& name) const;
    void read_frames();
    void flush();

    remote& line_;
    std::string in_;
    std::string out_;
    std::string message_;
    opcode kind_ = opcode::text;
    bool accepted_ = false;
    bool closed_ = false; // a close has been sent
    bool reads_ = true;
    bool was_requested_ = false;
};

} // namespace audiosocket::sim
