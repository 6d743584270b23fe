// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/system/error_code.hpp>

namespace audiosocket {

/// The error code of Boost.Asio, with which asynchronous operations complete.
///
/// It holds an error of the operating system, of Asio, or a protocol_errc or usage_errc, and compares equal to these.
/// It converts to and from audiosocket::error_code, which the parts of the library without sockets use.
using io_error = boost::system::error_code;

} // namespace audiosocket
