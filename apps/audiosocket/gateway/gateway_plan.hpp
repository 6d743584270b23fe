// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gateway/call_status.hpp"
#include "gateway/gateway_counts.hpp"
#include "gateway/tool_calls.hpp"
#include "tape/tape_format.hpp"
#include "tape/tape_sink.hpp"
#include "websocket/websocket.hpp"

#include <audiosocket/audio/clip.hpp>
#include <audiosocket/gateway/dialect.hpp>

#include <boost/json/object.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace audiosocket::app::gateway {

class early_call;

/// What a gateway does with each of its calls. The same for all of them, and never changed while it is used.
struct gateway_plan {
    const audiosocket::gateway::dialect_traits* dialect = nullptr;

    /// Where to dial, with placeholders; those behind the first are for when it fails.
    std::vector<std::string> back_ends;

    /// A context may name its own back end, as "backend", if that begins with one of these.
    std::vector<std::string> allowed_back_ends;

    /// Fields of the handshake, with placeholders. Secrets of operators are in here: never shown.
    std::vector<std::pair<std::string, std::string>> headers;

    /// Sent as the dialect sends keys; empty: none.
    std::string key;

    std::optional<boost::json::object> session; ///< With placeholders.
    std::shared_ptr<websocket::tls_context> tls;
    websocket::limits bounds;

    std::optional<clip> while_connecting; ///< Played again and again until the back end speaks.
    std::optional<clip> on_failure;       ///< Played when no back end is left, before the hang-up.

    /// How long a call may last; unset: as long as it wants.
    std::optional<std::chrono::milliseconds> duration_max;

    /// How long neither side may say anything; unset: as long as they want.
    std::optional<std::chrono::milliseconds> inactivity_max;

    /// Takes the context that was announced for a call. Returns nothing if none was.
    std::function<std::optional<audiosocket::gateway::call_context>(const uuid&)> take_context;

    /// Asks other nodes for the context of a call that take_context() does not know. Returns false if there are none to
    /// ask. Otherwise calls `done` within a second, on any thread. Unset: there are none.
    std::function<bool(const uuid&, std::function<void(std::optional<audiosocket::gateway::call_context>)> done)>
        fetch_context;

    /// Takes the connection that was dialled for an announced call before it arrived. Returns null if there is none on
    /// this executor. Unset: none is dialled early.
    std::function<std::shared_ptr<early_call>(const uuid&, const boost::asio::any_io_executor& here)> take_early;

    /// Whether a call without an announced context is hung up.
    bool require_context = false;

    std::shared_ptr<const status_plan> status; ///< Null: nothing is posted.
    tool_plan tools;

    /// Begins the tape of a call; unset: calls have none. `on_failure` is called on any thread, with why the rest of
    /// the tape is lost.
    std::function<std::shared_ptr<tape::tape_sink>(const uuid& id, const tape::tape_head& head,
                                                   std::function<void(const std::string& why)> on_failure)>
        begin_tape;

    std::shared_ptr<gateway_counts> counts = std::make_shared<gateway_counts>();

    /// How to dial, and what time it is. Tests have their own.
    std::function<std::shared_ptr<websocket::websocket>(
        const boost::asio::any_io_executor& executor, const websocket::client_options& options, websocket::handlers on)>
        dial = websocket::dial;
    std::function<time_point()> now = clock::now;
};

} // namespace audiosocket::app::gateway
