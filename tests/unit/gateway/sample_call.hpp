// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "unit/gateway/recorded_output.hpp"

#include <audiosocket/audio/g711.hpp>
#include <audiosocket/audio/numbered_samples.hpp>

#include <memory>
#include <stdexcept>

namespace audiosocket::test {

/// When the connection of a sample call is opened.
inline constexpr time_point start{std::chrono::hours{1}};

inline gateway::call_context sample_context() {
    gateway::call_context context;
    context.id = uuid::parse("11112222-3333-4444-5555-6666777788aa");
    context.from = "+4930123";
    context.to = "100";
    context.parameters = {{"language", "de"}, {"quote", "a \"b\""}};
    return context;
}

inline std::unique_ptr<gateway::dialect> made(std::string_view name, std::string session = "",
                                              gateway::call_context context = sample_context()) {
    const auto* traits = gateway::find_dialect(name);
    if (!traits) throw std::logic_error("no dialect " + std::string(name));
    return gateway::make_dialect(*traits,
                                 {std::move(context), quoted(std::move(session)), "0123456789abcdef0123456789abcdef"});
}

/// Returns why a session set-up is refused; an empty text if it is not.
inline std::string refusal(std::string_view name, const std::string& session) {
    try {
        gateway::check_session(*gateway::find_dialect(name), quoted(session));
    } catch (const std::invalid_argument& e) {
        return e.what();
    }
    return "";
}

/// A call in a dialect, and what the dialect asked for.
struct sample_call {
    explicit sample_call(std::string_view name, std::string session = "",
                         gateway::call_context context = sample_context())
        : in(made(name, std::move(session), std::move(context))) {}

    void open() { in->opened(start, out); }

    /// Receives a text message, with ' in place of ".
    void receive(const std::string& message, time_point now = start) { in->text(quoted(message), now, out); }

    std::unique_ptr<gateway::dialect> in;
    recorded_output out;
};

inline std::vector<std::int16_t> numbered_audio(std::size_t count, std::uint64_t first = 0) {
    std::vector<std::int16_t> samples(count);
    numbered_samples(first).fill(samples);
    return samples;
}

using lines = std::vector<std::string>;

} // namespace audiosocket::test
