// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "admin/call_directory.hpp"
#include "directory/cluster_node.hpp"

#include <audiosocket/gateway/call_context.hpp>
#include <audiosocket/net/address.hpp>
#include <audiosocket/server/context_registry.hpp>

#include <functional>
#include <optional>

namespace audiosocket::app::gateway {

/// What is known of the calls of a gateway before they arrive: the dialplan announces each at the admin address, and
/// the call takes it when it arrives.
///
/// Safe from any thread.
class context_directory final : public admin::call_directory {
  public:
    /// `advertise` is where callers are to connect; nothing: where the process listens, as the client of each
    /// announcement sees it. `now` is the clock. Without a cluster this is the only node.
    explicit context_directory(const context_registry_options& options = {}, std::optional<address> advertise = {},
                               std::function<time_point()> now = clock::now,
                               std::shared_ptr<directory::cluster_node> cluster = nullptr);
    ~context_directory() { cluster_->stop(); }

    /// Sets what is called when a call has been announced, and when that was withdrawn. Before the first announcement.
    void on_change(std::function<void(audiosocket::gateway::call_context)> announced,
                   std::function<void(const uuid&)> withdrawn);

    std::size_t body_bytes_max() const noexcept override { return registry_.options().context_bytes_max; }
    void announce(const admin::announcement& what, const admin::reply& respond) override;
    void announce_elsewhere(const admin::announcement& what, const std::string& why,
                            const admin::reply& respond) override;
    std::optional<std::string> find(const uuid& id) const override { return registry_.find(id, now_()); }
    std::optional<bool> remove(const uuid& id) override;
    context_registry_counts counts() const override { return registry_.counts(now_()); }
    std::vector<waiting_context> hand_over() override { return cluster_->hand_over(); }
    void inherit_begins() override { cluster_->inherit_begins(); }
    bool inherit(waiting_context one) override;
    void inherit_ends() override { cluster_->inherit_ends(); }

    /// Returns how long an announcement waits for its call.
    std::chrono::nanoseconds lifetime() const noexcept { return registry_.options().lifetime; }

    /// Returns what is known of a call that has arrived, and forgets it; nothing if it was not announced.
    std::optional<audiosocket::gateway::call_context> take(const uuid& id);

    /// Asks the cluster, or waits for the predecessor of this process, for a call that take() does not know. Returns
    /// false if there is nothing to ask. Otherwise `done` is called within two seconds, on any thread.
    bool fetch(const uuid& id, std::function<void(std::optional<audiosocket::gateway::call_context>)> done);

  private:
    admin::response answer(const directory::cluster_node::placed& where, const std::string& here) const;

    context_registry registry_;
    const std::optional<address> advertise_;
    const std::function<time_point()> now_;
    const std::shared_ptr<directory::cluster_node> cluster_;
    std::function<void(audiosocket::gateway::call_context)> announced_;
    std::function<void(const uuid&)> withdrawn_;
};

} // namespace audiosocket::app::gateway
