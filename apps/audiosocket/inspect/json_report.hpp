// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "inspect/inspect_observer.hpp"

#include <ostream>

namespace audiosocket::app::inspect {

/// Reports an inspection as JSON Lines: an object for each message ("type": "message"), an object for each call when it
/// ends ("call", with its streams), and a "summary" as the last line.
class json_report final : public inspect_observer {
  public:
    explicit json_report(std::ostream& out) : out_(out) {}

    void message(const call_label& call, const seen_message& seen) override;
    void end(const call_label& call, const stream_findings& caller, const stream_findings& server) override;
    void finish(const inspection_totals& totals) override;

  private:
    std::ostream& out_;
};

} // namespace audiosocket::app::inspect
