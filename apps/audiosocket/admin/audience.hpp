#pragma once

#include "audiosocket/admin/visit.hpp"

#include <map>
#include <memory>
#include <span>

namespace audiosocket::app::admin {

/// Which calls are looked at, so that only those are measured: levels and outlines begin with the first look and end
/// some seconds after the last.
///
/// Used on one thread, that of `back`.
class audience {
  public:
    /// A page that looks twice a second may miss some looks before it is taken for gone.
    static constexpr std::chrono::seconds attention{4};

    /// Measuring costs a call half a microsecond a frame, so this many cost a thread 2 %.
    static constexpr std::size_t levels_max = 500;

    /// Four KiB each, and as many as a few people have before their eyes.
    static constexpr std::size_t outlines_max = 16;

    explicit audience(back_context back) : back_(std::move(back)) {}

    /// Somebody looks at the levels of these. Those beyond levels_max are not measured.
    void look_at_levels(std::span<const std::weak_ptr<served_call>> calls);

    /// Somebody looks at the outline of this. False where outlines_max others are looked at.
    [[nodiscard]] bool look_at_outline(const std::shared_ptr<served_call>& call);

    /// Forgets what nobody has looked at for a while. To be called about once a second.
    void sweep();

  private:
    struct spectators {
        std::weak_ptr<served_call> call;
        time_point levels_until{};
        time_point outline_until{};
    };

    spectators* find(const std::shared_ptr<served_call>& call);
    void measure(call_list calls, bool outline);

    const back_context back_;
    std::map<const served_call*, spectators> looked_at_;
};

} // namespace audiosocket::app::admin
