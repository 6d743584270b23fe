// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <exception>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace audiosocket::app::admin {

/// A part of a request is wrong; the text says which part.
class bad_target : public std::exception {
  public:
    explicit bad_target(std::string what) : what_(std::move(what)) {}
    const char* what() const noexcept override { return what_.c_str(); }

  private:
    std::string what_;
};

/// Returns a request target that begins with the path. A target for a proxy (http://host/calls) has a host of its own,
/// whatever the field Host says: `host` becomes that.
std::string origin_form(std::string_view target, std::string& host);

/// The parts of a request target: /calls/ID?limit=10. Throws bad_target for a % without two hex digits, and for a name
/// that is given twice.
struct target {
    explicit target(std::string_view text);

    std::string path;
    std::map<std::string, std::string> query;
};

/// Reads a form of a query, or of a body with type application/x-www-form-urlencoded: NAME=VALUE&NAME=VALUE. Throws
/// bad_target, as `target` does.
std::map<std::string, std::string> read_form(std::string_view text);

/// Which calls a client asks for, and in which order.
struct call_query {
    /// More than a person reads, and a good size for a script; a row has about 1,300 bytes.
    static constexpr std::size_t limit_max = 1000;

    std::size_t limit = limit_max;
    std::size_t offset = 0;
    std::string sort = "age"; ///< One of sort_keys.
    bool descending = false;
    std::string filter; ///< Only calls with this text in their id or their peer.
    bool levels = false;
    bool cluster = false; ///< Of all nodes; then sorted by age only, and without levels.

    static const std::vector<std::string>& sort_keys();

    /// Throws bad_target for anything unknown or out of range.
    static call_query from(const std::map<std::string, std::string>& query);
};

/// Returns a number from 0 to `max`; throws bad_target otherwise.
std::size_t number(const std::string& name, const std::string& text, std::size_t max);

} // namespace audiosocket::app::admin
