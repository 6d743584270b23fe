// SPDX-License-Identifier: Apache-2.0
#include "net/recorded_piece.hpp"

#include <audiosocket/audio/duration.hpp>
#include <audiosocket/net/detail/unless_memory_is_out.hpp>

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
    const std::size_t bytes = samples.size_bytes() + sizeof(recorded_block);
    if (spent_[static_cast<std::size_t>(side)] < sound_max && piece_.held.grow(bytes)) {
        if (unless_memory_is_out([&] { append({side, rate_hz, at, samples.size()}, samples); })) return;
        piece_.held.shrink(bytes);
    }
    piece_.dropped += length_of(samples.size(), rate_hz);
}

// Changes nothing if there is no memory.
void piece_collector::append(const recorded_block& block, std::span<const std::int16_t> samples) {
    nanoseconds& spent = spent_[static_cast<std::size_t>(block.side)];
    recorded_block* const last = piece_.blocks.empty() ? nullptr : &piece_.blocks.back();
    const bool together = last && last->side == block.side && last->rate_hz == block.rate_hz && last->at == block.at &&
                          length_of(last->samples + block.samples, block.rate_hz) <= merged_max;
    if (!together && piece_.blocks.size() == piece_.blocks.capacity())
        piece_.blocks.reserve(std::max<std::size_t>(2 * piece_.blocks.size(), 8));
    piece_.samples.insert(piece_.samples.end(), samples.begin(), samples.end());
    if (together) {
        spent -= cost_of(*last);
        last->samples += block.samples;
        spent += cost_of(*last);
    } else {
        piece_.blocks.push_back(block);
        spent += cost_of(block);
    }
}

recorded_piece piece_collector::take(nanoseconds at) {
    begin_ = at;
    spent_ = {};
    return std::exchange(piece_, {held_memory(share_), {}, {}, {}});
}

} // namespace audiosocket::detail
