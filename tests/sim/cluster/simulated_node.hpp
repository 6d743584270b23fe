// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "directory/member.hpp"

#include <cstdio>
#include <cstdlib>
#include <deque>
#include <memory>
#include <set>

namespace audiosocket::test {

using namespace app::directory;
using namespace std::chrono_literals;

inline constexpr auto step = 5ms;
inline constexpr std::chrono::seconds lease = 9s;
inline constexpr std::chrono::minutes ttl = 10min;

struct size_of_run {
    unsigned nodes = 12;
    unsigned calls = 6000;
    std::chrono::seconds time = 150s;

    static size_of_run chosen() {
        size_of_run s;
        unsigned seconds = 0;
        const char* text = std::getenv("AUDIOSOCKET_CLUSTER");
        if (text && std::sscanf(text, "%u:%u:%u", &s.nodes, &s.calls, &seconds) == 3)
            s.time = std::chrono::seconds(seconds);
        return s;
    }
};

// A process: what a gateway does with a member.
struct process {
    using delivery = std::pair<time_point, std::shared_ptr<const update>>;

    process(const node_id& id, const std::string& connect)
        : contexts(std::make_unique<context_registry>()),
          own(std::make_unique<member>(member::options{id, connect, "", lease, {}, false}, contexts.get())) {}

    std::unique_ptr<context_registry> contexts;
    std::unique_ptr<member> own;
    bool connected = false;
    bool partitioned = false;
    bool draining = false;
    time_point reconnects{};
    std::deque<delivery> inbox;                              // by time
    std::deque<std::pair<time_point, member::write>> outbox; // by time
    std::set<uuid> calls;
    time_point joined{};
};

} // namespace audiosocket::test
