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

/// A call, as its thread saw it.
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
    boost::json::object about; ///< What the verb reports about it, by name.
};

/// The server and its calls at (nearly) one moment.
struct snapshot {
    time_point at;
    server_status server;
    std::vector<engine_statistics> threads; ///< Of the threads of the calls.
    ended_calls ended;
    std::vector<call_row> calls; ///< In no order.

    /// Returns the sum of the counters of all calls, ended calls included; never less than in an earlier snapshot.
    call_statistics counted() const;
};

/// Takes snapshots on request, one at a time. A recent snapshot answers several requests, so frequent requests cost the
/// calls nothing more.
///
/// Used on one thread, that of `back`.
class snapshots {
  public:
    /// A page does not ask more often than this, and a person sees no difference.
    static constexpr std::chrono::milliseconds young{150};

    using handler = std::function<void(std::shared_ptr<const snapshot>)>;

    snapshots(server_view& server, const call_registry& calls, back_context back);

    /// Calls `done` with a snapshot: at once, or on `back`; with null if it failed. Returns false if too many requests
    /// wait, which happens only if a thread does not answer.
    [[nodiscard]] bool take(handler done);

  private:
    template <class Step>
    auto guarded(Step step);
    void begin();
    void complete_all(const std::shared_ptr<const snapshot>& what);

    server_view& server_;
    const call_registry& calls_;
    const back_context back_;
    std::shared_ptr<const snapshot> last_;
    bool running_ = false;
    std::vector<handler> waiting_;
};

} // namespace audiosocket::app::admin
