// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sim/world/world.hpp"

#include <cstdint>
#include <vector>

namespace audiosocket::sim {

/// A peer that breaks the protocol, does not read, floods, or leaves at any byte.
class hostile_peer {
  public:
    hostile_peer(world& in, remote& line, dice random);
    hostile_peer(const hostile_peer&) = delete;
    hostile_peer& operator=(const hostile_peer&) = delete;

    /// Leaves, without a word.
    void leave();

  private:
    void begin();
    void go_on();
    void flood();
    void send(std::size_t most);
    std::vector<std::byte> garbage(std::size_t bytes);

    world& world_;
    remote& line_;
    dice random_;
    std::vector<std::byte> to_send_;
    std::size_t sent_ = 0;
    std::vector<std::byte> flood_;
    bool reads_ = true;
    bool floods_ = false;
    bool trickles_ = false;
    bool left_ = false;
    std::uint64_t leaves_at_byte_ = UINT64_MAX;
    nanoseconds leaves_at_;
};

} // namespace audiosocket::sim
