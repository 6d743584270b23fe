// SPDX-License-Identifier: Apache-2.0
// The announcement of a call: a JSON object, or a form. An accepted one can be read again and becomes a context; others
// are refused with a text.
//
// Input: the first byte selects the type of the body; the rest is the body.

#include "fuzz/require.hpp"

#include "admin/hang_up_request.hpp"
#include "gateway/call_context_json.hpp"

using namespace audiosocket;
using namespace audiosocket::app::gateway;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const std::string body(reinterpret_cast<const char*>(data) + 1, size - 1);
    const bool form = data[0] % 2 == 1;
    std::string object;
    try {
        object = read_context(body, form ? "application/x-www-form-urlencoded" : "application/json");
    } catch (const invalid_context& e) {
        REQUIRE(*e.what() != '\0');
    }
    if (!object.empty()) {
        REQUIRE(read_context(object, "") == object);
        to_call_context(uuid{}, object);
    }
    app::admin::hang_up_request::objection(body);
    if (const auto wanted = app::admin::hang_up_request::read(body)) wanted->not_found();
    return 0;
}
