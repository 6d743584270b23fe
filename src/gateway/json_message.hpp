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

/// A message of a back end that should be a JSON object. Reading never throws: what is missing, or is not of the
/// wanted type, is absent.
class json_message {
  public:
    /// No service nests deeper than ten; this keeps the parser's stack small.
    static constexpr std::size_t depth_max = 32;

    explicit json_message(std::string_view text);

    /// Whether it is a JSON object; error() says what is wrong otherwise.
    explicit operator bool() const noexcept { return value_.is_object(); }
    const std::string& error() const noexcept { return error_; }

    /// The object; empty if it is none.
    const boost::json::object& object() const noexcept;

  private:
    boost::json::value value_;
    std::string error_;
};

/// Returns the text at this name, or an empty one.
std::string_view text_at(const boost::json::object& in, std::string_view name) noexcept;

/// Returns the text at this name; nothing if there is none. An empty text is one.
std::optional<std::string_view> find_text(const boost::json::object& in, std::string_view name) noexcept;

/// Returns the object at this name, or an empty one.
const boost::json::object& object_at(const boost::json::object& in, std::string_view name) noexcept;

/// Returns the array at this name, or an empty one.
const boost::json::array& array_at(const boost::json::object& in, std::string_view name) noexcept;

/// Returns the whole number at this name, also where it is a text with one.
std::optional<std::int64_t> number_at(const boost::json::object& in, std::string_view name) noexcept;

/// Whether there is `true` at this name.
bool flag_at(const boost::json::object& in, std::string_view name) noexcept;

/// Returns this text as a value for a message.
boost::json::string json_text(std::string_view text);

} // namespace audiosocket::gateway
