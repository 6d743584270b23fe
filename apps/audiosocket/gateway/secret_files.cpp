// SPDX-License-Identifier: Apache-2.0
#include "gateway/secret_files.hpp"

#include "base/failure.hpp"
#include "base/file_head.hpp"
#include "gateway/placeholders.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <sstream>
#include <string_view>

namespace audiosocket::app::gateway {
namespace {

constexpr std::size_t file_bytes_max = 64 * 1024; // servers take 8 to 64 KiB of header

bool is_printable(std::string_view text) {
    return std::ranges::all_of(text, [](unsigned char c) { return c >= ' ' && c != 0x7f; });
}

bool is_field_name(std::string_view text) {
    constexpr std::string_view others = "!#$%&'*+-.^_`|~"; // RFC 9110 section 5.6.2
    return !text.empty() && std::ranges::all_of(text, [&](unsigned char c) {
        return (std::isalnum(c) != 0 && c < 0x80) || others.find(static_cast<char>(c)) != std::string_view::npos;
    });
}

std::string read_all(const std::string& file) {
    std::string content;
    if (const auto why = read_file_head(file, file_bytes_max + 1, content); !why.empty())
        throw failure(exit_code::file, file + ": " + why);
    if (content.size() > file_bytes_max)
        throw failure(exit_code::file, fmt::format("{}: longer than {} bytes", file, file_bytes_max));
    return content;
}

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && (text.back() == '\r' || text.back() == '\n' || text.back() == ' ' || text.back() == '\t'))
        text.remove_suffix(1);
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t'))
        text.remove_prefix(1);
    return text;
}

} // namespace

std::string parse_key(const std::string& text, const std::string& name) {
    const auto key = trimmed(text);
    if (key.empty()) throw failure(exit_code::usage, "is empty; it has to hold the " + name);
    if (!is_printable(key) || key.find(' ') != std::string_view::npos)
        throw failure(exit_code::usage, "the key has to be one line of printable characters without spaces");
    return std::string(key);
}

std::string read_key_file(const std::string& file, const std::string& name) {
    const auto content = read_all(file);
    try {
        return parse_key(content, name);
    } catch (const failure& e) {
        throw failure(exit_code::file, file + ": " + e.what());
    }
}

header_field parse_header(const std::string& text) {
    const auto colon = text.find(':');
    if (colon == std::string::npos || !is_field_name(std::string_view(text).substr(0, colon)))
        throw failure(exit_code::usage, "a header looks like \"Name: value\"");
    const auto value = trimmed(std::string_view(text).substr(colon + 1));
    if (!is_printable(value))
        throw failure(exit_code::usage, text.substr(0, colon) + ": the value has a control character in it");
    check_placeholders(value);
    return {text.substr(0, colon), std::string(value)};
}

std::vector<header_field> read_header_file(const std::string& file) {
    std::vector<header_field> all;
    std::istringstream lines(read_all(file));
    std::string line;
    for (int number = 1; std::getline(lines, line); ++number) {
        if (trimmed(line).empty() || line.starts_with('#')) continue;
        try {
            all.push_back(parse_header(line));
        } catch (const failure& e) {
            throw failure(exit_code::file, fmt::format("{}:{}: {}", file, number, e.what()));
        }
    }
    return all;
}

} // namespace audiosocket::app::gateway
