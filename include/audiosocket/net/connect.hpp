// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <audiosocket/net/address.hpp>
#include <audiosocket/net/call.hpp>

namespace audiosocket {

/// How a call is placed.
struct connect_options {
    /// The rules of the call.
    audiosocket::call_options call = {};

    /// From the start, name resolution included, to a connection.
    std::chrono::milliseconds connect_timeout{5000};
};

namespace detail {

class connector;

AUDIOSOCKET_EXPORT std::shared_ptr<connector> make_connector(boost::asio::io_context& io, const address& where,
                                                             const uuid& id, const connect_options& options);
AUDIOSOCKET_EXPORT wait_source<call>& waits_of(connector& one) noexcept;
AUDIOSOCKET_EXPORT void start_connect(const std::shared_ptr<connector>& one, completion<call> waiter);
AUDIOSOCKET_EXPORT void cancel_connect(const std::weak_ptr<connector>& one, wait_number wait);

} // namespace detail

/// Places a call, as Asterisk does: resolves the host, connects (to each of its addresses in turn), and sends the id.
///
/// Completes with `void(boost::system::error_code, call)` once the id is out: an error of the resolver or of the
/// system, or `boost::asio::error::timed_out`. The handler runs on its associated executor, by default that of `io`. A
/// server that does not want the call shows that by ending it. In a race by `||` a failure does not end the race: see
/// event. Supports cancellation (all types): completes with
/// `operation_aborted`, and a call that was placed meanwhile is hung up. If `io` goes first, a handler with an executor
/// of its own gets `operation_aborted`, and another one is destroyed.
///
/// The io_context must be run by exactly one thread. Throws std::invalid_argument for options that make no sense, when
/// the operation is started. Safe from any thread.
template <BOOST_ASIO_COMPLETION_TOKEN_FOR(void(boost::system::error_code, call))
              CompletionToken = boost::asio::deferred_t>
[[nodiscard("nothing starts without a token: pass a handler, use_awaitable or detached")]] auto
async_connect(boost::asio::io_context& io, const address& where, const uuid& id, const connect_options& options,
              CompletionToken&& token = CompletionToken()) {
    return boost::asio::async_initiate<CompletionToken, void(boost::system::error_code, call)>(
        [&io](auto handler, const address& to, const uuid& with, const connect_options& how) {
            const auto one = detail::make_connector(io, to, with, how);
            const auto wait = detail::connect_slot(handler, detail::waits_of(*one),
                                                   [weak = std::weak_ptr(one)](detail::wait_number cancelled) {
                                                       detail::cancel_connect(weak, cancelled);
                                                   });
            detail::start_connect(one, {std::move(handler), io.get_executor(), wait});
        },
        token, where, id, options);
}

/// Places a call with a random id of its own and with default options. Otherwise like the one with both.
template <BOOST_ASIO_COMPLETION_TOKEN_FOR(void(boost::system::error_code, call))
              CompletionToken = boost::asio::deferred_t>
[[nodiscard("nothing starts without a token: pass a handler, use_awaitable or detached")]] auto
async_connect(boost::asio::io_context& io, const address& where, CompletionToken&& token = CompletionToken()) {
    return async_connect(io, where, uuid::random(), connect_options(), std::forward<CompletionToken>(token));
}

} // namespace audiosocket
