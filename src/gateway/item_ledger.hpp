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

/// How much the caller heard of each item that the back end said, for services that ask for it after an interruption.
///
/// Audio arrives ahead of real time, so several items may wait in the playout queue. Each gets a mark at its end, also
/// when it is cut in the middle: what was sent of it is then in the event of its own mark, whatever arrives meanwhile.
class item_ledger {
  public:
    /// Most items that may wait to be played. A queue of ten minutes holds about a hundred sentences.
    static constexpr std::size_t items_max = 256;

    /// Longest id of an item, in bytes. Services use 20 to 40.
    static constexpr std::size_t id_bytes_max = 256;

    /// A part of an item that was not played to its end.
    struct cut_item {
        std::string id;                    ///< The item.
        std::int64_t content_index = 0;    ///< Which content of the item.
        std::chrono::milliseconds heard{}; ///< How much of it the caller heard: never more than was received.
    };

    /// What became of a piece of audio.
    enum class outcome {
        played,        ///< It is queued.
        queue_full,    ///< The playout queue refuses it: the rest of the item is refused as well.
        refused,       ///< The item was refused before.
        too_many_items ///< The ledger is full: it is not queued.
    };

    /// Queues a mark, so that the first item is counted from its own beginning: audio of another back end, which failed
    /// in mid-sentence, may be in the queue.
    void begin(dialect_output& out);

    /// Whether audio of this item begins a new part: it is not the item that is open.
    bool starts(std::string_view id, std::int64_t content_index) const noexcept;

    /// Queues audio of an item, and a mark behind the item before.
    outcome play(std::string_view id, std::int64_t content_index, std::span<const std::int16_t> samples, int rate_hz,
                 dialect_output& out);

    /// Queues the mark of the item that is open, because nothing more of it is to come.
    void close(dialect_output& out);

    /// Whether anything is queued, as far as the events say.
    bool empty() const noexcept { return items_.empty(); }

    /// The back end has lost its items with its session: nothing is reported of these any more.
    void forget() noexcept;

    /// Takes the event; returns the item if it was not played to its end because the queue was full.
    std::optional<cut_item> played(const played_event& what);

    /// Takes the event; returns the item if something of it was cut.
    std::optional<cut_item> cleared(const cleared_event& what);

  private:
    struct item {
        std::string id;
        std::int64_t content_index = 0;
        std::string mark;
        std::chrono::milliseconds before{}; // of the same content, in an earlier part
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
