// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <audiosocket/call/event.hpp>

#include <chrono>
#include <string>

namespace audiosocket::gateway {

/// Gathers the keys that the caller presses, for services that take only words. A whole number becomes one message.
/// With a message for each digit, the service would answer each of them.
class typed_keys {
  public:
    /// A pause of this length ends the number. A slow caller needs a second between two keys.
    static constexpr std::chrono::seconds pause{2};
    /// The most keys. Longer than any number that people type: a card with its date and code has 23 digits.
    static constexpr std::size_t keys_max = 64;

    /// Adds a key. Returns whether the number is complete: '#' ends it, as in telephony, and so does keys_max.
    bool add(char key, time_point at);

    /// Returns when the pause behind the last key ends, or time_point::max() if there is no key.
    time_point deadline() const noexcept;

    /// Removes the keys and returns them as a sentence that a language model understands.
    std::string take();

  private:
    std::string keys_;
    time_point last_;
};

} // namespace audiosocket::gateway
