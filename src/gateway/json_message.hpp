// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/json/object.hpp>
#include <boost/json/string.hpp>
#include <boost/json/value.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace audiosocket::gateway {

/// A message of a back end that should be a JSON object. Reading never throws: a field that is missing, or has another
/// type, counts as absent.
class json_message {
  public:
    /// The deepest nesting. No service nests deeper than ten; the limit keeps the parser's stack small.
    static constexpr std::size_t depth_max = 32;

    explicit json_message(std::string_view text);

    /// Returns whether it is a JSON object. If not, error() says what is wrong.
    explicit operator bool() const noexcept { return value_.is_object(); }
    const std::string& error() const noexcept { return error_; }

    /// Returns the object; an empty object if it is not an object.
    const boost::json::object& object() const noexcept;

  private:
    boost::json::value value_;
    std::string error_;
};

/// Returns where a text stops being JSON, as ", at line 3, column 7". Returns an empty text where it is JSON.
std::string place_of_error(std::string_view text);

/// Returns the text at this name, or an empty text.
std::string_view text_at(const boost::json::object& in, std::string_view name) noexcept;

/// Returns the text at this name, which may be empty; nothing if there is none.
std::optional<std::string_view> find_text(const boost::json::object& in, std::string_view name) noexcept;

/// Returns the object at this name, or an empty object.
const boost::json::object& object_at(const boost::json::object& in, std::string_view name) noexcept;

/// Returns the array at this name, or an empty array.
const boost::json::array& array_at(const boost::json::object& in, std::string_view name) noexcept;

/// Returns the whole number at this name, also if it is a number in a text.
std::optional<std::int64_t> number_at(const boost::json::object& in, std::string_view name) noexcept;

/// Returns whether there is `true` at this name.
bool flag_at(const boost::json::object& in, std::string_view name) noexcept;

/// Returns this text as a value for a message.
boost::json::string json_text(std::string_view text);

} // namespace audiosocket::gateway
