// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "inspect/call_inspector.hpp"

#include <tins/tcp_ip/stream.h>

#include <array>
#include <map>
#include <memory>
#include <optional>
#include <vector>

namespace audiosocket::app::inspect {

/// Which TCP connections of a capture are taken for calls, and whom to tell of them.
struct capture_plan {
    /// Only connections with this port; nothing: those that start with an id, or have port 9092.
    std::optional<std::uint16_t> port;
    const observers& tell;
    inspection_totals& totals;
};

/// One TCP connection of a capture: decides whether it is a call, and if so hands its bytes to a call_inspector.
///
/// Undecided, it holds back what came, up to held_bytes_max. Bytes come in order from the reassembly; a hole that the
/// capture itself has would hold it up for ever, so after hole_age_max what waits behind the hole is taken out, with
/// the times at which it really came.
class capture_stream {
  public:
    /// Time since the epoch.
    using timestamp = std::chrono::microseconds;

    /// Longer than the first retransmissions of a living connection take.
    static constexpr std::chrono::seconds hole_age_max{3};
    /// A stranger's first words; a call shows itself in three bytes.
    static constexpr std::size_t held_bytes_max = 4096;

    capture_stream(const capture_plan& plan, const Tins::TCPIP::Stream& stream, timestamp at);

    /// False once it is known to be no call: then the rest is ignored.
    bool wanted() const noexcept { return verdict_ != verdict::skipped; }

    void data(bool from_client, std::span<const std::byte> bytes, timestamp at);
    void out_of_order(bool from_client, const Tins::TCPIP::Flow& flow, std::uint32_t sequence, timestamp at);

    /// After each packet of the connection, with what its header says.
    void packet(bool from_client, bool fin, bool rst, timestamp at);
    void check_holes(Tins::TCPIP::Stream& stream, timestamp at);

    /// Takes out everything that waits behind holes; while the stream still exists.
    void flush(Tins::TCPIP::Stream& stream);

    /// The end of the connection or of the capture. Call once.
    void finish();

  private:
    enum class verdict { undecided, call, skipped };
    struct held {
        bool from_client;
        std::vector<std::byte> bytes;
        timestamp at;
    };
    struct hole {
        std::optional<timestamp> since;
        std::map<std::uint32_t, timestamp> behind;       // sequence number and arrival of what waits
        std::optional<std::pair<ending, timestamp>> end; // of the stream: counts when the hole is gone
    };

    void decide(bool from_client, std::span<const std::byte> bytes);
    void accept(side client, bool from_start);
    void skip();
    void flush(Tins::TCPIP::Flow& flow, bool from_client);
    void forget_hole(bool from_client);
    side side_of(bool from_client) const noexcept { return from_client ? client_ : other(client_); }
    std::chrono::microseconds since_start(timestamp at) const noexcept { return at - started_; }

    capture_plan plan_;
    verdict verdict_ = verdict::undecided;
    side client_ = side::caller;           // the TCP client, if the start of the connection was seen
    std::array<std::string, 2> endpoints_; // client, server
    std::array<std::uint16_t, 2> ports_;
    bool partial_; // the capture began after the connection
    timestamp started_;
    timestamp last_at_;
    std::vector<held> held_;
    std::size_t held_bytes_ = 0;
    std::array<bool, 2> strange_{}; // client, server: started with anything but an id
    std::array<hole, 2> holes_;     // client, server
    std::unique_ptr<call_inspector> call_;
};

} // namespace audiosocket::app::inspect
