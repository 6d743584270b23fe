// SPDX-License-Identifier: Apache-2.0
#include "gateway/session_reader.hpp"

#include "gateway/json_message.hpp"

#include <algorithm>
#include <stdexcept>

namespace audiosocket::gateway {
namespace json = boost::json;

namespace {

json::string_view viewed(std::string_view text) {
    return {text.data(), text.size()};
}

// Removes and returns the first name of a dotted path.
std::string_view take_name(std::string_view& path) {
    const auto dot = path.find('.');
    const auto name = path.substr(0, dot);
    path = dot == path.npos ? std::string_view() : path.substr(dot + 1);
    return name;
}

std::string quoted(std::string_view text) {
    return '"' + std::string(text) + '"';
}

std::string listed(std::span<const int> rates) {
    std::string text;
    for (std::size_t i = 0; i < rates.size(); ++i)
        text += (i > 0 ? " or " : "") + std::to_string(rates[i]);
    return text;
}

} // namespace

void refuse_set_up(const std::string& what) {
    throw std::invalid_argument("session set-up: " + what);
}

const json::object* set_up_object(const json::object& session, std::string_view path) {
    const json::object* at = &session;
    for (auto rest = path; !rest.empty();) {
        const auto* found = at->if_contains(viewed(take_name(rest)));
        if (!found) return nullptr;
        at = found->if_object();
        const auto so_far = path.substr(0, rest.empty() ? path.size() : path.size() - rest.size() - 1);
        if (!at) refuse_set_up(std::string(so_far) + " is not an object; write it with { }");
    }
    return at;
}

json::object& made_object(json::object& session, std::string_view path) {
    json::object* at = &session;
    while (!path.empty()) {
        auto& found = (*at)[viewed(take_name(path))];
        at = found.is_object() ? &found.get_object() : &found.emplace_object();
    }
    return *at;
}

std::string take_greeting(json::object& session) {
    const auto* found = session.if_contains("greeting");
    if (!found) return {};
    if (!found->is_string()) refuse_set_up("greeting is not a text; write what the agent is asked to say first");
    std::string greeting(text_at(session, "greeting"));
    session.erase("greeting");
    return greeting;
}

payload_format read_openai_format(json::object& session, std::string_view path, std::span<const int> pcm_rates,
                                  bool rate_always) {
    const std::string where(path);
    const bool given = set_up_object(session, path) != nullptr;
    auto& format = made_object(session, path);
    if (!given) format["type"] = "audio/pcm";
    const auto type = text_at(format, "type");
    const auto rate = number_at(format, "rate");
    if (format.contains("rate") && !rate) refuse_set_up(where + ".rate is not a whole number");

    if (type == "audio/pcm") {
        if (rate && std::ranges::find(pcm_rates, *rate) == pcm_rates.end())
            refuse_set_up(where + ".rate is " + std::to_string(*rate) + "; \"audio/pcm\" has " + listed(pcm_rates));
        const int used = rate ? static_cast<int>(*rate) : pcm_rates.back();
        format["rate"] = used;
        return {encoding::slin, used};
    }
    if (type != "audio/pcmu" && type != "audio/pcma")
        refuse_set_up(where + ".type is " + quoted(type) + R"(; write "audio/pcm", "audio/pcmu" or "audio/pcma")");
    if (rate && !rate_always) refuse_set_up(where + ".rate: " + quoted(type) + " has no rate here; leave it out");
    if (rate && *rate != 8000)
        refuse_set_up(where + ".rate is " + std::to_string(*rate) + "; " + quoted(type) + " has 8000");
    const auto coding = type == "audio/pcmu" ? encoding::ulaw : encoding::alaw;
    if (rate_always) format["rate"] = 8000;
    return {coding, 8000};
}

} // namespace audiosocket::gateway
