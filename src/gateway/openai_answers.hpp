// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace audiosocket::gateway {

/// The answers ("responses") of a session of OpenAI Realtime: which are in progress, which were interrupted, which
/// functions wait for their results, and whether the next answer may be requested.
///
/// The service makes one answer at a time and refuses response.create meanwhile. So a request for an answer waits until
/// no answer is in progress, and until all functions of an answer have their results.
class openai_answers {
  public:
    /// The most answers in progress, and the most interrupted answers that are remembered. The service makes one at a
    /// time.
    static constexpr std::size_t answers_max = 16;

    /// The most functions that wait for results.
    static constexpr std::size_t functions_max = 64;

    /// The longest id, in bytes. Those of the service have 20 to 40.
    static constexpr std::size_t id_bytes_max = 256;

    /// Takes note that an answer begins. Returns false, and ignores it, if its id is too long. Servers without ids have
    /// empty ids.
    bool begin(std::string_view id);

    /// Takes note that an answer is complete or cancelled.
    void end(std::string_view id);

    bool is_in_progress(std::string_view id) const noexcept;

    /// Marks this answer as interrupted: its rest is not wanted.
    void interrupt(std::string_view id);

    /// Marks all answers in progress as interrupted.
    void interrupt_all();

    bool is_interrupted(std::string_view id) const noexcept;

    /// Adds a function that the answer requests. Returns why it cannot be added, or an empty text if it was added.
    std::string_view add_function(std::string_view id, std::string_view answer);

    /// Removes a function whose result has arrived. Returns false if no such function waits. After the last function of
    /// an answer, requests its continuation.
    bool take_function(std::string_view id);

    /// Removes the functions of an answer that was cancelled, and returns their ids.
    std::vector<std::string> drop_functions(std::string_view answer);

    /// Requests an answer, as soon as there may be one.
    void want() noexcept { wanted_ = true; }

    /// Returns whether response.create is to be sent now.
    bool take_wish() noexcept;

    /// Takes note of an error: perhaps response.create was refused.
    void request_failed() noexcept { requested_ = false; }

  private:
    struct function {
        std::string id;
        std::string answer;
    };

    std::vector<std::string> in_progress_;
    std::vector<std::string> interrupted_; // the latest, also after they have ended
    std::vector<function> functions_;
    bool wanted_ = false;
    bool requested_ = false; // response.create was sent, and response.created has not arrived yet
};

} // namespace audiosocket::gateway
