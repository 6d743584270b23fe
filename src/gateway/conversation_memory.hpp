// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <deque>
#include <string>
#include <string_view>

namespace audiosocket::gateway {

/// Keeps the latest words of a conversation, for services whose sessions end before a call does. The next session gets
/// them.
class conversation_memory {
  public:
    /// The most turns. OpenAI Live takes at most 128 messages, some of which may come from the session set-up.
    static constexpr std::size_t turns_max = 100;

    /// The most text, in bytes. OpenAI Live takes 8,192 tokens, and every language needs at least two bytes for a
    /// token.
    static constexpr std::size_t bytes_max = 16'384;

    /// Words of one side, without words of the other side between them.
    struct turn {
        bool is_agent = false;
        std::string words;
    };

    /// Adds a whole turn. Forgets the oldest turns if there are too many.
    void add(bool is_agent, std::string_view words);

    /// Adds a piece of a turn. It continues the last turn if that is of the same side.
    void append(bool is_agent, std::string_view piece);

    const std::deque<turn>& turns() const noexcept { return turns_; }

  private:
    void forget_oldest();

    std::deque<turn> turns_;
    std::size_t bytes_ = 0;
};

} // namespace audiosocket::gateway
