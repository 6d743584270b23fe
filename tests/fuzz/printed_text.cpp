// SPDX-License-Identifier: Apache-2.0
// Text from outside, as the command prints it: one line that is safe for a terminal, JSON that is read back, and XML
// without markup.
//
// Input: the text.

#include "fuzz/require.hpp"

#include "base/json_text.hpp"
#include "base/printable.hpp"
#include "base/xml_text.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include <cmath>

using namespace audiosocket::app;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string text(reinterpret_cast<const char*>(data), size);
    const auto line = printable(text);
    for (const char c : line)
        REQUIRE(static_cast<unsigned char>(c) >= ' ' && c != '\x7f');
    REQUIRE(printable(line) == line);
    boost::json::error_code error;
    const auto quoted = to_text(boost::json::value(line));
    REQUIRE(boost::json::parse(quoted, error) == boost::json::value(line) && !error);

    const auto xml = xml_escaped(line);
    REQUIRE(xml.find_first_of("<>\"") == std::string::npos);

    // JSON of any form, in our notation of numbers.
    const auto value = boost::json::parse(text, error);
    if (error) return 0;
    const auto shown = to_text(value);
    REQUIRE(shown.find('\n') == std::string::npos);
    const auto again = boost::json::parse(shown, error);
    REQUIRE(!error);
    // Boost reads long numbers with an error in the last digit, and 1e999 as infinity.
    const bool infinite = value.is_double() && !std::isfinite(value.get_double());
    REQUIRE(infinite ? again.is_null() : again.kind() == value.kind());
    return 0;
}
