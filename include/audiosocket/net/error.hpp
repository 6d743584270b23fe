// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/system/error_code.hpp>

namespace audiosocket {

/// The error code of an operation on a socket, as Boost.Asio has it: what the asynchronous operations complete with.
///
/// It holds an error of the operating system or of Asio, and also an audiosocket::protocol_errc or
/// audiosocket::usage_errc, with which it compares equal. It converts to and from audiosocket::error_code, the type
/// that the rooms without sockets use.
using io_error = boost::system::error_code;

} // namespace audiosocket
