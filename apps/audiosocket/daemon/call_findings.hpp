// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "daemon/server_report.hpp"
#include "live/finding_counts.hpp"
#include "live/live_call.hpp"

#include <array>
#include <atomic>

namespace audiosocket::app {

/// Checks what callers send, and connections that never become calls. Reports and counts each finding. Safe from any
/// thread. Must outlive the calls.
class call_findings {
  public:
    explicit call_findings(server_report& report) : report_(report) {}

    /// Checks the audio of this call. `read_as` is how the call reads audio of kind 0x10.
    void judge(live_call& c, input_format read_as);

    /// Checks a connection that never became a call. `first_bytes` are those that arrived.
    void ended_early(const boost::asio::ip::tcp::endpoint& peer, const ended_event& why,
                     std::span<const std::byte> first_bytes);

    finding_counts counts() const noexcept;

  private:
    void count(diagnosis::code which) noexcept { ++counts_.at(static_cast<std::size_t>(which)); }

    server_report& report_;
    std::array<std::atomic<std::uint64_t>, diagnosis::code_count> counts_{};
};

} // namespace audiosocket::app
