// SPDX-License-Identifier: Apache-2.0
// The table of dialects, and what is the same in all of them.
#include <audiosocket/gateway/dialect.hpp>

#include "gateway/dialect_entry.hpp"
#include "gateway/json_message.hpp"

#include <array>
#include <stdexcept>
#include <utility>

namespace audiosocket::gateway {
namespace json = boost::json;

namespace {

// In the order of the documentation.
constexpr auto table = std::to_array<const dialect_entry*>({
    &twilio_dialect,
    &openai_dialect,
    &openai_live_dialect,
    &pcm_dialect,
    &gemini_dialect,
    &deepgram_dialect,
    &elevenlabs_dialect,
});

// Returns the entry that has these traits.
const dialect_entry& entry_of(const dialect_traits& which) {
    for (const auto* entry : table)
        if (entry->traits.name == which.name) return *entry;
    throw std::invalid_argument("no dialect is named \"" + std::string(which.name) + '"');
}

json::object parsed_session(std::string_view session) {
    const json_message read(session);
    if (!read) throw std::invalid_argument("the session set-up is " + read.error() + place_of_error(session));
    return read.object();
}

} // namespace

void refuse_session(const json::object* session) {
    if (session) throw std::invalid_argument("this dialect has no session set-up; leave it out");
}

std::span<const dialect_traits> dialects() noexcept {
    static const auto all = [] {
        std::array<dialect_traits, table.size()> traits{};
        for (std::size_t i = 0; i < table.size(); ++i)
            traits[i] = table[i]->traits;
        return traits;
    }();
    return all;
}

const dialect_traits* find_dialect(std::string_view name) noexcept {
    for (const auto& one : dialects())
        if (one.name == name) return &one;
    return nullptr;
}

void check_session(const dialect_traits& which, std::string_view session) {
    const auto& entry = entry_of(which);
    if (session.empty()) return entry.check(nullptr);
    const auto object = parsed_session(session);
    entry.check(&object);
}

std::unique_ptr<dialect> make_dialect(const dialect_traits& which, dialect_options options) {
    const auto& entry = entry_of(which);
    json::object session;
    if (options.session.empty()) {
        entry.check(nullptr);
    } else {
        session = parsed_session(options.session);
        entry.check(&session);
    }
    return entry.make(std::move(options.context), std::move(session), std::move(options.stream_id));
}

// --- Defaults that a dialect may keep ---

after_close dialect::closed(std::uint16_t code, std::string_view) {
    const bool orderly = code == 1000 || code == 1001 || code == 1005;
    return orderly ? after_close::hang_up : after_close::fail;
}

bool dialect::may_close() const noexcept {
    return true;
}

void dialect::tool_result(std::string_view, std::string_view, bool, dialect_output&) {}

time_point dialect::deadline() const noexcept {
    return time_point::max();
}

void dialect::tick(time_point, dialect_output&) {}

} // namespace audiosocket::gateway
