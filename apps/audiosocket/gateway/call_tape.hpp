// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gateway/tool_calls.hpp"
#include "tape/tape_sink.hpp"
#include "websocket/websocket.hpp"

#include <audiosocket/call/event.hpp>
#include <audiosocket/gateway/dialect_output.hpp>
#include <audiosocket/gateway/turn_ledger.hpp>

#include <memory>
#include <string>
#include <string_view>

namespace audiosocket::app::gateway {

/// Writes down what passes on both sides of a call: stands between a bridge and what the bridge asks, and between a
/// WebSocket and its handlers.
class call_tape final : public audiosocket::gateway::dialect_output {
  public:
    /// `asked` does what the bridge asks for, and lives longer.
    call_tape(std::shared_ptr<tape::tape_sink> to, audiosocket::gateway::dialect_output& asked);

    // --- The call ---

    void happened(const event& e);
    void turned(const audiosocket::gateway::turn& one);
    void answered(const tool_result& function);

    // --- The connection ---

    /// `address` is without secrets.
    void dialled(std::string_view address);

    /// Returns handlers that write down what they are called with, and then call these.
    websocket::handlers listen(websocket::handlers on) const;

    /// We gave the connection up.
    void dropped();

    // --- dialect_output ---

    void send_text(std::string_view message) override;
    void send_binary(std::span<const std::byte> message) override;
    void reconnect() override;
    void ready() override;
    bool play(std::span<const std::int16_t> samples, int rate_hz) override;
    void mark(std::string_view name) override;
    void clear() override;
    void hang_up(audiosocket::gateway::hang_up_time when, std::string_view why) override;
    void fail(std::string_view why) override;
    void report(audiosocket::gateway::dialect_report what) override;

  private:
    // Lines of one tape, in the time of the call. The handlers of a connection outlive the call, and so does this.
    struct lines {
        void add(std::string_view what, std::string_view members = {}) const;

        const std::shared_ptr<tape::tape_sink> to;
        const time_point began = clock::now();
    };

    const std::shared_ptr<lines> lines_;
    audiosocket::gateway::dialect_output& asked_;
};

} // namespace audiosocket::app::gateway
