// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "inspect/capture/tcp_direction.hpp"

#include <array>

namespace audiosocket::app::inspect {

/// Puts one TCP connection of a capture in order, and decides which segments belong to it.
///
/// The same addresses and ports may be used again although the end of the first connection is not in the capture. A SYN
/// with another number begins a new connection, and so do some segments in a row that are out of range.
class tcp_connection {
  public:
    /// `first`: the first segment in the capture. It still has to be given to take().
    explicit tcp_connection(const tcp_segment& first);

    enum class fate {
        ours,  ///< Belongs to this connection: give it to take().
        stray, ///< Out of range: ignore it, as a receiver does.
        other, ///< The first segment of another connection between the same endpoints.
    };
    fate judge(const tcp_segment& s, timestamp at);
    /// The same decision for a SYN.
    fate judge_syn(const tcp_segment& s) const;

    void take(const tcp_segment& s, timestamp at, stream_sink& to);

    /// Reports data that still waits behind holes, because no more will come.
    void flush(stream_sink& to);

    /// Returns the side that opened the connection, or the side of the first segment if its start is not in the
    /// capture.
    const endpoint& client() const noexcept { return client_; }
    const endpoint& server() const noexcept { return server_; }
    bool is_from_client(const tcp_segment& s) const noexcept { return s.from == client_; }

    /// Returns whether the start of the connection is in the capture.
    bool has_start() const noexcept { return syn_[0] || syn_[1]; }
    /// Returns whether both sides have ended it.
    bool is_over() const noexcept { return is_reset_ || (directions_[0].is_closed() && directions_[1].is_closed()); }
    bool has_data() const noexcept { return directions_[0].has_data() || directions_[1].has_data(); }

  private:
    static constexpr unsigned strays_max = 3;

    void give_up_older(timestamp than, stream_sink& to);
    void report_ends(stream_sink& to);
    static std::size_t index(bool from_client) noexcept { return from_client ? 0 : 1; }

    endpoint client_;
    endpoint server_;
    std::array<std::optional<std::uint32_t>, 2> syn_; // sequence numbers: client's, server's
    std::array<tcp_direction, 2> directions_{tcp_direction(true), tcp_direction(false)};
    std::array<unsigned, 2> strays_{};
    bool is_reset_ = false;
};

} // namespace audiosocket::app::inspect
