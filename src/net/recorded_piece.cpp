// SPDX-License-Identifier: Apache-2.0
#include "net/recorded_piece.hpp"

#include <audiosocket/audio/duration.hpp>

#include <algorithm>
#include <utility>

namespace audiosocket::detail {
namespace {

using std::chrono::nanoseconds;

// Returns zero for an invalid rate, which the recorder refuses later.
nanoseconds length_of(std::size_t samples, int rate_hz) {
    return rate_hz < 1 ? nanoseconds{} : duration_of(samples, rate_hz);
}

nanoseconds cost_of(const recorded_block& b) {
    return std::max<nanoseconds>(length_of(b.samples, b.rate_hz), piece_collector::block_cost_min);
}

} // namespace

bool recorded_piece::has_audio() const {
    const auto received = [](const recorded_block& b) { return b.side == call_side::received; };
    return std::ranges::any_of(blocks, received) ||
           std::ranges::any_of(samples, [](std::int16_t sample) { return sample != 0; });
}

int recorded_piece::rate_hz() const {
    const auto first = std::ranges::find(blocks, call_side::received, &recorded_block::side);
    return first != blocks.end() ? first->rate_hz : blocks.front().rate_hz;
}

void recorded_piece::write_to(stereo_recorder& file) const {
    std::span<const std::int16_t> left = samples;
    for (const recorded_block& b : blocks) {
        const auto mine = left.first(b.samples);
        left = left.subspan(b.samples);
        if (b.side == call_side::received)
            file.received(mine, b.rate_hz, b.at);
        else
            file.sent(mine, b.rate_hz, b.at);
    }
}

void piece_collector::add(call_side side, std::span<const std::int16_t> samples, int rate_hz, nanoseconds at) {
    if (samples.empty()) return;
    nanoseconds& spent = spent_[static_cast<std::size_t>(side)];
    if (spent >= sound_max || !piece_.held.grow(samples.size_bytes() + sizeof(recorded_block))) {
        piece_.dropped += length_of(samples.size(), rate_hz);
        return;
    }
    piece_.samples.insert(piece_.samples.end(), samples.begin(), samples.end());
    if (!piece_.blocks.empty()) {
        recorded_block& last = piece_.blocks.back();
        const bool together = last.side == side && last.rate_hz == rate_hz && last.at == at;
        if (together && length_of(last.samples + samples.size(), rate_hz) <= merged_max) {
            spent -= cost_of(last);
            last.samples += samples.size();
            spent += cost_of(last);
            return;
        }
    }
    piece_.blocks.push_back({side, rate_hz, at, samples.size()});
    spent += cost_of(piece_.blocks.back());
}

recorded_piece piece_collector::take(nanoseconds at) {
    begin_ = at;
    spent_ = {};
    return std::exchange(piece_, {held_memory(share_), {}, {}, {}});
}

} // namespace audiosocket::detail
