// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "inspect/capture/tcp_segment.hpp"
#include "inspect/inspect_observer.hpp"

#include <chrono>
#include <map>
#include <optional>
#include <span>
#include <vector>

namespace audiosocket::app::inspect {

/// Time since the epoch.
using timestamp = std::chrono::microseconds;

/// Gets the content of a TCP connection, in the order of its bytes. Times of one direction never decrease.
class stream_sink {
  public:
    virtual ~stream_sink() = default;

    virtual void data(bool from_client, std::span<const std::byte> bytes, timestamp at) = 0;
    /// Called for bytes that are not in the capture.
    virtual void lost(bool from_client, std::uint64_t bytes, timestamp at) = 0;
    /// Called when a packet came out of order, or its bytes came twice.
    virtual void reordered(bool from_client, timestamp at) = 0;
    /// Called when this side sends no more: ending::closed or ending::reset. At most once for each direction.
    virtual void closed(bool from_client, ending how, timestamp at) = 0;
};

/// Puts the segments of one direction of a TCP connection in order.
///
/// Positions count the bytes of the direction in 64 bits, because sequence numbers wrap. Position 0 is the first byte,
/// or, if neither the SYN nor its acknowledgement is in the capture, the first byte in the capture.
///
/// Data behind a hole waits, because a late packet may still fill the hole. After hole_age_max the hole is reported as
/// lost. The waiting data is then delivered with the times at which it arrived. A packet that was cut off by the snap
/// length waits as well, because a complete copy may follow.
class tcp_direction {
  public:
    /// Longer than the first retransmissions of an open connection take.
    static constexpr std::chrono::seconds hole_age_max{3};
    /// Two seconds of the fastest audio.
    static constexpr std::size_t waiting_bytes_max = 1 << 20;
    static constexpr std::size_t waiting_pieces_max = 1024;
    /// A hole may be as large as a socket's buffer plus what the fastest audio (384,150 bytes a second) sends in the
    /// missing time. The maximum is nine hours of the usual audio.
    static constexpr std::int64_t hole_bytes_least = 4 << 20;
    static constexpr std::int64_t hole_bytes_per_second = 1'000'000;
    static constexpr std::int64_t hole_bytes_max = 512 << 20;

    explicit tcp_direction(bool from_client) : from_client_(from_client) {}

    bool is_started() const noexcept { return base_.has_value(); }
    bool is_closed() const noexcept { return closed_; }
    bool has_data() const noexcept { return known_end_ != 0; }

    /// Sets the sequence number of the first byte. No effect once there is a first byte.
    void start_at(std::uint32_t sequence, timestamp at) noexcept;

    /// Returns whether a segment may belong to this direction: its position is within the possible range.
    bool reaches(const tcp_segment& s, timestamp at) const noexcept;

    /// Returns whether `sequence` is that of the first byte, or close enough before it.
    bool may_start_at(std::uint32_t sequence) const noexcept;

    void take(const tcp_segment& s, timestamp at, stream_sink& to);

    /// Returns when the first piece behind a hole arrived; nothing if none waits.
    std::optional<timestamp> waits_since() const noexcept;
    /// Returns whether too much waits.
    bool is_full() const noexcept;

    /// Reports the first hole as lost, and delivers the piece behind it. A piece must be waiting.
    void give_up_first(stream_sink& to);

    /// Reports what is missing at the end. Nothing may wait, and no more may come.
    void lose_rest(stream_sink& to);

    /// Returns when it ended with a FIN, if all bytes before that were delivered and the end was not reported yet.
    std::optional<timestamp> ends_at() const noexcept;

    /// Reports the end, once.
    void close(ending how, timestamp at, stream_sink& to);

  private:
    struct piece {
        std::vector<std::byte> bytes; // as captured
        std::uint64_t end;            // as sent
        timestamp at;
        bool is_whole(std::uint64_t position) const noexcept { return position + bytes.size() == end; }
    };

    std::int64_t position(std::uint32_t sequence) const noexcept;
    void hold(std::uint64_t position, std::uint64_t end, std::span<const std::byte> bytes, timestamp at);
    void deliver(std::uint64_t position, std::span<const std::byte> bytes, timestamp at, stream_sink& to);
    void take_waiting(timestamp at, stream_sink& to);
    void lose_up_to(std::uint64_t position, timestamp at, stream_sink& to);
    bool has_hole() const noexcept { return !waiting_.empty() && waiting_.begin()->first > next_; }

    bool from_client_;
    bool closed_ = false;
    std::optional<std::uint32_t> base_; // sequence number of position 0
    std::uint64_t next_ = 0;            // position of the next byte to deliver
    std::uint64_t known_end_ = 0;       // after the last byte that is known to have been sent
    std::map<std::uint64_t, piece> waiting_;
    std::size_t waiting_bytes_ = 0;
    std::optional<std::uint64_t> fin_;
    timestamp fin_at_{};
    timestamp sent_at_{}; // last segment
    timestamp out_at_{};  // last delivered segment
};

} // namespace audiosocket::app::inspect
