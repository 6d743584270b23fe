// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "log/line_writer.hpp"

#include <boost/json/object.hpp>

#include <chrono>
#include <string_view>

namespace audiosocket::app::backend {

/// What happens, one line an event, on standard output: as text for people, or as JSON for programs.
class event_lines {
  public:
    explicit event_lines(bool json);

    /// An event of a call, `age` after its connection; call 0: of the server. Text shows the name and then the fields
    /// as `name value`; what comes from outside is made printable.
    void write(unsigned call, std::chrono::nanoseconds age, std::string_view event, boost::json::object fields);

  private:
    const bool json_;
    line_writer out_;
};

} // namespace audiosocket::app::backend
