// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <deque>
#include <string>
#include <string_view>

namespace audiosocket::gateway {

/// The latest words of a conversation, for services whose sessions end before a call does: the next session is given
/// them.
class conversation_memory {
  public:
    /// Most turns. OpenAI Live takes no more than 128 messages, some of which may be of the session set-up.
    static constexpr std::size_t turns_max = 100;

    /// Most words, in bytes. OpenAI Live takes 8,192 tokens: two bytes a token are fewer than any language takes.
    static constexpr std::size_t bytes_max = 16'384;

    /// Words of one side, without the other between them.
    struct turn {
        bool is_agent = false;
        std::string words;
    };

    /// Adds a whole turn. The oldest turns are forgotten where there are too many.
    void add(bool is_agent, std::string_view words);

    /// Adds a piece of a turn, as it comes: it continues the last turn if that is of the same side.
    void append(bool is_agent, std::string_view piece);

    const std::deque<turn>& turns() const noexcept { return turns_; }

  private:
    void forget_oldest();

    std::deque<turn> turns_;
    std::size_t bytes_ = 0;
};

} // namespace audiosocket::gateway
