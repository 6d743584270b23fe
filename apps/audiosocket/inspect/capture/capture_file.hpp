// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "inspect/capture/capture_input.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace audiosocket::app::inspect {

/// One packet of a capture.
struct captured_packet {
    std::uint32_t link_type = 0; ///< LINKTYPE_ value of https://www.tcpdump.org/linktypes.html
    /// Time since the epoch. Empty if the packet has none, or a time outside the years 1970 to 2261.
    std::optional<std::chrono::microseconds> at{};
    std::span<const std::byte> bytes{}; ///< Valid until the next call of capture_file::next().
    std::size_t wire_bytes = 0; ///< Length of the packet on the wire; more than bytes.size() if the packet was cut off.
};

/// Reads packets from a capture: pcap (microseconds, nanoseconds, Kuznetzov's variant) or pcapng, in either byte order.
///
/// A pcapng file may have several interfaces, each with its own link type, snap length and clock. Memory is bounded by
/// the largest allowed packet, even if the file claims more.
class capture_file {
  public:
    /// Reads the header of the file. Throws failure if it is damaged. `input` must outlive the object.
    explicit capture_file(capture_input& input);

    /// Returns the next packet, or nothing at the end of the file and at damage.
    std::optional<captured_packet> next();

    /// Returns why the file could not be read to its end, in one line. Empty if it could.
    const std::string& damage() const noexcept { return damage_; }

  private:
    struct interface {
        std::uint32_t link_type;
        std::uint32_t snap_bytes;
        std::uint8_t time_resolution; // if_tsresol
        std::int64_t time_offset_s;   // if_tsoffset
    };

    bool fill(std::size_t bytes);
    bool fill_body(std::size_t bytes);
    void read_pcap_header();
    std::optional<captured_packet> next_of_pcap();
    std::optional<captured_packet> next_of_pcapng();
    bool read_block(std::uint32_t& type);
    void read_interface();
    std::optional<captured_packet> packet_of_block(std::uint32_t type);
    std::nullopt_t damaged(std::string why);

    std::uint16_t u16(std::size_t at) const noexcept;
    std::uint32_t u32(std::size_t at) const noexcept;
    std::uint64_t u64(std::size_t at) const noexcept;

    capture_input& input_;
    std::span<const std::byte> start_; // bytes that capture_input has already read
    std::vector<std::byte> block_;     // the latest header of a packet, or body of a block
    std::vector<interface> interfaces_;
    std::string damage_;
    bool is_pcapng_ = false;
    bool big_endian_ = false;
    std::size_t record_header_bytes_ = 0; // pcap
    std::uint32_t units_per_second_ = 0;  // pcap
};

} // namespace audiosocket::app::inspect
