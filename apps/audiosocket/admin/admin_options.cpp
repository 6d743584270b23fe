// SPDX-License-Identifier: Apache-2.0
#include "admin/admin_options.hpp"

#include "base/failure.hpp"
#include "base/file_head.hpp"
#include "base/host_port.hpp"

#include <boost/asio/ip/address.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <system_error>

namespace audiosocket::app::admin {
namespace {

// Below this a token can be guessed by trying; `openssl rand -hex 32` makes 64.
constexpr std::size_t token_chars_min = 16;
constexpr std::size_t token_chars_max = 1024; // a header has to hold it

// Other names than localhost are resolved by DNS, and may be any address.
bool is_loopback(const std::string& host) {
    boost::system::error_code error;
    const auto number = boost::asio::ip::make_address(host, error);
    return error ? host == "localhost" : number.is_loopback();
}

// A random token has more different characters than this.
constexpr std::size_t token_variety_min = 6;

} // namespace

address read_address(const std::string& text, bool with_token) {
    // The default port would be that of the calls.
    address where = parse_listen_address_with_port(text);
    if (!with_token && !is_loopback(where.host))
        throw failure(exit_code::usage, "\"" + text +
                                            "\": others can reach this address, and could hang up calls; give "
                                            "--admin-token-file as well, or listen on 127.0.0.1");
    return where;
}

std::string read_token(const std::filesystem::path& file) {
    const auto wrong = [&](const std::string& what) { return failure(exit_code::file, file.string() + ": " + what); };
    std::string token;
    // Newline characters are not part of the token.
    if (const auto why = read_file_head(file, token_chars_max + 2, token); !why.empty()) throw wrong(why);
    while (token.ends_with('\n') || token.ends_with('\r'))
        token.pop_back();
    if (token.size() < token_chars_min || token.size() > token_chars_max)
        throw wrong("the token needs 16 to 1024 characters; create a token with: openssl rand -hex 32");
    if (!std::ranges::all_of(token, [](char c) { return c > ' ' && c <= '~'; }))
        throw wrong("the token has to be a single line of printable characters without spaces");
    return token;
}

std::vector<std::string> token_remarks(const std::filesystem::path& file, const std::string& token) {
    std::vector<std::string> all;
    using std::filesystem::perms;
    std::error_code error;
    const auto mode = std::filesystem::status(file, error).permissions();
    constexpr auto too_open = perms::others_read | perms::others_write | perms::group_write;
    if (!error && (mode & too_open) != perms::none)
        all.push_back(fmt::format("{}: its mode {:04o} lets other users read or change the token; chmod 640 {}",
                                  file.string(), static_cast<unsigned>(mode), file.string()));
    const std::set<char> different(token.begin(), token.end());
    if (different.size() < token_variety_min) {
        all.push_back(
            fmt::format("{}: the token has only {} different characters, and can be guessed; create a token with: "
                        "openssl rand -hex 32",
                        file.string(), different.size()));
    }
    return all;
}

} // namespace audiosocket::app::admin
