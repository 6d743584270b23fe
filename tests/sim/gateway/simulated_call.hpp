// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sim/gateway/bot.hpp"
#include "sim/gateway/phone.hpp"

#include "gateway/gateway_plan.hpp"
#include "live/live_call.hpp"

#include <audiosocket/call/event.hpp>
#include <audiosocket/protocol/uuid.hpp>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace audiosocket::sim {

/// One call through the simulated gateway: its caller, the connections of its back ends, and what must be true of it. A
/// call knows nothing of other calls.
class simulated_call {
  public:
    /// Makes a call with this number that has not begun. `in` and `plan` must outlive it.
    simulated_call(world& in, unsigned number, const app::gateway::gateway_plan& plan);
    simulated_call(const simulated_call&) = delete;
    simulated_call& operator=(const simulated_call&) = delete;

    const uuid& id() const noexcept { return id_; }

    // --- What happens ---

    /// The caller calls.
    void begin(std::uint16_t port);

    /// Returns whether the caller has called and the call has ended.
    bool is_over() const noexcept { return phone_.is_over(); }

    /// The gateway has connected to the back end at this place, for this call.
    void connected(std::size_t at, bool is_narrow, std::shared_ptr<bot> back_end);

    /// All back ends of this call die, and take no further connection.
    void kill_back_ends();

    /// Returns what the gateway reports of this call. Valid as long as this object.
    app::call_reporting reporting();

    // --- What must be true ---

    /// Checks what must be true after the end of the call.
    void check() const;

    /// Returns a hash of what caller and back ends got, and when.
    std::uint64_t trace() const noexcept { return said_.trace; }

    /// Returns how long the call lasted.
    nanoseconds length() const noexcept { return over_at() - began_at_; }

  private:
    struct place {
        std::vector<bot_plan> plans; // of its connections; the last is that of all later ones
        std::size_t connections = 0;
    };

    conditions any_network();
    bot_plan any_plan();
    void decide_end();
    nanoseconds over_at() const noexcept;
    void check_last_word(nanoseconds ended) const;

    world& world_;
    const app::gateway::gateway_plan& plan_;
    const unsigned number_;
    const uuid id_;
    dice random_;
    said said_;
    phone phone_;
    std::vector<place> places_;
    std::vector<std::shared_ptr<bot>> bots_;
    nanoseconds began_at_{};
    int ends_ = 0;
    bool is_dead_ = false; // its back ends are
    bool hung_up_for_duration_ = false;
    std::optional<nanoseconds> no_back_end_at_;
    std::optional<nanoseconds> all_dead_at_;
};

} // namespace audiosocket::sim
