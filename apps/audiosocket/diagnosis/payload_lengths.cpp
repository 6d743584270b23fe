// SPDX-License-Identifier: Apache-2.0
#include "diagnosis/payload_lengths.hpp"

#include <algorithm>
#include <array>

namespace audiosocket::app::diagnosis {
namespace {

constexpr std::size_t gsm_frame_bytes = 33;

// 60 ms of Opus at 32 kbit/s. Speech needs less.
constexpr std::size_t opus_bytes_max = 250;

bool is_gsm(std::span<const std::byte> payload) {
    if (payload.empty() || payload.size() % gsm_frame_bytes != 0) return false;
    for (std::size_t i = 0; i < payload.size(); i += gsm_frame_bytes)
        if ((payload[i] & std::byte{0xf0}) != std::byte{0xd0}) return false;
    return true;
}

struct codec {
    std::size_t bytes;
    std::int64_t ms;
    std::string_view name;
};

// Bytes of one frame and its duration; RFC 3551, RFC 3952, RFC 4749.
constexpr std::array codecs{
    codec{160, 20, "G.722"}, codec{33, 20, "GSM"},   codec{65, 40, "GSM (WAV49)"}, codec{10, 10, "G.729"},
    codec{38, 20, "iLBC"},   codec{50, 30, "iLBC"},  codec{24, 30, "G.723.1"},     codec{20, 30, "G.723.1"},
    codec{80, 20, "G.726"},  codec{60, 20, "G.726"}, codec{40, 20, "G.726"},       codec{62, 20, "AMR or Speex"},
};

} // namespace

void payload_lengths::add(std::span<const std::byte> payload) {
    const std::size_t size = payload.size();
    same_in_a_row_ = size == last_ ? same_in_a_row_ + 1 : 1;
    gsm_in_a_row_ = is_gsm(payload) ? gsm_in_a_row_ + 1 : 0;
    ++messages_;
    changes_ += size != last_ ? 1U : 0U;
    odd_ += size % 2;
    short_ += size <= opus_bytes_max ? 1U : 0U;
    shortest_ = std::min(shortest_, size);
    longest_ = std::max(longest_, size);
    last_ = size;
    if (messages_ < 64) return;
    for (std::uint32_t* n : {&messages_, &changes_, &odd_, &short_})
        *n /= 2;
}

std::optional<std::size_t> payload_lengths::common() const noexcept {
    return same_in_a_row_ >= enough ? std::optional(last_) : std::nullopt;
}

bool payload_lengths::vary() const noexcept {
    return messages_ >= enough && changes_ * 2 >= messages_ && odd_ * 4 >= messages_ && short_ == messages_;
}

std::string_view codec_of(std::size_t bytes, std::int64_t ms) noexcept {
    for (const codec& c : codecs) {
        if (ms == 0 || bytes % c.bytes != 0) continue;
        if (static_cast<std::int64_t>(bytes / c.bytes) * c.ms == ms) return c.name;
    }
    return {};
}

} // namespace audiosocket::app::diagnosis
