// SPDX-License-Identifier: Apache-2.0
// Parts of a request to the admin address that any client can choose: target, fields, form. They are read or refused in
// words; without the token nothing is allowed.
//
// Input: six lines (method, target, host, origin, Sec-Fetch-Site, Authorization), then the body.

#include "fuzz/input.hpp"
#include "fuzz/require.hpp"

#include "admin/guard.hpp"
#include "admin/hang_up_request.hpp"
#include "admin/target.hpp"

#include <array>
#include <sstream>

using namespace audiosocket;
using namespace audiosocket::app::admin;

namespace {

const std::string token = "correct-horse";

void check_query(const std::string& text) {
    try {
        const target wanted(text);
        REQUIRE(wanted.path.find('?') == std::string::npos || wanted.path.find('%') == std::string::npos);
        const auto query = call_query::from(wanted.query);
        REQUIRE(query.limit <= call_query::limit_max);
        REQUIRE(std::ranges::count(call_query::sort_keys(), query.sort) == 1);
    } catch (const bad_target& e) {
        REQUIRE(*e.what() != '\0');
    }
}

// Whether this is "Bearer TOKEN" or HTTP Basic with the token as the password, as a client would write it.
bool may_have_token(const std::string& authorization) {
    if (authorization.find(token) != std::string::npos) return true;
    const auto space = authorization.find_last_of(" \t");
    const auto decoded = space == std::string::npos ? std::nullopt : from_base64(authorization.substr(space + 1));
    return decoded && decoded->ends_with(token);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    std::istringstream lines(std::string(reinterpret_cast<const char*>(data), size));
    std::array<std::string, 6> fields;
    for (auto& field : fields)
        std::getline(lines, field);
    request r;
    r.method = fields[0];
    r.host = fields[2];
    r.target = origin_form(fields[1], r.host);
    r.origin = fields[3];
    r.fetch_site = fields[4];
    r.authorization = fields[5];
    const auto here = boost::asio::ip::make_address("127.0.0.1");
    r.peer = {here, 1};
    r.local = {here, 2};
    r.body = std::string(std::istreambuf_iterator<char>(lines), {});

    for (const guard& one : {guard("", "localhost"), guard(token, "admin.example")}) {
        const auto refused = one.refuse(r);
        if (refused) REQUIRE((refused->status == 401 || refused->status == 403) && !refused->body.empty());
    }
    const bool probe = r.target == "/healthz"; // needs no token
    if (!guard(token, "localhost").refuse(r)) REQUIRE(probe || may_have_token(r.authorization));
    // A page of another site changes nothing where there is no token.
    if (!guard("", "localhost").refuse(r) && !only_looks(r)) REQUIRE(r.fetch_site != "cross-site");

    check_query(r.target);
    if (const auto wanted = hang_up_request::read(r.target)) {
        REQUIRE(!wanted->account.empty() && !wanted->call.empty());
        REQUIRE(wanted->hung_up().status < 300 && wanted->not_found().status == 404);
    }
    if (const auto refused = hang_up_request::objection(r.body)) REQUIRE(refused->status >= 400);
    try {
        (void)read_form(r.body);
    } catch (const bad_target& e) {
        REQUIRE(*e.what() != '\0');
    }
    return 0;
}
