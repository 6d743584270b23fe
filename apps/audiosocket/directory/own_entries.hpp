// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "directory/entry.hpp"

#include <audiosocket/call/event.hpp>

#include <list>
#include <unordered_map>

namespace audiosocket::app::directory {

/// What the directory should have of this node, and which of it has to be written. While the directory is away only the
/// wish changes, so nothing piles up: an entry that comes and goes meanwhile is never written.
///
/// Invariant: each key that waits to be written is in `dirty_` once, and in `entries_`.
class own_entries {
  public:
    struct write {
        std::string key;
        std::optional<std::string> value; ///< Nothing: remove.
    };

    void set(const std::string& key, std::string value);

    /// Removes an entry, if the directory can have it.
    void remove(const std::string& key);

    /// Forgets an entry that another node has replaced or removed.
    void forget(const std::string& key);

    /// Returns the wish for this key; null without one.
    const std::string* find(const std::string& key) const;

    /// Returns whether the directory has shown this entry since it was last set.
    bool confirmed(const std::string& key) const;

    /// Called for each own key that the directory shows.
    void seen(const std::string& key, const std::optional<std::string>& value, std::uint64_t revision);

    /// Returns the revision with which the directory showed the entry; 0 if it has not.
    std::uint64_t revision(const std::string& key) const;

    void snapshot_begins();

    /// Writes again what the snapshot did not have; everything if `all`.
    void snapshot_ends(bool all);

    /// Writes this entry again.
    void write_again(const std::string& key);

    /// Writes again what was last written before this time.
    void write_older_than(time_point when);

    /// Returns the time of the oldest write.
    std::optional<time_point> oldest() const;

    /// Returns the next write.
    std::optional<write> next(time_point now);

    std::size_t size() const noexcept { return entries_.size(); }
    std::size_t waiting() const noexcept { return dirty_.size(); }

  private:
    struct entry {
        std::optional<std::string> value; // nothing: to be removed
        bool stored = false;              // the directory may have it
        bool confirmed = false;
        bool in_snapshot = false;
        std::uint64_t revision = 0;
        std::optional<std::list<std::string>::iterator> dirty;
        std::optional<std::list<std::pair<time_point, std::string>>::iterator> written;
    };

    void mark(const std::string& key, entry& e);

    std::unordered_map<std::string, entry> entries_;
    std::list<std::string> dirty_;
    std::list<std::pair<time_point, std::string>> written_; // by time
};

} // namespace audiosocket::app::directory
