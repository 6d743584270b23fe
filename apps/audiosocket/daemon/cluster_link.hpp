// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "admin/admin_service.hpp"
#include "daemon/daemon_options.hpp"
#include "daemon/server_report.hpp"
#include "live/call_registry.hpp"

#include <boost/asio/io_context.hpp>

namespace audiosocket::app {

/// Joins the daemon to its cluster: reports its state and its calls, and hangs up what other nodes ask for.
class cluster_link {
  public:
    /// All must outlive it. `back` is the context of the main thread.
    cluster_link(std::shared_ptr<directory::cluster_node> node, const call_registry& calls, server_report& report,
                 boost::asio::io_context& back);
    ~cluster_link();
    cluster_link(const cluster_link&) = delete;
    cluster_link& operator=(const cluster_link&) = delete;

    /// Joins. `calls` is where the process listens; calls connect to daemon_options::advertise, or else there. `admin`
    /// may be null.
    void start(const daemon_options& options, const boost::asio::ip::tcp::endpoint& calls,
               const admin::admin_service* admin);

    /// Leaves.
    void stop();

    /// Returns whether other nodes can exist.
    bool is_shared() const noexcept;

    /// Called each second, and when the process stops.
    void report(bool stopping, std::size_t calls_max);

    /// Called on the executor of the call.
    void started(const call& c);
    void ended(const call& c);

  private:
    void end(const uuid& id, bool when_played, const std::string& by);

    const std::shared_ptr<directory::cluster_node> node_;
    const call_registry& calls_;
    server_report& report_;
    boost::asio::io_context& back_;
    double threads_ = 1;
    time_point measured_{};
    std::chrono::nanoseconds used_{};
    double load_ = 0;
};

} // namespace audiosocket::app
