// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <audiosocket/net/address.hpp>
#include <audiosocket/net/call.hpp>

namespace audiosocket {

/// How a call is placed.
struct connect_options {
    audiosocket::call_options call;

    /// From the start, name resolution included, to a connection.
    std::chrono::milliseconds connect_timeout{5000};
};

namespace detail {
AUDIOSOCKET_EXPORT void start_connect(boost::asio::io_context& io, const address& where, const uuid& id,
                                      const connect_options& options, completion<call> waiter);
}

/// Places a call, as Asterisk does: resolves the host, connects (to each of its addresses in turn), and sends the id.
///
/// Completes with `void(boost::system::error_code, call)` once the id is out: an error of the resolver or of the
/// system, or `boost::asio::error::timed_out`. A server that does not want the call shows that by ending it. The
/// io_context must be run by exactly one thread and outlive the call. Throws std::invalid_argument for options that
/// make no sense.
template <class CompletionToken>
auto async_connect(boost::asio::io_context& io, const address& where, const uuid& id, const connect_options& options,
                   CompletionToken&& token) {
    return boost::asio::async_initiate<CompletionToken, void(boost::system::error_code, call)>(
        [&io](auto handler, const address& to, const uuid& with, const connect_options& how) {
            detail::start_connect(io, to, with, how, {std::move(handler), io.get_executor()});
        },
        token, where, id, options);
}

} // namespace audiosocket
