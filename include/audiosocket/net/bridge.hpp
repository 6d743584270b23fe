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

/// The options of async_bridge().
struct bridge_options {
    /// The smallest delay_max: one frame.
    static constexpr std::chrono::milliseconds delay_min{20};

    /// The most audio that waits to be played in each call; at least delay_min. Audio beyond it is dropped and counted,
    /// so the delay cannot grow when a network stalls, or because the clocks of the two sides differ.
    ///
    /// This is only an upper bound. To keep the usual delay far below it, set call_options::live for both calls.
    std::chrono::milliseconds delay_max{200};
};

/// How a bridge ended. In each array the first element is call `a`, the second is call `b`.
struct bridge_result {
    /// Which call ended first: 0 is `a`, 1 is `b`.
    std::size_t ended_first = 0;

    /// How each call ended. end_reason::none comes with an error: `usage_errc::call_ended` if the call had ended
    /// before, `boost::asio::error::in_progress` if the application waited for its events at the same time.
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
/// Audio of each call is played in the other. The rates may differ, because each call resamples what it plays. Digits
/// are passed on to a call from async_connect(). Asterisk accepts no digits from a server, so a digit for a call from a
/// listener is dropped. What a call was playing before is played first.
///
/// When a call ends, the other plays what is queued and is hung up. Completes with `void(boost::system::error_code,
/// bridge_result)` when both calls have ended. The only error is `boost::asio::error::operation_aborted`, apart from
/// `usage_errc::call_ended` (see Threads).
///
/// The operation owns both calls and takes their events. Set monitors and recorders before. Throws
/// std::invalid_argument for a delay_max below bridge_options::delay_min; both calls are hung up then.
///
/// Cancellation (all types) hangs up both calls. The operation completes when they have ended.
///
/// Threads: may be called on any thread. The calls may be on different threads. The handler runs on its associated
/// executor, by default that of `a`, and never within this function. If the io_context of a call is destroyed
/// meanwhile, that call counts as ended. If it is that of `a`, a handler with its own executor gets
/// `usage_errc::call_ended`, and any other handler is destroyed.
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

/// Joins two calls with the default options. Otherwise the same as async_bridge() with options.
template <BOOST_ASIO_COMPLETION_TOKEN_FOR(void(boost::system::error_code, bridge_result))
              CompletionToken = boost::asio::deferred_t>
[[nodiscard("nothing starts without a token: pass a handler, use_awaitable or detached")]] auto
async_bridge(call a, call b, CompletionToken&& token = CompletionToken()) {
    return async_bridge(std::move(a), std::move(b), bridge_options{}, std::forward<CompletionToken>(token));
}

} // namespace audiosocket
