// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <audiosocket/call/event.hpp>

#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/io_context.hpp>

namespace audiosocket::detail {

using io_executor = boost::asio::io_context::executor_type;
using io_timer = boost::asio::basic_waitable_timer<clock, boost::asio::wait_traits<clock>, io_executor>;

} // namespace audiosocket::detail
