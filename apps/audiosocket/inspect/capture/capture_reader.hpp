// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "inspect/capture/capture_input.hpp"
#include "inspect/capture/capture_stream.hpp"

namespace audiosocket::app::inspect {

/// Reads a pcap or pcapng file to its end and inspects every call in it. Memory is bounded, whatever the size of the
/// file; a capture that breaks off is read up to there, and totals.capture_failure says so.
///
/// How it works: capture_file gives packets, read_layers() finds the TCP segment in each, connection_table gives it to
/// its connection, tcp_direction puts the bytes in order, and capture_stream finds the calls.
///
/// Throws failure when its header is damaged, or no packet of it is of a link type that is known.
void read_capture(capture_input& input, const capture_plan& plan);

} // namespace audiosocket::app::inspect
