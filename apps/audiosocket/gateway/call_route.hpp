// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gateway/gateway_plan.hpp"

#include <audiosocket/call/event.hpp>

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

namespace audiosocket::app::gateway {

/// Which back ends a call may have, and which of them is next. Each is tried twice, with a pause before the second try.
/// Then the next back end is tried. A back end that has served for a while begins again with two tries. If a back end
/// connects and then hangs, it has not served, however late that is noticed.
class call_route {
  public:
    /// A back end that has served this long begins again with two tries. This is longer than any set-up takes, so a
    /// back end that accepts and fails each time is not tried for ever.
    static constexpr std::chrono::seconds proven_after{10};

    /// Throws failure (usage) for a back end of the context that is not allowed, or an address that is none.
    call_route(const gateway_plan& plan, const audiosocket::gateway::call_context& context);

    /// Whether there is a back end left to dial.
    bool has_next() const noexcept { return place_ < places_.size() * tries_each; }

    /// How to dial the next back end.
    websocket::client_options next() const;

    /// What to wait before that: nothing for the first try of each.
    std::chrono::milliseconds pause() const noexcept;

    /// Whether it is not the first of the route.
    bool is_fallback() const noexcept { return place_ >= tries_each; }

    /// Its address without secrets, for people.
    std::string name() const;

    /// Whether the same back end is next after another failure.
    bool has_another_try() const noexcept { return place_ % tries_each == 0; }

    /// Its session goes on in another connection, as planned. That connection has all tries.
    void begin_again() noexcept { place_ -= place_ % tries_each; }

    /// Its session was set up at this time.
    void connected(time_point now) noexcept { connected_at_ = now; }

    /// It failed, or was lost; it showed the last sign of life at this time.
    void failed(time_point last_sign) noexcept;

  private:
    static constexpr std::size_t tries_each = 2;

    std::vector<websocket::client_options> places_;
    std::size_t place_ = 0; // counts tries
    time_point connected_at_ = time_point::max();
};

/// Returns the context without the back end that it may name: the address may have secrets in its query.
audiosocket::gateway::call_context without_back_end(const gateway_plan& plan,
                                                    audiosocket::gateway::call_context context);

} // namespace audiosocket::app::gateway
