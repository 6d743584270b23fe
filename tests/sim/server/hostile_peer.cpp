// SPDX-License-Identifier: Apache-2.0
#include "sim/server/hostile_peer.hpp"

#include <audiosocket/protocol/encoder.hpp>
#include <audiosocket/protocol/uuid.hpp>

#include <algorithm>

namespace audiosocket::sim {
namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t flood_bytes_max = 400'000;

void append_message(std::vector<std::byte>& to, unsigned kind, std::size_t bytes, dice& random) {
    to.push_back(static_cast<std::byte>(kind));
    to.push_back(static_cast<std::byte>(bytes >> 8U));
    to.push_back(static_cast<std::byte>(bytes & 0xFFU));
    for (std::size_t i = 0; i < bytes; ++i)
        to.push_back(static_cast<std::byte>(random.next() & 0xFFU));
}

} // namespace

hostile_peer::hostile_peer(world& in, remote& line, dice random) : world_(in), line_(line), random_(random) {
    leaves_at_ = world_.now() + random_.between(nanoseconds{}, nanoseconds(20s));
    begin();
    line_.on_change = [this](remote& r) {
        if (reads_) r.read();
        if (floods_) flood();
        if (r.was_reset() || r.at_end()) leave();
    };
    go_on();
}

// Chooses what to send, and how.
void hostile_peer::begin() {
    if (random_.one_in(8)) return; // nothing
    if (random_.one_in(8)) {
        to_send_ = garbage(1 + random_.below(2000));
    } else {
        uuid id{};
        for (auto& byte : id.bytes)
            byte = static_cast<std::byte>(random_.next() & 0xFFU);
        const auto message = id_message(id).to_bytes();
        to_send_.assign(message.begin(), message.end());
        if (random_.one_in(6)) {
            to_send_.resize(random_.below(to_send_.size()));
        } else {
            // Legal, unusual and illegal messages.
            constexpr unsigned kinds[] = {0x00, 0x01, 0x02, 0x03, 0x10, 0x10, 0x11, 0x12, 0x14, 0x18, 0x19, 0xFF};
            constexpr std::size_t sizes[] = {0, 1, 2, 3, 16, 160, 320, 321, 640, 5000, 65'535};
            for (auto count = random_.below(12); count > 0; --count)
                append_message(to_send_,
                               random_.one_in(4) ? static_cast<unsigned>(random_.below(256))
                                                 : kinds[random_.below(std::size(kinds))],
                               sizes[random_.below(std::size(sizes))], random_);
            if (random_.one_in(3)) {
                floods_ = true;
                while (flood_.size() < 20'000)
                    append_message(flood_, random_.one_in(3) ? 0x03 : kinds[4 + random_.below(6)],
                                   random_.one_in(3) ? 1 : sizes[1 + random_.below(8)], random_);
            }
            if (random_.one_in(4))
                to_send_.resize(to_send_.size() - random_.below(to_send_.size() / 2)); // half a message
        }
    }
    reads_ = !random_.one_in(4);
    trickles_ = random_.one_in(4);
    if (random_.one_in(3)) leaves_at_byte_ = random_.below(to_send_.size() + 1);
}

void hostile_peer::go_on() {
    if (left_) return;
    if (world_.now() >= leaves_at_ || sent_ >= leaves_at_byte_) return leave();
    send(trickles_ ? 1 + random_.below(4) : SIZE_MAX);
    if (floods_ && sent_ >= to_send_.size()) flood();
    if (random_.one_in(200)) line_.lose_from_here(random_.one_in(2));
    if (random_.one_in(200)) line_.lose_from_machine(random_.one_in(2));
    world_.remote_after(random_.between(nanoseconds(1ms), nanoseconds(trickles_ ? 100ms : 500ms)), [this] { go_on(); });
}

void hostile_peer::flood() {
    if (left_ || sent_ < to_send_.size() || sent_ > flood_bytes_max) return;
    sent_ += line_.send(flood_);
}

void hostile_peer::send(std::size_t most) {
    if (sent_ >= to_send_.size()) return;
    const std::size_t left = std::min<std::size_t>(to_send_.size(), leaves_at_byte_) - sent_;
    sent_ += line_.send(std::span(to_send_).subspan(sent_, std::min(most, left)));
}

void hostile_peer::leave() {
    if (std::exchange(left_, true)) return;
    line_.on_change = nullptr;
    line_.lose_from_here(false);
    line_.lose_from_machine(false);
    if (random_.one_in(2))
        line_.reset();
    else
        line_.close();
}

std::vector<std::byte> hostile_peer::garbage(std::size_t bytes) {
    std::vector<std::byte> out(bytes);
    for (auto& byte : out)
        byte = static_cast<std::byte>(random_.next() & 0xFFU);
    return out;
}

} // namespace audiosocket::sim
