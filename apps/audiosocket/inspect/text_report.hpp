// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "inspect/inspect_observer.hpp"

#include <array>
#include <ostream>

namespace audiosocket::app::inspect {

/// Reports an inspection as text: a line for each message or run of audio, and a summary for each stream.
///
/// Audio messages of one direction and kind make a run. A run is shown when anything else happens in the call, so that
/// the lines of a call are in the order of their ends.
class text_report final : public inspect_observer {
  public:
    /// `all`: every audio message gets a line.
    text_report(std::ostream& out, bool all) : out_(out), all_(all) {}

    void begin(const call_label& call) override;
    void message(const call_label& call, const seen_message& seen) override;
    void end(const call_label& call, const stream_findings& caller, const stream_findings& server) override;
    void finish(const inspection_totals& totals) override;

  private:
    struct run {
        std::uint64_t messages = 0;
        std::size_t bytes_min = 0;
        std::size_t bytes_max = 0;
        std::chrono::nanoseconds duration{};
        seen_message first;
        encoding audio_encoding{}; // the latest guess
        double peak_dbfs = level::floor_dbfs;
    };
    // Of one call, its two directions.
    using runs = std::array<run, 2>;

    void add(const call_label& call, run& to, const seen_message& seen);
    void show(const call_label& call, run& done);
    void show_all(const call_label& call);
    void line(const call_label& call, const seen_message& seen, const std::string& what);
    void summary(const call_label& call, const stream_findings& s);

    std::ostream& out_;
    bool all_;
    std::map<std::size_t, runs> runs_; // by the numbers of the open calls
};

} // namespace audiosocket::app::inspect
