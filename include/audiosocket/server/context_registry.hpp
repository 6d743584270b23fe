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

namespace audiosocket {

/// How much a context_registry holds, and for how long.
struct context_registry_options {
    /// How long an entry waits for its call. The dialplan connects within milliseconds. But it may register a call
    /// first and let a phone ring: Dial() rings 30 s in most dialplans, and a minute in patient ones. More than 0.
    std::chrono::nanoseconds lifetime = std::chrono::seconds(60);

    /// Entries at once. A large Asterisk starts a hundred calls a second: these are 60 seconds of it, with reserve.
    std::size_t entries_max = 10'000;

    /// Bytes of one context. Numbers, a language and some variables are 300 bytes; a prompt of several pages fits.
    std::size_t context_bytes_max = std::size_t{16} << 10;

    /// Bytes of all contexts: entries_max ordinary ones, or a thousand of the largest.
    std::size_t bytes_max = std::size_t{16} << 20;
};

/// What became of a context that was to be registered.
enum class registration {
    accepted,  ///< It waits for its call.
    too_large, ///< It is longer than context_bytes_max.
    full,      ///< No room for another entry, or for its bytes, until entries are taken or expire.
};

/// What a context_registry holds and has done.
struct context_registry_counts {
    std::size_t entries = 0;      ///< Waiting for their calls.
    std::size_t entries_max = 0;  ///< As context_registry_options.
    std::size_t bytes = 0;        ///< Of the contexts that wait.
    std::size_t bytes_max = 0;    ///< As context_registry_options.
    std::uint64_t registered = 0; ///< Accepted since the start; each waits, or is in one of the next four.
    std::uint64_t taken = 0;      ///< By their calls.
    std::uint64_t expired = 0;    ///< No call came in time.
    std::uint64_t replaced = 0;   ///< The same id was registered again.
    std::uint64_t removed = 0;    ///< By remove().
    std::uint64_t refused = 0;    ///< Too large, or the registry was full.
    std::uint64_t missed = 0;     ///< take() found no context.
};

/// What is known of calls before they arrive. AudioSocket carries an id and audio, so the dialplan registers all else
/// by the id first, and the server takes it when the call arrives.
///
/// A context is text, and means nothing here. It is used once: a second call of the same id finds none, unless it was
/// registered again. Registering an id again replaces what waits and begins its time again. When the registry is full,
/// it refuses new entries; it does not drop an entry whose call may be about to arrive.
///
/// In memory only: entries are lost when the process ends. Safe from any thread. `now` must not go back by more than
/// threads differ in reading the clock; an entry may then expire that much later.
class AUDIOSOCKET_EXPORT context_registry {
  public:
    /// Throws std::invalid_argument for a lifetime or a limit of 0 or less.
    explicit context_registry(const context_registry_options& options = {});
    context_registry(const context_registry&) = delete;
    context_registry& operator=(const context_registry&) = delete;
    ~context_registry();

    /// Registers a context for the call of this id. What is refused leaves an earlier context of the id as it is.
    registration add(const uuid& id, std::string context, time_point now);

    /// Returns the context of a call that has arrived, and removes it; nothing if there is none.
    std::optional<std::string> take(const uuid& id, time_point now);

    /// Returns the context that waits for this id, and leaves it; nothing if there is none.
    std::optional<std::string> find(const uuid& id, time_point now) const;

    /// Removes the context that waits for this id. Returns whether there was one.
    bool remove(const uuid& id, time_point now);

    /// Returns the counts, without entries that have expired.
    context_registry_counts counts(time_point now) const;

    /// Returns what was given to the constructor.
    const context_registry_options& options() const noexcept;

  private:
    struct AUDIOSOCKET_HIDDEN impl;
    std::unique_ptr<impl> impl_;
};

} // namespace audiosocket
