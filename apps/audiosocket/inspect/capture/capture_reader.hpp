// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "inspect/capture/capture_stream.hpp"

#include <string>

namespace audiosocket::app::inspect {

/// Reads a pcap or pcapng file ("-": standard input) to its end and inspects every call in it. Memory is bounded by
/// the connections open at one time, whatever the size of the file; a capture that breaks off is read up to there, and
/// totals.capture_failure says so.
/// Throws failure when it cannot be opened or its link type is not known.
void read_capture(const std::string& path, const capture_plan& plan);

} // namespace audiosocket::app::inspect
