// SPDX-License-Identifier: Apache-2.0
#include "directory/own_entries.hpp"

#include <utility>

namespace audiosocket::app::directory {

void own_entries::mark(const std::string& key, entry& e) {
    if (!e.dirty) e.dirty = dirty_.insert(dirty_.end(), key);
}

void own_entries::set(const std::string& key, std::string value) {
    auto& e = entries_[key];
    e.value = std::move(value);
    e.confirmed = false;
    mark(key, e);
}

void own_entries::remove(const std::string& key) {
    const auto [found, unknown] = entries_.try_emplace(key);
    auto& e = found->second;
    if (unknown) e.stored = true; // only the directory has it
    if (!e.stored) return forget(key);
    e.value.reset();
    e.confirmed = false;
    mark(key, e);
}

void own_entries::forget(const std::string& key) {
    const auto found = entries_.find(key);
    if (found == entries_.end()) return;
    if (found->second.dirty) dirty_.erase(*found->second.dirty);
    if (found->second.written) written_.erase(*found->second.written);
    entries_.erase(found);
}

const std::string* own_entries::find(const std::string& key) const {
    const auto found = entries_.find(key);
    return found == entries_.end() || !found->second.value ? nullptr : &*found->second.value;
}

bool own_entries::confirmed(const std::string& key) const {
    const auto found = entries_.find(key);
    return found != entries_.end() && found->second.confirmed;
}

void own_entries::seen(const std::string& key, const std::optional<std::string>& value, std::uint64_t revision) {
    const auto found = entries_.find(key);
    if (found == entries_.end()) return;
    auto& e = found->second;
    e.in_snapshot = e.value && value == e.value;
    if (!e.in_snapshot || e.dirty) return;
    e.confirmed = true;
    e.revision = revision;
}

std::uint64_t own_entries::revision(const std::string& key) const {
    const auto found = entries_.find(key);
    return found == entries_.end() ? 0 : found->second.revision;
}

void own_entries::snapshot_begins() {
    for (auto& [key, e] : entries_) {
        e.in_snapshot = false;
        e.revision = 0;
    }
}

void own_entries::snapshot_ends(bool all) {
    for (auto& [key, e] : entries_)
        if (all || !e.in_snapshot) mark(key, e);
}

void own_entries::write_again(const std::string& key) {
    if (const auto found = entries_.find(key); found != entries_.end()) mark(key, found->second);
}

void own_entries::write_older_than(time_point when) {
    for (const auto& [at, key] : written_) {
        if (at > when) break;
        write_again(key);
    }
}

std::optional<time_point> own_entries::oldest() const {
    if (written_.empty()) return std::nullopt;
    return written_.front().first;
}

std::optional<own_entries::write> own_entries::next(time_point now) {
    if (dirty_.empty()) return std::nullopt;
    const std::string key = dirty_.front();
    auto& e = entries_.at(key);
    write w{key, e.value};
    if (!e.value) {
        forget(key);
        return w;
    }
    const auto at = written_.insert(written_.end(), {now, key});
    if (e.written) written_.erase(*e.written);
    e.written = at;
    e.stored = true;
    dirty_.pop_front();
    e.dirty.reset();
    return w;
}

} // namespace audiosocket::app::directory
