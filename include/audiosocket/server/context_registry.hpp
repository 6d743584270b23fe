// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <audiosocket/call/event.hpp>
#include <audiosocket/protocol/uuid.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace audiosocket {

/// The limits of a context_registry.
struct context_registry_options {
    /// How long an entry waits for its call. More than 0. The dialplan usually connects within milliseconds. But it may
    /// register a call and let a phone ring first: Dial() rings 30 s in most dialplans, and a minute in some.
    std::chrono::nanoseconds lifetime = std::chrono::seconds(60);

    /// The most entries at a time. A large Asterisk starts a hundred calls a second: the default holds 60 seconds of
    /// them, with reserve.
    std::size_t entries_max = 10'000;

    /// The most bytes of one context. Numbers, a language and some variables take 300 bytes; a prompt of several pages
    /// fits too.
    std::size_t context_bytes_max = std::size_t{16} << 10;

    /// The most bytes of all contexts together: the default holds entries_max usual contexts, or a thousand of the
    /// largest.
    std::size_t bytes_max = std::size_t{16} << 20;
};

/// The result of context_registry::add().
enum class registration {
    accepted,  ///< It waits for its call.
    too_large, ///< Refused: it is longer than context_bytes_max.
    full,      ///< Refused: there is no room for another entry or for its bytes until entries are taken or expire.
};

/// A context that waits in a context_registry.
struct waiting_context {
    uuid id;                        ///< Of the call.
    std::string context;            ///< As it was registered.
    std::chrono::nanoseconds age{}; ///< Since it was registered. Not a time, so another process can use it.
};

/// Counters of a context_registry.
struct context_registry_counts {
    std::size_t entries = 0;      ///< Entries that wait for their calls.
    std::size_t entries_max = 0;  ///< The limit, as in context_registry_options.
    std::size_t bytes = 0;        ///< Bytes of the contexts that wait.
    std::size_t bytes_max = 0;    ///< The limit, as in context_registry_options.
    std::uint64_t registered = 0; ///< Accepted since the start. Each of them waits, or is counted in one of the next
                                  ///< four.
    std::uint64_t taken = 0;      ///< Taken by their calls.
    std::uint64_t expired = 0;    ///< No call came in time.
    std::uint64_t replaced = 0;   ///< The same id was registered again.
    std::uint64_t removed = 0;    ///< Removed by remove().
    std::uint64_t refused = 0;    ///< Refused: too large, or the registry was full.
    std::uint64_t missed = 0;     ///< take() found no context.
};

/// Stores what is known of calls before they arrive. AudioSocket carries only an id and audio. So the dialplan
/// registers other data under the id first, and the server takes it when the call arrives.
///
/// A context is any text; the registry does not read it. It is used once: a second call with the same id finds none,
/// unless it was registered again. Registering an id again replaces its context and starts its lifetime again. A full
/// registry refuses new entries. It does not drop entries, because their calls may be about to arrive.
///
/// Entries are in memory only and are lost when the process ends, unless waiting() and restore() pass them to another.
/// Safe to use from any thread. `now` may go back only by the small difference between threads that read the clock; an
/// entry may then expire that much later.
class AUDIOSOCKET_EXPORT context_registry {
  public:
    /// Makes an empty registry. Throws std::invalid_argument for a lifetime or a limit of 0 or less.
    explicit context_registry(const context_registry_options& options = {});
    context_registry(const context_registry&) = delete;
    context_registry& operator=(const context_registry&) = delete;
    ~context_registry();

    /// Registers a context for the call with this id. If it is refused, an earlier context of the id stays.
    registration add(const uuid& id, std::string context, time_point now);

    /// Returns and removes the context of a call that has arrived; nothing if there is none.
    std::optional<std::string> take(const uuid& id, time_point now);

    /// Returns the context that waits for this id and keeps it; nothing if there is none.
    std::optional<std::string> find(const uuid& id, time_point now) const;

    /// Removes the context that waits for this id. Returns whether there was one.
    bool remove(const uuid& id, time_point now);

    /// Returns copies of all entries that wait, the oldest first.
    std::vector<waiting_context> waiting(time_point now) const;

    /// Registers a context that another registry has held, for instance in an earlier process. It expires as if it had
    /// been registered here `age` ago. Returns false if it is refused: as by add(), or because it has expired, or
    /// because the id is registered here, which is newer.
    bool restore(waiting_context one, time_point now);

    /// Returns the counters. Entries that have expired by `now` are counted as expired.
    context_registry_counts counts(time_point now) const;

    /// Returns the options that were passed to the constructor. Valid as long as the registry.
    const context_registry_options& options() const noexcept;

  private:
    struct AUDIOSOCKET_HIDDEN impl;
    std::unique_ptr<impl> impl_;
};

} // namespace audiosocket
