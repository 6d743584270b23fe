// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tape/tape_format.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <iosfwd>
#include <map>
#include <string>
#include <string_view>

namespace audiosocket::app::inspect {

/// Returns the length of the message in a `sent` or `received` entry.
std::uint64_t message_bytes(const tape::tape_entry& message);

/// Prints a tape in the order of time, a line for each event. Audio, and messages with audio, are summed up: each kind
/// gets a line after at most a second, and before any other event.
class tape_timeline {
  public:
    /// With `all` nothing is summed up.
    tape_timeline(std::ostream& out, bool all) : out_(out), all_(all) {}

    void add(const tape::tape_entry& one);

    /// Prints what is still being summed up.
    void finish();

  private:
    // One kind of audio: "caller audio", "media".
    struct run {
        std::chrono::milliseconds from{};
        std::size_t place = 0; // among the open runs
        std::uint64_t entries = 0;
        std::uint64_t bytes = 0;          // of messages
        std::chrono::nanoseconds audio{}; // if known
    };
    struct run_name {
        std::string_view arrow;
        std::string what;
        // NOLINTNEXTLINE(modernize-use-nullptr): the compiler writes the comparison with 0
        auto operator<=>(const run_name&) const = default;
    };

    void line(std::chrono::milliseconds at, std::string_view arrow, std::string_view text);
    bool add_to_run(const tape::tape_entry& one);

    std::ostream& out_;
    const bool all_;
    std::map<run_name, run> runs_;
    std::chrono::milliseconds runs_began_{};
};

} // namespace audiosocket::app::inspect
