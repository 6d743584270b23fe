// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <audiosocket/call/event.hpp>

#include <chrono>
#include <string>

namespace audiosocket::gateway {

/// Keys that the caller types, for services that take words only: one message for a whole number, instead of one for
/// each of its digits, each of which would be answered.
class typed_keys {
  public:
    /// A caller who pauses so long has finished. Slow typing has a second between two keys.
    static constexpr std::chrono::seconds pause{2};
    /// Longer than any number that people type: a card with its date and code has 23 digits.
    static constexpr std::size_t keys_max = 64;

    /// Adds a key. Returns whether the number is complete: '#' ends it, as in telephony, and so does keys_max.
    bool add(char key, time_point at);

    /// When the pause behind the last key is over; time_point::max() if there is none.
    time_point deadline() const noexcept;

    /// Takes out the keys, as a sentence that a language model understands.
    std::string take();

  private:
    std::string keys_;
    time_point last_;
};

} // namespace audiosocket::gateway
