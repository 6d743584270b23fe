// SPDX-License-Identifier: Apache-2.0
#include <audiosocket/server/context_registry.hpp>

#include <list>
#include <mutex>
#include <stdexcept>
#include <unordered_map>
#include <utility>

// All entries have the same lifetime, so the order of registration is the order of expiry. Each operation first removes
// expired entries from the front of the list, so the cost of an entry does not depend on their number.
//
// Invariant: by_id has exactly the ids of entries, and bytes is the sum of their contexts.

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
    const bool replaces = earlier != r.by_id.end();
    const std::size_t others = r.entries.size() - (replaces ? 1 : 0);
    const std::size_t other_bytes = r.bytes - (replaces ? earlier->second->context.size() : 0);
    const bool too_large = context.size() > r.options.context_bytes_max;
    if (too_large || others >= r.options.entries_max || context.size() > r.options.bytes_max - other_bytes) {
        ++r.counted.refused;
        return too_large ? registration::too_large : registration::full;
    }
    impl::in_order fresh;
    fresh.push_back({id, std::move(context), now});
    if (replaces) {
        r.drop(earlier);
        ++r.counted.replaced;
    }
    r.by_id.emplace(id, fresh.begin());
    r.bytes += fresh.front().context.size(); // nothing can fail from here on
    r.entries.splice(r.entries.end(), fresh);
    ++r.counted.registered;
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
