// SPDX-License-Identifier: Apache-2.0
#include "admin/target.hpp"

#include <algorithm>
#include <charconv>

namespace audiosocket::app::admin {
namespace {

// An id has 36 characters and a peer 47; a longer filter matches nothing.
constexpr std::size_t filter_max = 64;

constexpr std::size_t offset_max = 1'000'000; // as --max-calls

std::string decoded(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '%') {
            out += text[i] == '+' ? ' ' : text[i];
            continue;
        }
        unsigned value = 0;
        const auto hex = text.substr(i + 1, 2);
        const auto [end, error] = std::from_chars(hex.data(), hex.data() + hex.size(), value, 16);
        if (hex.size() != 2 || error != std::errc{} || end != hex.data() + 2)
            throw bad_target("a % has to be followed by two hex digits");
        out += static_cast<char>(value);
        i += 2;
    }
    return out;
}

std::string listed(const std::vector<std::string>& words) {
    std::string out;
    for (const auto& w : words)
        out += (out.empty() ? "" : ", ") + w;
    return out;
}

} // namespace

std::string origin_form(std::string_view target, std::string& host) {
    for (const std::string_view scheme : {"http://", "https://"}) {
        if (!target.starts_with(scheme)) continue;
        target.remove_prefix(scheme.size());
        const auto path = std::min(target.find_first_of("/?"), target.size());
        host = target.substr(0, path);
        target.remove_prefix(path);
        return (target.starts_with('/') ? "" : "/") + std::string(target);
    }
    return std::string(target);
}

target::target(std::string_view text) {
    const auto question = text.find('?');
    path = decoded(text.substr(0, question));
    if (question != std::string_view::npos) query = read_form(text.substr(question + 1));
}

std::map<std::string, std::string> read_form(std::string_view text) {
    std::map<std::string, std::string> fields;
    while (!text.empty()) {
        const auto one = text.substr(0, text.find('&'));
        text.remove_prefix(std::min(one.size() + 1, text.size()));
        const auto equals = std::min(one.find('='), one.size());
        const auto name = decoded(one.substr(0, equals));
        const auto value = decoded(one.substr(std::min(equals + 1, one.size())));
        if (!fields.emplace(name, value).second) throw bad_target(name + " is given twice");
    }
    return fields;
}

std::size_t number(const std::string& name, const std::string& text, std::size_t max) {
    std::size_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size() || value > max)
        throw bad_target(name + " has to be a number from 0 to " + std::to_string(max));
    return value;
}

const std::vector<std::string>& call_query::sort_keys() {
    static const std::vector<std::string> keys{"age",       "peer", "id",       "jitter", "queue",
                                               "underruns", "late", "received", "sent"};
    return keys;
}

call_query call_query::from(const std::map<std::string, std::string>& query) {
    call_query q;
    for (const auto& [name, value] : query) {
        if (name == "limit") {
            q.limit = number(name, value, limit_max);
        } else if (name == "offset") {
            q.offset = number(name, value, offset_max);
        } else if (name == "levels") {
            q.levels = number(name, value, 1) == 1;
        } else if (name == "cluster") {
            q.cluster = number(name, value, 1) == 1;
        } else if (name == "filter") {
            if (value.size() > filter_max)
                throw bad_target("filter is longer than " + std::to_string(filter_max) + " characters");
            q.filter = value;
        } else if (name == "sort") {
            q.descending = value.starts_with('-');
            q.sort = value.substr(q.descending ? 1 : 0);
            if (std::ranges::find(sort_keys(), q.sort) == sort_keys().end())
                throw bad_target("sort has to be one of " + listed(sort_keys()) +
                                 ", with - in front for the reverse order");
        } else {
            throw bad_target("unknown: " + name + "; known: limit, offset, sort, filter, levels, cluster");
        }
    }
    if (q.cluster && (q.sort != "age" || q.levels))
        throw bad_target("the calls of the cluster can be sorted by age only, and have no levels");
    return q;
}

} // namespace audiosocket::app::admin
