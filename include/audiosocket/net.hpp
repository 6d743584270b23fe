// SPDX-License-Identifier: Apache-2.0
#pragma once

/// \file
/// Calls over TCP, on Boost.Asio.

#include <audiosocket/net/address.hpp>
#include <audiosocket/net/blocking.hpp>
#include <audiosocket/net/bridge.hpp>
#include <audiosocket/net/call.hpp>
#include <audiosocket/net/call_recorder.hpp>
#include <audiosocket/net/connect.hpp>
#include <audiosocket/net/deadline_socket.hpp>
#include <audiosocket/net/engine_statistics.hpp>
#include <audiosocket/net/error.hpp>
#include <audiosocket/net/file_descriptor.hpp>
#include <audiosocket/net/io_thread.hpp>
#include <audiosocket/net/listener.hpp>
#include <audiosocket/net/listener_options.hpp>
#include <audiosocket/net/listener_statistics.hpp>
#include <audiosocket/net/listening_socket.hpp>
#include <audiosocket/net/network.hpp>
#include <audiosocket/net/playout_stream.hpp>
#include <audiosocket/net/read_digits.hpp>
#include <audiosocket/net/recording_memory.hpp>
