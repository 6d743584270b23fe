// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "admin/server_view.hpp"
#include "live/call_registry.hpp"
#include "live/visit.hpp"

#include <audiosocket/net/engine_statistics.hpp>

#include <boost/asio/steady_timer.hpp>

#include <memory>
#include <optional>
#include <vector>

namespace audiosocket::app::admin {

/// A call as it was when its thread was asked.
struct call_row {
    std::weak_ptr<live_call> who;
    uuid id;
    boost::asio::ip::tcp::endpoint peer;
    std::chrono::nanoseconds age{};
    media_format receive_format;
    media_format send_format;
    std::chrono::milliseconds queued{};
    std::optional<level> received; ///< While a page shows its levels.
    std::optional<level> sent;
    call_statistics counted;
    std::vector<diagnosis::finding> findings;
    boost::json::object about; ///< What the verb says about it, by name.
};

/// The server and its calls at (nearly) one moment.
struct snapshot {
    time_point at;
    server_status server;
    std::vector<engine_statistics> threads; ///< Of those that calls live on.
    ended_calls ended;
    std::vector<call_row> calls; ///< In no order.

    /// What all calls that there ever were have counted; never less than in an earlier snapshot.
    call_statistics counted() const;
};

/// Takes snapshots for whoever asks, one at a time. One that is young enough is given to several, so that asking often
/// costs the calls nothing more.
///
/// Used on one thread, that of `back`.
class snapshots {
  public:
    /// A page looks no more often than this, and a person sees no difference.
    static constexpr std::chrono::milliseconds young{150};

    using handler = std::function<void(std::shared_ptr<const snapshot>)>;

    snapshots(server_view& server, const call_registry& calls, back_context back);

    /// Calls `tell` with a snapshot: at once, or on `back`; with null where taking it failed. False where too many wait
    /// already, which only happens where a thread does not answer.
    [[nodiscard]] bool take(handler tell);

  private:
    template <class Step>
    auto guarded(Step step);
    void begin();
    void tell_all(const std::shared_ptr<const snapshot>& what);

    server_view& server_;
    const call_registry& calls_;
    const back_context back_;
    std::shared_ptr<const snapshot> last_;
    bool running_ = false;
    std::vector<handler> waiting_;
};

} // namespace audiosocket::app::admin
