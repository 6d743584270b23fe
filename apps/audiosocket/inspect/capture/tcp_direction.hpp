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

/// Takes what a TCP connection carries, in the order of its bytes. Times of one direction never go back.
class stream_sink {
  public:
    virtual ~stream_sink() = default;

    virtual void data(bool from_client, std::span<const std::byte> bytes, timestamp at) = 0;
    /// So many bytes are not in the capture.
    virtual void lost(bool from_client, std::uint64_t bytes, timestamp at) = 0;
    /// A packet came out of order, or its bytes came twice.
    virtual void reordered(bool from_client, timestamp at) = 0;
    /// This side sends no more: ending::closed or ending::reset. Called once at most for each direction.
    virtual void closed(bool from_client, ending how, timestamp at) = 0;
};

/// Puts the segments of one direction of a TCP connection in order.
///
/// Positions count the bytes of the direction in 64 bits, because sequence numbers wrap. Position 0 is the first byte,
/// or, when neither the SYN nor its acknowledgement is in the capture, the first byte that is.
///
/// What lies behind a hole waits. A late packet may still fill the hole; after hole_age_max it is in the capture no
/// more, is reported as lost, and what waited goes on with the times at which it came. A packet that was cut off by the
/// snap length waits as well: it may be there a second time, whole.
class tcp_direction {
  public:
    /// Longer than the first retransmissions of a living connection take.
    static constexpr std::chrono::seconds hole_age_max{3};
    /// Two seconds of the fastest audio.
    static constexpr std::size_t waiting_bytes_max = 1 << 20;
    static constexpr std::size_t waiting_pieces_max = 1024;
    /// A hole may be as large as a socket's buffer, and what the fastest audio (384,150 bytes a second) sends in the
    /// time that is missing. Nine hours of the usual audio are the most.
    static constexpr std::int64_t hole_bytes_least = 4 << 20;
    static constexpr std::int64_t hole_bytes_per_second = 1'000'000;
    static constexpr std::int64_t hole_bytes_max = 512 << 20;

    explicit tcp_direction(bool from_client) : from_client_(from_client) {}

    bool is_started() const noexcept { return base_.has_value(); }
    bool is_closed() const noexcept { return closed_; }
    bool has_data() const noexcept { return known_end_ != 0; }

    /// The first byte has this sequence number. Without effect once there is a first byte.
    void start_at(std::uint32_t sequence, timestamp at) noexcept;

    /// Whether a segment may belong to this direction: its bytes lie where the direction may have come to.
    bool reaches(const tcp_segment& s, timestamp at) const noexcept;

    /// Whether `sequence` is that of the first byte, or lies so little before it that it may have been.
    bool may_start_at(std::uint32_t sequence) const noexcept;

    void take(const tcp_segment& s, timestamp at, stream_sink& to);

    /// When the first piece behind a hole came; nothing if none waits.
    std::optional<timestamp> waits_since() const noexcept;
    /// Whether too much waits.
    bool is_full() const noexcept;

    /// Reports the first hole as lost, and delivers the piece behind it. A piece must wait.
    void give_up_first(stream_sink& to);

    /// Reports what is missing at the end, when nothing waits and no more will come.
    void lose_rest(stream_sink& to);

    /// When it ended with a FIN, if all bytes before that went out, and it was not reported yet.
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
    std::uint64_t next_ = 0;            // position of the first byte that did not go out
    std::uint64_t known_end_ = 0;       // behind the last byte that was seen to be sent
    std::map<std::uint64_t, piece> waiting_;
    std::size_t waiting_bytes_ = 0;
    std::optional<std::uint64_t> fin_;
    timestamp fin_at_{};
    timestamp sent_at_{}; // last segment
    timestamp out_at_{};  // last that went out
};

} // namespace audiosocket::app::inspect
