// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "inspect/capture/capture_input.hpp"
#include "inspect/capture/capture_stream.hpp"

namespace audiosocket::app::inspect {

/// Reads a pcap or pcapng file to its end and inspects every call in it. Memory is bounded, whatever the size of the
/// file. A damaged capture is read up to the damage, and totals.capture_failure has the reason.
///
/// How it works: capture_file returns packets, read_layers() finds the TCP segment in each, connection_table gives the
/// segment to its connection, tcp_direction puts the bytes in order, and capture_stream finds the calls.
///
/// Throws failure if the header is damaged, or if no packet has a known link type.
void read_capture(capture_input& input, const capture_plan& plan);

} // namespace audiosocket::app::inspect
