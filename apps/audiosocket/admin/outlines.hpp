// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "live/visit.hpp"

#include <functional>
#include <map>
#include <memory>
#include <vector>

namespace audiosocket::app::admin {

/// Copies of the outlines of observed calls. A recent copy answers several requests, so frequent requests cost the
/// thread of the call nothing more.
///
/// Used on one thread, that of `back`.
class outlines {
  public:
    using drawn = live_levels::outlines;
    using handler = std::function<void(std::shared_ptr<const drawn>)>;

    /// Two slots of an outline; a person sees no difference.
    static constexpr std::chrono::milliseconds young{40};

    /// Twice the connections that an http_server takes.
    static constexpr std::size_t waiting_max = 64;

    explicit outlines(back_context back) : back_(std::move(back)) {}

    /// Calls `done` with a copy: at once, or on `back` when the thread of the call has made a copy. The copy is null if
    /// the observation of the call has just begun.
    void take(const std::shared_ptr<live_call>& call, handler done);

    /// Forgets copies that are too old to be used. Called about once a second.
    void sweep();

  private:
    struct copy {
        std::shared_ptr<const drawn> last;
        time_point made{};
        std::vector<handler> waiting; // a copy is being made while there are any
    };
    using call_key = std::weak_ptr<live_call>;

    void made(const call_key& key, std::shared_ptr<const drawn> fresh);

    const back_context back_;
    std::map<call_key, copy, std::owner_less<>> copies_;
};

} // namespace audiosocket::app::admin
