// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "support/bytes.hpp"

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

namespace audiosocket::test {

/// Makes a pcapng file of one section.
class pcapng {
  public:
    explicit pcapng(bool big_endian = false) : big_endian_(big_endian) {
        block(0x0a0d0d0a, u32(0x1a2b3c4d) + u16(1) + u16(0) + bytes(8, std::byte{0xff}));
    }

    using options = std::vector<std::pair<std::uint16_t, bytes>>;

    void interface(std::uint16_t link_type, std::uint32_t snap_bytes, const options& all = {}) {
        bytes body = u16(link_type) + u16(0) + u32(snap_bytes);
        for (const auto& [code, value] : all)
            body = padded(body + u16(code) + u16(static_cast<std::uint16_t>(value.size())) + value);
        block(1, body + u32(0));
    }

    /// `wire_bytes` 0: the length of the content.
    void packet(std::uint32_t interface_number, std::uint64_t time, const bytes& kept, std::size_t wire_bytes = 0) {
        const auto high = static_cast<std::uint32_t>(time >> 32), low = static_cast<std::uint32_t>(time);
        const auto sent = static_cast<std::uint32_t>(wire_bytes != 0 ? wire_bytes : kept.size());
        block(6, u32(interface_number) + u32(high) + u32(low) + u32(static_cast<std::uint32_t>(kept.size())) +
                     u32(sent) + kept);
    }

    void block(std::uint32_t type, const bytes& body) {
        const bytes whole = padded(body), length = u32(static_cast<std::uint32_t>(whole.size() + 12));
        content = std::move(content) + u32(type) + length + whole + length;
    }

    bytes u16(std::uint16_t v) const { return number(v, 2); }
    bytes u32(std::uint32_t v) const { return number(v, 4); }
    bytes u64(std::uint64_t v) const { return number(v, 8); }

    bytes content;

  private:
    bytes number(std::uint64_t v, int size) const {
        bytes out;
        for (int i = 0; i < size; ++i)
            out.push_back(static_cast<std::byte>(v >> (8 * i) & 0xff));
        if (big_endian_) std::reverse(out.begin(), out.end());
        return out;
    }
    static bytes padded(bytes b) {
        b.resize((b.size() + 3) / 4 * 4);
        return b;
    }

    bool big_endian_;
};

} // namespace audiosocket::test
