// SPDX-License-Identifier: Apache-2.0
#include "gateway/context_options.hpp"

#include "base/failure.hpp"
#include "base/host_port.hpp"
#include "daemon/daemon_options.hpp"

#include <chrono>
#include <cmath>
#include <utility>

namespace audiosocket::app::gateway {
namespace {

// As many as a registry has room for announcements.
constexpr std::size_t dial_early_max = context_registry_options{}.entries_max;

} // namespace

void context_options::add(CLI::App& verb, settings& said) {
    said.reloadable(verb.add_flag("--require-context", require_context_,
                                  "Hang up calls that were not announced at the admin address"));
    context_timeout_s_ = std::chrono::duration<double>(context_registry_options{}.lifetime).count();
    verb.add_option("--context-timeout", context_timeout_s_, "How long an announced call may take to arrive")
        ->capture_default_str()
        ->check(CLI::Range(1.0, 86'400.0))
        ->type_name("SECONDS");
    said.reloadable(verb.add_option("--dial-early", dial_early_,
                                    "Connect to the back end as soon as a call is announced, for at most so many calls "
                                    "that have not arrived; 0: for none"))
        ->capture_default_str()
        ->check(CLI::Range(std::size_t{0}, dial_early_max))
        ->type_name("N");
}

void context_options::complete(settings& said, kept_contexts& kept, const std::shared_ptr<gateway_plan>& plan,
                               daemon_options& options) const {
    const auto need_admin = [&] {
        if (!options.admin.listen)
            throw failure(exit_code::usage, "calls are announced at the admin address: give --admin as well");
    };
    said.attempt("--require-context", [&] {
        if (require_context_) need_admin();
    });
    said.attempt("--dial-early", [&] {
        if (dial_early_ > 0) need_admin();
    });
    context_registry_options limits;
    limits.lifetime = std::chrono::milliseconds(std::llround(context_timeout_s_ * 1000));
    const auto early = kept.early;
    if (!kept.announced) {
        kept.announced = std::make_shared<context_directory>(limits, options.advertise, clock::now, options.cluster);
        kept.announced->on_change([early](auto context) { early->announced(std::move(context)); },
                                  [early](const uuid& id) { early->withdrawn(id); });
    }
    plan->require_context = require_context_;
    plan->take_context = [known = kept.announced](const uuid& id) { return known->take(id); };
    plan->fetch_context = [known = kept.announced](const uuid& id, auto done) {
        return known->fetch(id, std::move(done));
    };
    plan->take_early = [early](const uuid& id, const auto& here) { return early->take(id, here); };
    options.admin.directory = kept.announced;
    options.listener.home_for = [early](const uuid& id) { return early->home_of(id); };
    options.verb_begins = [early, plan, bounds = early_calls::bounds{dial_early_, kept.announced->lifetime()}](
                              auto homes) { early->use(homes, plan, bounds); };
    options.files_of_verb += dial_early_; // a call that takes one over has it as its own
    options.verb_stops = [early] { early->stop(); };
}

} // namespace audiosocket::app::gateway
