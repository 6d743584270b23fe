// SPDX-License-Identifier: Apache-2.0
#include "daemon/cluster_link.hpp"

#include "base/host_port.hpp"
#include "base/process_figures.hpp"
#include "directory/cluster_node.hpp"

#include <audiosocket/net/detail/unless_memory_is_out.hpp>

#include <boost/asio/post.hpp>

#include <fmt/format.h>

#include <unistd.h>

#include <algorithm>
#include <utility>

namespace audiosocket::app {
namespace asio = boost::asio;

namespace {

// Shorter measurements are not exact: the system counts the time in ticks.
constexpr std::chrono::milliseconds load_interval{900};

} // namespace

cluster_link::cluster_link(std::shared_ptr<directory::cluster_node> node, const call_registry& calls,
                           server_report& report, asio::io_context& back)
    : node_(std::move(node)), calls_(calls), report_(report), back_(back) {}

cluster_link::~cluster_link() {
    node_->stop();
}

void cluster_link::stop() {
    node_->stop();
}

void cluster_link::start(const daemon_options& options, const asio::ip::tcp::endpoint& calls,
                         const admin::admin_service* admin) {
    threads_ = static_cast<double>(options.shards);
    const auto where = options.advertise.value_or(address{calls.address().to_string(), calls.port()});
    std::string admin_at;
    if (admin) {
        const auto at = admin->local_endpoint();
        admin_at = at.address().is_unspecified() ? to_string(address{where.host, at.port()}) : host_port(at);
    }
    node_->start(to_string(where), admin_at, [this](const uuid& id, bool when_played, const std::string& by) {
        asio::post(back_, [this, id, when_played, by] { end(id, when_played, by); });
    });
    report(false, options.listener.calls_max);
}

bool cluster_link::is_shared() const noexcept {
    return node_->is_shared();
}

void cluster_link::report(bool stopping, std::size_t calls_max) {
    const auto now = clock::now();
    if (const auto used = cpu_time(getpid()); used && now - measured_ >= load_interval) {
        const std::chrono::duration<double> time = now - measured_;
        const std::chrono::duration<double> work = *used - used_;
        if (measured_ != time_point{}) load_ = std::clamp(work / time / threads_, 0.0, 1.0);
        measured_ = now;
        used_ = *used;
    }
    node_->report(stopping, calls_.in_progress(), calls_max, load_);
    report_.remarks(node_->take_news());
}

// Without memory the cluster does not know of this call, and the call goes on.
void cluster_link::started(const call& c) {
    audiosocket::detail::unless_memory_is_out([&] { node_->call_started(c.id(), host_port(c.peer())); });
}

// Without memory the cluster may show this call until the process ends.
void cluster_link::ended(const call& c) {
    audiosocket::detail::unless_memory_is_out([&] { node_->call_ended(c.id()); });
}

void cluster_link::end(const uuid& id, bool when_played, const std::string& by) {
    std::size_t count = 0;
    for (const auto& c : calls_.look().in_progress) {
        if (c->line().id() != id) continue;
        ++count;
        asio::post(c->line().get_executor(), [c, when_played] {
            if (when_played)
                c->line().hang_up_when_played();
            else
                c->line().hang_up();
        });
    }
    if (count > 0) report_.notes({fmt::format("call {}: hung up by node {}", to_string(id), by)});
}

} // namespace audiosocket::app
