// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <vector>

namespace audiosocket::fuzz {

/// The input of a target, taken from the front; zeros after its end.
class input {
  public:
    input(const std::uint8_t* data, std::size_t size) : rest_(data, size) {}

    bool empty() const { return rest_.empty(); }

    unsigned byte() {
        if (rest_.empty()) return 0;
        const unsigned b = rest_[0];
        rest_ = rest_.subspan(1);
        return b;
    }

    /// Returns two bytes as a number up to 65,535.
    unsigned word() {
        const unsigned high = byte();
        return high << 8 | byte();
    }

    /// Returns up to `n` bytes, in memory of their own with nothing behind them.
    std::vector<std::byte> some(std::size_t n) {
        const auto front = std::as_bytes(rest_.first(std::min(n, rest_.size())));
        rest_ = rest_.subspan(front.size());
        return {front.begin(), front.end()};
    }

    std::vector<std::byte> rest() { return some(rest_.size()); }

    std::string rest_as_text() {
        std::string text(reinterpret_cast<const char*>(rest_.data()), rest_.size());
        rest_ = {};
        return text;
    }

    /// Returns up to `n` samples, from two bytes each.
    std::vector<std::int16_t> samples(std::size_t n) {
        const auto bytes = some(n * 2);
        std::vector<std::int16_t> out(bytes.size() / 2);
        if (!out.empty()) std::memcpy(out.data(), bytes.data(), out.size() * 2);
        return out;
    }

    /// Returns one of these values.
    template <class Values>
    auto one_of(const Values& values) {
        return values[byte() % std::size(values)];
    }

  private:
    std::span<const std::uint8_t> rest_;
};

} // namespace audiosocket::fuzz
