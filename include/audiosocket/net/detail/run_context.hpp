// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <audiosocket/export.hpp>

#include <boost/asio/io_context.hpp>

namespace audiosocket::detail {

/// Runs an io_context until it has no more work. It continues after a handler has thrown std::bad_alloc, because a lack
/// of memory costs at most one call.
///
/// If several handlers that Asio ran in a row have thrown, Asio keeps only the first exception. If that is
/// std::bad_alloc, the others are lost, whatever they were. Otherwise boost::asio::multiple_exceptions leaves.
AUDIOSOCKET_EXPORT void run_to_the_end(boost::asio::io_context& context);

} // namespace audiosocket::detail
