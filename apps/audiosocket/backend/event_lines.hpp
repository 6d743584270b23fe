// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "log/line_writer.hpp"

#include <boost/json/object.hpp>

#include <chrono>
#include <string_view>

namespace audiosocket::app::backend {

/// Prints events on standard output, one line each: text for people, or JSON.
class event_lines {
  public:
    explicit event_lines(bool json);

    /// Prints an event of a call, `age` after its connection; call 0 is the server. Text is the name and then the
    /// fields as `name value`, with the peer's text made printable. A value of more than 16 KiB is replaced by its
    /// length.
    void write(unsigned call, std::chrono::nanoseconds age, std::string_view event, boost::json::object fields);

  private:
    const bool json_;
    line_writer out_;
};

} // namespace audiosocket::app::backend
