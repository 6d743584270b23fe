// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <audiosocket/net/call.hpp>

#include <boost/asio/async_result.hpp>
#include <boost/asio/deferred.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <memory>
#include <utility>

namespace audiosocket {

/// How async_bridge() joins two calls.
struct bridge_options {
    /// The smallest delay_max: a frame.
    static constexpr std::chrono::milliseconds delay_min{20};

    /// The most audio that waits to be played in either call; at least delay_min. Audio that would exceed it is dropped
    /// and counted, so the delay cannot grow when a network stalls, or when the clocks of the two sides differ.
    ///
    /// This is a bound. To keep the usual delay far below it, let both calls have call_options::live.
    std::chrono::milliseconds delay_max{200};
};

/// How a bridge ended. In each pair the first is the call `a`, the second is the call `b`.
struct bridge_result {
    /// Which call ended first: 0 is `a`, 1 is `b`.
    std::size_t ended_first = 0;

    /// How each call ended. end_reason::none comes with an error: `usage_errc::call_ended` for a call that had ended
    /// before, `boost::asio::error::in_progress` for one whose events the application waited for as well.
    std::array<ended_event, 2> ends{};

    /// How much audio of each call was dropped because of bridge_options::delay_max, or because the playout queue of
    /// the other call was full.
    std::array<std::chrono::milliseconds, 2> dropped{};
};

namespace detail {

struct bridging;

/// The operation behind async_bridge.
struct AUDIOSOCKET_EXPORT bridge_operation {
    static std::shared_ptr<bridging> make(call a, call b, const bridge_options& options);
    static call::executor_type executor_of(const bridging& operation) noexcept;
    static void start(const std::shared_ptr<bridging>& operation, completion<bridge_result> waiter);
    static void cancel(const std::weak_ptr<bridging>& operation);
};

} // namespace detail

/// Joins two calls until one of them ends, and then ends the other one.
///
/// Audio of each call is played in the other one. The rates may differ, because each call resamples what it plays.
/// Digits are passed on to a call that we placed (async_connect). Asterisk takes no digits from a server, so a digit
/// for a call that we answered is dropped. What either call was playing before is played first.
///
/// When a call ends, the other one plays what is queued and is hung up in order. Completes with
/// `void(boost::system::error_code, bridge_result)` when both have ended. The only error is
/// `boost::asio::error::operation_aborted`.
///
/// It takes the events of both calls, which it owns. Set monitors and recorders before. Throws std::invalid_argument
/// for a delay_max below bridge_options::delay_min, and has dropped both calls then.
///
/// Cancellation (all types) hangs up both calls in order. The operation completes when they have ended.
///
/// Threads: may be called on any thread. The calls may live on different threads, and each is served on its own. The
/// handler runs on its associated executor, by default that of `a`, and never within this call. If the thread of a call
/// goes meanwhile, that call counts as ended; where it is the thread of `a`, a handler with an executor of its own gets
/// `usage_errc::call_ended`, and another one is destroyed.
template <BOOST_ASIO_COMPLETION_TOKEN_FOR(void(boost::system::error_code, bridge_result))
              CompletionToken = boost::asio::deferred_t>
[[nodiscard("nothing starts without a token: pass a handler, use_awaitable or detached")]] auto
async_bridge(call a, call b, const bridge_options& options, CompletionToken&& token = CompletionToken()) {
    return boost::asio::async_initiate<CompletionToken, void(boost::system::error_code, bridge_result)>(
        [](auto handler, const std::shared_ptr<detail::bridging>& operation) {
            using bridge = detail::bridge_operation;
            auto slot = boost::asio::get_associated_cancellation_slot(handler);
            if (slot.is_connected())
                slot.assign(
                    [weak = std::weak_ptr(operation)](boost::asio::cancellation_type) { bridge::cancel(weak); });
            bridge::start(operation, {std::move(handler), bridge::executor_of(*operation)});
        },
        token, detail::bridge_operation::make(std::move(a), std::move(b), options));
}

/// Joins two calls with the default options; see async_bridge() with options.
template <BOOST_ASIO_COMPLETION_TOKEN_FOR(void(boost::system::error_code, bridge_result))
              CompletionToken = boost::asio::deferred_t>
[[nodiscard("nothing starts without a token: pass a handler, use_awaitable or detached")]] auto
async_bridge(call a, call b, CompletionToken&& token = CompletionToken()) {
    return async_bridge(std::move(a), std::move(b), bridge_options{}, std::forward<CompletionToken>(token));
}

} // namespace audiosocket
