// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <audiosocket/call/event.hpp>
#include <audiosocket/gateway/dialect_output.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace audiosocket::gateway {

/// Counts how much the caller heard of each item that the back end said, for services that need this after an
/// interruption.
///
/// Audio arrives ahead of real time, so several items may wait in the playout queue. Each gets a mark at its end, also
/// when it is cut in the middle. So the event of its own mark says how much of it was sent, even if other audio arrives
/// meanwhile.
class item_ledger {
  public:
    /// The most items that may wait to be played. A queue of ten minutes holds about a hundred sentences.
    static constexpr std::size_t items_max = 256;

    /// The longest id of an item, in bytes. Services use 20 to 40.
    static constexpr std::size_t id_bytes_max = 256;

    /// A part of an item that was not played to its end.
    struct cut_item {
        std::string id;                    ///< The item.
        std::int64_t content_index = 0;    ///< The number of the content in the item.
        std::chrono::milliseconds heard{}; ///< How much of it the caller heard; never more than was received.
    };

    /// The result of play().
    enum class outcome {
        played,        ///< It is queued.
        queue_full,    ///< The playout queue refuses it; the rest of the item is refused too.
        refused,       ///< The item was refused before.
        too_many_items ///< The ledger is full, so it is not queued.
    };

    /// Queues a mark, so that the first item is counted from its own beginning. The queue may still hold audio of a
    /// back end that failed in the middle of a sentence.
    void begin(dialect_output& out);

    /// Returns whether audio of this item begins a new part, because it is not the open item.
    bool starts(std::string_view id, std::int64_t content_index) const noexcept;

    /// Queues audio of an item, and a mark behind the item before it.
    outcome play(std::string_view id, std::int64_t content_index, std::span<const std::int16_t> samples, int rate_hz,
                 dialect_output& out);

    /// Queues the mark of the open item, because nothing more of it follows.
    void close(dialect_output& out);

    /// Returns whether nothing is queued, as far as the events say.
    bool empty() const noexcept { return items_.empty(); }

    /// Forgets the items, because the back end has lost them with its session. They are not reported any more.
    void forget() noexcept;

    /// Takes the event. Returns the item if it was not played to its end because the queue was full.
    std::optional<cut_item> played(const played_event& what);

    /// Takes the event. Returns the item if a part of it was cut.
    std::optional<cut_item> cleared(const cleared_event& what);

  private:
    struct item {
        std::string id;
        std::int64_t content_index = 0;
        std::string mark;
        std::chrono::milliseconds before{}; // heard of the same content in an earlier part
        std::chrono::nanoseconds queued{};
        bool open = true;
        bool refused = false;
        bool forgotten = false;

        bool is(std::string_view other_id, std::int64_t other_index) const noexcept {
            return id == other_id && content_index == other_index && !forgotten;
        }
    };

    std::optional<item> take(std::string_view mark);
    static cut_item cut_of(const item& what, std::chrono::milliseconds sent);

    std::deque<item> items_;
    std::uint64_t marks_ = 0;
};

} // namespace audiosocket::gateway
