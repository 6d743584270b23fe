// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "live/visit.hpp"

#include <map>
#include <memory>
#include <span>

namespace audiosocket::app::admin {

/// How many calls may be looked at, and for how long after a look.
struct observer_limits {
    /// A page that looks twice a second may miss some looks before it is taken for gone.
    std::chrono::milliseconds attention{4000};

    /// Measuring costs a call half a microsecond a frame, so this many cost a thread 2 %.
    std::size_t levels_max = 500;

    /// Four KiB each, and as many as a few people have before their eyes.
    std::size_t outlines_max = 16;
};

/// Which calls are looked at, so that only those are measured: levels and outlines begin with the first look and end
/// some seconds after the last.
///
/// Used on one thread, that of `back`.
class observers {
  public:
    explicit observers(back_context back, const observer_limits& limits = {})
        : back_(std::move(back)), limits_(limits) {}

    /// Somebody looks at the levels of these. Those beyond levels_max are not measured.
    void look_at_levels(std::span<const std::weak_ptr<live_call>> calls);

    /// Somebody looks at the outline of this. False where outlines_max others are looked at.
    [[nodiscard]] bool look_at_outline(const std::shared_ptr<live_call>& call);

    /// Forgets what nobody has looked at for a while. To be called about once a second.
    void sweep();

  private:
    struct observation {
        // The one that was given to the call, or will have when the call's thread comes to it.
        std::shared_ptr<live_levels> sound = std::make_shared<live_levels>();
        time_point levels_until{};
        time_point outline_until{};
    };
    using call_key = std::weak_ptr<live_call>; // no other call is ever taken for it

    struct measured {
        std::vector<std::shared_ptr<live_levels>> sounds;
        call_list calls;
    };

    void forget_ended();
    std::size_t others(const call_key& than, time_point observation::*until, time_point now) const;
    void measure(measured fresh, bool outline);

    const back_context back_;
    const observer_limits limits_;
    // Only those who are up and within the limits come in, and sweep() takes them out again.
    std::map<call_key, observation, std::owner_less<>> looked_at_;
};

} // namespace audiosocket::app::admin
