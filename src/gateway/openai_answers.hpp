// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace audiosocket::gateway {

/// The answers ("responses") of a session of OpenAI Realtime: which are in progress, which were interrupted, which
/// functions wait for their results, and whether the next answer may be asked for.
///
/// The service makes one answer at a time and refuses response.create meanwhile. So a wish for an answer waits until
/// none is in progress, and until all functions of one answer have their results.
class openai_answers {
  public:
    /// Most answers in progress, and most interrupted ones that are remembered. The service has one at a time.
    static constexpr std::size_t answers_max = 16;

    /// Most functions that wait for results.
    static constexpr std::size_t functions_max = 64;

    /// Longest id, in bytes. The service's have 20 to 40.
    static constexpr std::size_t id_bytes_max = 256;

    /// An answer begins. Returns false, and ignores it, if its id is too long. Servers without ids have empty ones.
    bool begin(std::string_view id);

    /// An answer is complete, or cancelled.
    void end(std::string_view id);

    bool is_in_progress(std::string_view id) const noexcept;

    /// The rest of this answer is not wanted.
    void interrupt(std::string_view id);

    /// The same for all that are in progress.
    void interrupt_all();

    bool is_interrupted(std::string_view id) const noexcept;

    /// Adds a function that the answer asks for. Returns why it cannot be added; an empty text if it was.
    std::string_view add_function(std::string_view id, std::string_view answer);

    /// Takes out the function, whose result is there. Returns false if no such function waits. With the last function
    /// of an answer its continuation is wanted.
    bool take_function(std::string_view id);

    /// Takes out the functions of an answer that was cancelled; returns their ids.
    std::vector<std::string> drop_functions(std::string_view answer);

    /// An answer is wanted, as soon as there may be one.
    void want() noexcept { wanted_ = true; }

    /// Returns whether response.create is to be sent now.
    bool take_wish() noexcept;

    /// An error has arrived: perhaps response.create was refused.
    void request_failed() noexcept { requested_ = false; }

  private:
    struct function {
        std::string id;
        std::string answer;
    };

    std::vector<std::string> in_progress_;
    std::vector<std::string> interrupted_; // the latest, also when they have ended
    std::vector<function> functions_;
    bool wanted_ = false;
    bool requested_ = false; // response.create was sent, and response.created has not arrived
};

} // namespace audiosocket::gateway
