// SPDX-License-Identifier: Apache-2.0
#include "admin/hang_up_request.hpp"

#include "admin/target.hpp"
#include "base/json_text.hpp"
#include "base/printable.hpp"

#include <boost/json/object.hpp>

#include <algorithm>
#include <string_view>

namespace audiosocket::app::admin {
namespace {

namespace json = boost::json;

constexpr std::string_view accounts = "/2010-04-01/Accounts/";
constexpr std::string_view calls = "/Calls/";
constexpr std::string_view format = ".json";

constexpr std::string_view call_prefix = "CA";
constexpr std::size_t id_digits = 2 * uuid::size_bytes;

// Bots read the error codes of Twilio.
constexpr int not_found_code = 20404;
constexpr int bad_parameter_code = 20001;

response json_response(unsigned status, const json::object& body) {
    return {status, "application/json", to_text(body) + '\n'};
}

response error(unsigned status, int code, const std::string& message) {
    return json_response(status, {{"code", code}, {"message", printable(message)}, {"status", status}});
}

std::optional<uuid> id_of(std::string_view call) {
    if (!call.starts_with(call_prefix)) return std::nullopt;
    std::string digits(call.substr(call_prefix.size()));
    if (digits.size() != id_digits) return std::nullopt;
    for (const std::size_t dash : {8U, 13U, 18U, 23U})
        digits.insert(dash, "-");
    error_code failed;
    const uuid id = uuid::parse(digits, failed);
    if (failed) return std::nullopt;
    return id;
}

} // namespace

std::optional<hang_up_request> hang_up_request::read(const std::string& path) {
    std::string_view rest = path;
    if (!rest.starts_with(accounts) || !rest.ends_with(format)) return std::nullopt;
    rest.remove_prefix(accounts.size());
    rest.remove_suffix(std::min(format.size(), rest.size()));
    const auto account = rest.substr(0, rest.find('/'));
    rest.remove_prefix(account.size());
    if (account.empty() || !rest.starts_with(calls)) return std::nullopt;
    rest.remove_prefix(calls.size());
    if (rest.empty() || rest.find('/') != std::string_view::npos) return std::nullopt;
    return hang_up_request{std::string(account), std::string(rest), id_of(rest)};
}

std::optional<response> hang_up_request::objection(const std::string& body) {
    std::map<std::string, std::string> form;
    try {
        form = read_form(body);
    } catch (const bad_target& e) {
        return error(400, bad_parameter_code, std::string("the form in the body: ") + e.what());
    }
    const auto status = form.find("Status");
    if (status == form.end()) return error(400, bad_parameter_code, "calls can only be hung up: Status=completed");
    // "canceled" ends only calls that are not answered yet, and all calls here are answered.
    if (status->second != "completed")
        return error(400, bad_parameter_code, "Status has to be completed, not " + status->second.substr(0, 100));
    return std::nullopt;
}

response hang_up_request::hung_up() const {
    const auto uri = std::string(accounts) + account + std::string(calls) + call + std::string(format);
    return json_response(200, {{"sid", printable(call)},
                               {"account_sid", printable(account)},
                               {"status", "completed"},
                               {"uri", printable(uri)}});
}

response hang_up_request::not_found() const {
    return error(404, not_found_code, "no call " + call.substr(0, 100) + " is in progress; it may have ended");
}

} // namespace audiosocket::app::admin
