// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <audiosocket/net/address.hpp>
#include <audiosocket/net/call.hpp>

namespace audiosocket {

/// The options of async_connect().
struct connect_options {
    /// The options of the call.
    audiosocket::call_options call = {};

    /// The longest time to a connection, name resolution included.
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

/// Calls an AudioSocket server, as Asterisk does: resolves the host, connects (tries each of its addresses in turn),
/// and sends the id. It does not make a phone ring.
///
/// Completes with `void(boost::system::error_code, call)` when the id has been sent. The handler runs on its associated
/// executor, by default that of `io`. A server that refuses the call ends it.
///
/// Errors: an error of the resolver or of the system, `not_enough_memory`, or `boost::asio::error::timed_out`. In an
/// expression with `||` a failure does not end the wait: see event.
///
/// Supports cancellation (all types): completes with `operation_aborted`, and hangs up a call that was connected
/// meanwhile. If `io` is destroyed first, a handler with its own executor gets `operation_aborted`, and any other
/// handler is destroyed.
///
/// Exactly one thread must run the io_context. When the operation is started, throws std::invalid_argument for options
/// that validate() refuses, and boost::system::system_error if the system has no descriptors left for the first call of
/// an io_context. Safe from any thread.
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

/// Calls an AudioSocket server with a random id and the default options. Otherwise the same as async_connect() with
/// both.
template <BOOST_ASIO_COMPLETION_TOKEN_FOR(void(boost::system::error_code, call))
              CompletionToken = boost::asio::deferred_t>
[[nodiscard("nothing starts without a token: pass a handler, use_awaitable or detached")]] auto
async_connect(boost::asio::io_context& io, const address& where, CompletionToken&& token = CompletionToken()) {
    return async_connect(io, where, uuid::random(), connect_options(), std::forward<CompletionToken>(token));
}

} // namespace audiosocket
