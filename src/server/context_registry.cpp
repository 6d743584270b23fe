// SPDX-License-Identifier: Apache-2.0
#include <audiosocket/server/context_registry.hpp>

#include <algorithm>
#include <iterator>
#include <list>
#include <mutex>
#include <stdexcept>
#include <unordered_map>
#include <utility>

// All entries have the same lifetime, so the order of registration is the order of expiry. Each operation first removes
// expired entries from the front of the list, so the cost of an entry does not depend on their number. Only restore()
// looks for a place, from the end of the list: past the few entries that are newer.
//
// Invariant: entries is in the order of `since`, except for small differences between the clocks of threads. by_id has
// exactly the ids of entries, and bytes is the sum of their contexts.

namespace audiosocket {

struct context_registry::impl {
    struct entry {
        uuid id;
        std::string context;
        time_point since;
    };
    using in_order = std::list<entry>;
    using places = std::unordered_map<uuid, in_order::iterator>;

    explicit impl(const context_registry_options& how) : options(how) {}

    void drop(places::iterator which) {
        bytes -= which->second->context.size();
        entries.erase(which->second);
        by_id.erase(which);
    }

    void expire(time_point now) {
        while (!entries.empty() && now - entries.front().since >= options.lifetime) {
            drop(by_id.find(entries.front().id));
            ++counted.expired;
        }
    }

    // What has no room is counted as refused. The entry of `replaced` makes room.
    registration check_room(const std::string& context, places::const_iterator replaced) {
        const bool replaces = replaced != by_id.end();
        const std::size_t others = entries.size() - (replaces ? 1 : 0);
        const std::size_t other_bytes = bytes - (replaces ? replaced->second->context.size() : 0);
        const bool too_large = context.size() > options.context_bytes_max;
        const bool full = others >= options.entries_max || context.size() > options.bytes_max - other_bytes;
        if (!too_large && !full) return registration::accepted;
        ++counted.refused;
        return too_large ? registration::too_large : registration::full;
    }

    // Inserts the only entry of `fresh`. Has no effect if it throws.
    void insert(in_order& fresh, in_order::const_iterator before) {
        const auto& one = fresh.front();
        by_id.emplace(one.id, fresh.begin());
        bytes += one.context.size(); // nothing can fail from here on
        entries.splice(before, fresh);
        ++counted.registered;
    }

    const context_registry_options options;
    std::mutex mutex; // protects all members below
    in_order entries; // by time
    places by_id;
    std::size_t bytes = 0;
    context_registry_counts counted; // without the counts that counts() computes
};

context_registry::context_registry(const context_registry_options& options) : impl_(std::make_unique<impl>(options)) {
    if (options.lifetime.count() <= 0) throw std::invalid_argument("context_registry: the lifetime has to be positive");
    if (options.entries_max == 0 || options.context_bytes_max == 0 || options.bytes_max == 0)
        throw std::invalid_argument("context_registry: a limit of 0 would refuse everything");
}

context_registry::~context_registry() = default;

registration context_registry::add(const uuid& id, std::string context, time_point now) {
    impl& r = *impl_;
    const std::lock_guard lock(r.mutex);
    r.expire(now);
    const auto earlier = r.by_id.find(id);
    if (const auto room = r.check_room(context, earlier); room != registration::accepted) return room;
    impl::in_order fresh;
    fresh.push_back({id, std::move(context), now});
    if (earlier != r.by_id.end()) {
        r.drop(earlier);
        ++r.counted.replaced;
    }
    r.insert(fresh, r.entries.end());
    return registration::accepted;
}

std::optional<std::string> context_registry::take(const uuid& id, time_point now) {
    impl& r = *impl_;
    const std::lock_guard lock(r.mutex);
    r.expire(now);
    const auto found = r.by_id.find(id);
    if (found == r.by_id.end()) {
        ++r.counted.missed;
        return std::nullopt;
    }
    std::string context = found->second->context;
    r.drop(found);
    ++r.counted.taken;
    return context;
}

std::optional<std::string> context_registry::find(const uuid& id, time_point now) const {
    impl& r = *impl_;
    const std::lock_guard lock(r.mutex);
    r.expire(now);
    const auto found = r.by_id.find(id);
    if (found == r.by_id.end()) return std::nullopt;
    return found->second->context;
}

bool context_registry::remove(const uuid& id, time_point now) {
    impl& r = *impl_;
    const std::lock_guard lock(r.mutex);
    r.expire(now);
    const auto found = r.by_id.find(id);
    if (found == r.by_id.end()) return false;
    r.drop(found);
    ++r.counted.removed;
    return true;
}

std::vector<waiting_context> context_registry::waiting(time_point now) const {
    impl& r = *impl_;
    const std::lock_guard lock(r.mutex);
    r.expire(now);
    std::vector<waiting_context> all;
    all.reserve(r.entries.size());
    for (const auto& one : r.entries)
        all.push_back({one.id, one.context, std::max(now - one.since, time_point::duration{})});
    return all;
}

bool context_registry::restore(waiting_context one, time_point now) {
    impl& r = *impl_;
    const std::lock_guard lock(r.mutex);
    r.expire(now);
    if (one.age >= r.options.lifetime || r.by_id.contains(one.id)) return false;
    if (r.check_room(one.context, r.by_id.end()) != registration::accepted) return false;
    const auto since = now - std::max(one.age, std::chrono::nanoseconds{});
    const auto older =
        std::find_if(r.entries.rbegin(), r.entries.rend(), [&](const auto& e) { return e.since <= since; });
    impl::in_order fresh;
    fresh.push_back({one.id, std::move(one.context), since});
    r.insert(fresh, older.base());
    return true;
}

context_registry_counts context_registry::counts(time_point now) const {
    impl& r = *impl_;
    const std::lock_guard lock(r.mutex);
    r.expire(now);
    context_registry_counts all = r.counted;
    all.entries = r.entries.size();
    all.entries_max = r.options.entries_max;
    all.bytes = r.bytes;
    all.bytes_max = r.options.bytes_max;
    return all;
}

const context_registry_options& context_registry::options() const noexcept {
    return impl_->options;
}

} // namespace audiosocket
