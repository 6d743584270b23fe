// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "inspect/call_inspector.hpp"
#include "inspect/capture/tcp_connection.hpp"

#include <array>
#include <memory>
#include <optional>
#include <vector>

namespace audiosocket::app::inspect {

/// Which TCP connections of a capture count as calls, and which observers get them.
struct capture_plan {
    /// Only connections with this port; nothing: connections that start with an id, or have port 9092.
    std::optional<std::uint16_t> port;
    const observers& seen_by;
    inspection_totals& totals;
};

/// One TCP connection of a capture: decides whether it is a call, and if so passes its data to a call_inspector.
///
/// While undecided, it holds the data back, up to held_bytes_max. A connection on the port whose start is in the
/// capture is a call as soon as either side sends a byte.
class capture_stream final : public stream_sink {
  public:
    /// Enough to recognise another protocol; a call is recognised by three bytes.
    static constexpr std::size_t held_bytes_max = 4096;

    /// `connection` must outlive the object.
    capture_stream(const capture_plan& plan, const tcp_connection& connection, timestamp at);

    /// Returns false once it is known not to be a call: then the rest is ignored.
    bool is_wanted() const noexcept { return verdict_ != verdict::skipped; }

    /// Called for each segment, before it is taken.
    void note_seen(bool from_client, timestamp at);

    /// Called if the first segment was captured late: the connection started at `at`.
    void started_earlier(timestamp at) noexcept;

    void data(bool from_client, std::span<const std::byte> bytes, timestamp at) override;
    void lost(bool from_client, std::uint64_t bytes, timestamp at) override;
    void reordered(bool from_client, timestamp at) override;
    void closed(bool from_client, ending how, timestamp at) override;

    /// Called once, at the end of the connection or of the capture.
    void finish();

  private:
    enum class verdict { undecided, call, skipped };
    struct held {
        enum class kind { data, lost, reordered, closed } what;
        bool from_client;
        timestamp at;
        std::vector<std::byte> bytes{};
        std::uint64_t count = 0;
        ending how{};
    };

    bool hold(held&& event);
    void hand_over(const held& event);
    void decide(bool from_client);
    void accept(side client, bool from_start);
    void skip();
    bool has_port() const noexcept;
    side side_of(bool from_client) const noexcept { return from_client ? client_ : other(client_); }
    std::chrono::microseconds since_start(timestamp at) const noexcept { return at - started_; }

    capture_plan plan_;
    const tcp_connection& connection_;
    verdict verdict_ = verdict::undecided;
    side client_ = side::caller; // the TCP client, if the start of the connection was seen
    timestamp started_;
    timestamp last_at_;
    std::vector<held> held_;
    std::size_t held_bytes_ = 0;
    std::array<bool, 2> seen_{}; // client, server: the capture has packets of it
    std::unique_ptr<call_inspector> call_;
};

} // namespace audiosocket::app::inspect
