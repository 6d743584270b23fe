// SPDX-License-Identifier: Apache-2.0
// The formats: https://datatracker.ietf.org/doc/draft-ietf-opsawg-pcap/ and .../draft-ietf-opsawg-pcapng/.

#include "inspect/capture/capture_file.hpp"

#include "base/failure.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace audiosocket::app::inspect {
namespace {

using std::chrono::microseconds;

// tcpdump keeps at most 262,144 bytes of a packet. A longer packet is a sign of damage.
constexpr std::size_t packet_bytes_max = 1 << 20;
constexpr std::size_t block_bytes_max = packet_bytes_max + 65'536; // with options
constexpr std::size_t interfaces_max = 10'000;

constexpr std::uint32_t pcap_us = 0xa1b2c3d4, pcap_ns = 0xa1b23c4d, pcap_kuznetzov = 0xa1b2cd34;
constexpr std::uint32_t section_block = 0x0a0d0d0a, byte_order_magic = 0x1a2b3c4d;
constexpr std::uint32_t interface_block = 1, old_packet_block = 2, simple_packet_block = 3, packet_block = 6;
constexpr std::uint16_t option_time_resolution = 9, option_time_offset = 14;
constexpr std::uint8_t microseconds_resolution = 6;

// The range of system_clock, less the length of a call.
constexpr std::int64_t seconds_max =
    std::chrono::duration_cast<std::chrono::seconds>(std::chrono::nanoseconds::max()).count() - 1;

std::optional<microseconds> time_from(std::uint64_t seconds, std::uint64_t fraction_us, std::int64_t offset_s) {
    if (seconds > static_cast<std::uint64_t>(seconds_max) || offset_s > seconds_max || offset_s < -seconds_max)
        return std::nullopt;
    const std::int64_t sum = static_cast<std::int64_t>(seconds) + offset_s;
    if (sum < 0 || sum > seconds_max) return std::nullopt;
    return std::chrono::seconds(sum) + microseconds(fraction_us);
}

// `resolution`: a power of ten, or of two if its highest bit is set, of units in a second.
std::optional<microseconds> time_from_units(std::uint64_t units, std::uint8_t resolution, std::int64_t offset_s) {
    constexpr std::uint64_t million = 1'000'000;
    const unsigned exponent = resolution & 0x7fU;
    const bool binary = (resolution & 0x80U) != 0;
    if (exponent > (binary ? 63U : 19U)) return std::nullopt;
    std::uint64_t per_second = 1;
    for (unsigned i = 0; i < exponent; ++i)
        per_second *= binary ? 2 : 10;
    const std::uint64_t rest = units % per_second;
    const std::uint64_t us = rest < UINT64_MAX / million ? rest * million / per_second : rest / (per_second / million);
    return time_from(units / per_second, std::min(us, million - 1), offset_s);
}

} // namespace

capture_file::capture_file(capture_input& input) : input_(input), start_(input.start()) {
    if (fill(4)) {
        is_pcapng_ = u32(0) == section_block;
        if (!is_pcapng_) read_pcap_header();
    }
    if (!damage_.empty())
        throw failure(exit_code::file,
                      fmt::format("{}: cannot be read as a capture ({}); capture it again", input.name(), damage_));
    if (is_pcapng_) start_ = input.start(); // the first block is read like all others
}

std::optional<captured_packet> capture_file::next() {
    if (!damage_.empty()) return std::nullopt;
    return is_pcapng_ ? next_of_pcapng() : next_of_pcap();
}

std::nullopt_t capture_file::damaged(std::string why) {
    damage_ = std::move(why);
    return std::nullopt;
}

// Reads this many bytes into block_. Returns false at the end of the file; a partial record counts as damage.
bool capture_file::fill(std::size_t bytes) {
    block_.resize(bytes);
    const std::size_t known = std::min(bytes, start_.size());
    std::copy_n(start_.begin(), known, block_.begin());
    start_ = start_.subspan(known);
    const std::size_t got = known + input_.read(std::span(block_).subspan(known));
    if (got != bytes && got != 0) damaged("the file ends inside a packet");
    return got == bytes;
}

bool capture_file::fill_body(std::size_t bytes) {
    if (fill(bytes)) return true;
    damaged("the file ends inside a packet");
    return false;
}

std::uint16_t capture_file::u16(std::size_t at) const noexcept {
    const auto low = std::to_integer<unsigned>(block_[at + (big_endian_ ? 1 : 0)]);
    const auto high = std::to_integer<unsigned>(block_[at + (big_endian_ ? 0 : 1)]);
    return static_cast<std::uint16_t>(high << 8 | low);
}

std::uint32_t capture_file::u32(std::size_t at) const noexcept {
    const std::uint32_t first = u16(at), second = u16(at + 2);
    return big_endian_ ? first << 16 | second : second << 16 | first;
}

std::uint64_t capture_file::u64(std::size_t at) const noexcept {
    const std::uint64_t first = u32(at), second = u32(at + 4);
    return big_endian_ ? first << 32 | second : second << 32 | first;
}

void capture_file::read_pcap_header() {
    constexpr std::size_t rest_bytes = 20, link_type_at = 16;
    constexpr std::uint32_t link_type_bits = 0x0fff'ffff; // the bits above are the length of a checksum
    big_endian_ = std::to_integer<unsigned>(block_[0]) == 0xa1;
    const std::uint32_t magic = u32(0);
    units_per_second_ = magic == pcap_ns ? 1'000'000'000 : 1'000'000;
    record_header_bytes_ = magic == pcap_kuznetzov ? 24 : 16;
    if (magic != pcap_us && magic != pcap_ns && magic != pcap_kuznetzov) {
        damaged("it does not start with the magic number of a capture");
    } else if (fill_body(rest_bytes)) {
        interfaces_.push_back({u32(link_type_at) & link_type_bits, 0, 0, 0});
    }
}

std::optional<captured_packet> capture_file::next_of_pcap() {
    if (!fill(record_header_bytes_)) return std::nullopt;
    const std::uint32_t captured = u32(8);
    captured_packet packet{.link_type = interfaces_.front().link_type, .wire_bytes = std::max(captured, u32(12))};
    packet.at = time_from(u32(0), u32(4) / (units_per_second_ / 1'000'000), 0);
    if (captured > packet_bytes_max) return damaged(fmt::format("a packet of {} bytes", captured));
    if (!fill_body(captured)) return std::nullopt;
    packet.bytes = block_;
    return packet;
}

// Reads the next block, whose body is then in block_. Returns false at the end.
bool capture_file::read_block(std::uint32_t& type) {
    constexpr std::size_t head_bytes = 8, around_bytes = 12, magic_bytes = 4;
    if (!fill(head_bytes)) return false;
    type = u32(0);
    std::vector<std::byte> head = block_;
    std::size_t known = 0;
    if (type == section_block) { // the byte order of its length is in the next field
        if (!fill_body(magic_bytes)) return false;
        known = magic_bytes;
        big_endian_ = std::to_integer<unsigned>(block_[0]) == byte_order_magic >> 24;
        if (u32(0) != byte_order_magic) {
            damaged("a section of an unknown byte order");
            return false;
        }
    }
    block_ = std::move(head);
    const std::uint32_t length = u32(4);
    if (length < around_bytes + known || length % 4 != 0 || length > block_bytes_max) {
        damaged(fmt::format("a block of {} bytes", length));
        return false;
    }
    if (!fill_body(length - head_bytes - known)) return false;
    if (u32(block_.size() - 4) != length) damaged("a block without its end");
    return damage_.empty();
}

std::optional<captured_packet> capture_file::next_of_pcapng() {
    std::uint32_t type = 0;
    while (read_block(type)) {
        block_.resize(block_.size() - 4); // without the second copy of the length
        switch (type) {
        case section_block: interfaces_.clear(); break;
        case interface_block: read_interface(); break;
        case packet_block:
        case old_packet_block:
        case simple_packet_block: return packet_of_block(type);
        default: break;
        }
        if (!damage_.empty()) break;
    }
    return std::nullopt;
}

void capture_file::read_interface() {
    constexpr std::size_t fixed_bytes = 8, option_head_bytes = 4;
    if (block_.size() < fixed_bytes || interfaces_.size() >= interfaces_max) {
        damaged("an invalid description of an interface");
        return;
    }
    interface added {
        u16(0), u32(4), microseconds_resolution, 0
    };
    for (std::size_t at = fixed_bytes; at + option_head_bytes <= block_.size();) {
        const std::uint16_t code = u16(at), length = u16(at + 2);
        at += option_head_bytes;
        if (code == 0 || at + length > block_.size()) break;
        if (code == option_time_resolution && length == 1)
            added.time_resolution = std::to_integer<std::uint8_t>(block_[at]);
        if (code == option_time_offset && length == 8) added.time_offset_s = static_cast<std::int64_t>(u64(at));
        at += (length + 3U) / 4 * 4;
    }
    interfaces_.push_back(added);
}

std::optional<captured_packet> capture_file::packet_of_block(std::uint32_t type) {
    constexpr std::size_t simple_head_bytes = 4, head_bytes = 20;
    const bool simple = type == simple_packet_block;
    const std::size_t head = simple ? simple_head_bytes : head_bytes;
    if (block_.size() < head) return damaged("a packet without a header");
    const std::size_t number = simple ? 0 : type == old_packet_block ? u16(0) : u32(0);
    if (number >= interfaces_.size()) return damaged("a packet of an interface without a description");

    const interface& from = interfaces_[number];
    captured_packet packet{.link_type = from.link_type};
    std::size_t captured = 0;
    if (simple) {
        packet.wire_bytes = captured = u32(0);
        if (from.snap_bytes != 0) captured = std::min<std::size_t>(captured, from.snap_bytes);
    } else {
        packet.at = time_from_units(std::uint64_t{u32(4)} << 32 | u32(8), from.time_resolution, from.time_offset_s);
        captured = u32(12);
        packet.wire_bytes = std::max<std::size_t>(captured, u32(16));
    }
    if (captured > block_.size() - head) return damaged("a packet that is longer than its block");
    packet.bytes = std::span<const std::byte>(block_).subspan(head, captured);
    return packet;
}

} // namespace audiosocket::app::inspect
