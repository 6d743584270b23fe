// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "live/visit.hpp"

#include <map>
#include <memory>
#include <span>

namespace audiosocket::app::admin {

/// How many calls may be observed, and for how long after a request.
struct observer_limits {
    /// A page asks twice a second; some requests may be lost before the page counts as closed.
    std::chrono::milliseconds attention{4000};

    /// Measuring costs a call half a microsecond a frame, so this many calls cost a thread 2 %.
    std::size_t levels_max = 500;

    /// Each needs 4 KiB, and few people look at calls at the same time.
    std::size_t outlines_max = 16;
};

/// Which calls are observed. Only these are measured: levels and outlines begin with the first request and end some
/// seconds after the last.
///
/// Used on one thread, that of `back`.
class observers {
  public:
    explicit observers(back_context back, const observer_limits& limits = {})
        : back_(std::move(back)), limits_(limits) {}

    /// Called when a client asks for the levels of these calls. Calls beyond levels_max are not measured.
    void look_at_levels(std::span<const std::weak_ptr<live_call>> calls);

    /// Called when a client asks for the outline of this call. Returns false if outlines_max other calls are observed.
    [[nodiscard]] bool look_at_outline(const std::shared_ptr<live_call>& call);

    /// Forgets calls that no client has asked for recently. Called about once a second.
    void sweep();

  private:
    struct observation {
        // Given to the call, now or when the call's thread handles the message.
        std::shared_ptr<live_levels> sound = std::make_shared<live_levels>();
        time_point levels_until{};
        time_point outline_until{};
    };
    using call_key =
        std::weak_ptr<live_call>; // compares owners, so a later call at the same address is not the same key

    struct measured {
        std::vector<std::shared_ptr<live_levels>> sounds;
        call_list calls;
    };

    void forget_ended();
    std::size_t others(const call_key& than, time_point observation::*until, time_point now) const;
    void measure(measured fresh, bool outline);

    const back_context back_;
    const observer_limits limits_;
    // Holds only calls in progress, within the limits; sweep() removes them.
    std::map<call_key, observation, std::owner_less<>> looked_at_;
};

} // namespace audiosocket::app::admin
