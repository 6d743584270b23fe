// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "inspect/inspect_observer.hpp"

#include <string>
#include <vector>

/// \file
/// The texts of the reports for people.

namespace audiosocket::app::inspect {

/// Returns "slin16", or "kind 0x54" for a kind without a name.
std::string name_of(kind k);

/// Returns the content of a message: the id, the digit, the bits of an error, the length and level of audio.
std::string describe(const seen_message& seen);

/// Returns how a stream ended, such as "cut inside a message at byte 323: 3 of 323 bytes".
std::string describe_end(const stream_findings& s);

/// "12 x gap of ..., first at 1.234 s (byte 567), longest 132 ms".
std::string describe(fault f, const remark& r, bool has_clock);

/// "1 id, 1,234 slin, 1 hangup".
std::string counts(const stream_findings& s);

/// Returns for each kind of audio in the stream "24.68 s at 8000 Hz, peak -12.3 dB".
std::vector<std::string> audio_lines(const stream_findings& s);

/// Returns why a capture has no call, and what to do.
std::string describe_no_call(const inspection_totals& totals);

/// Returns notes on a capture that has calls.
std::vector<std::string> capture_notes(const inspection_totals& totals);

std::string grouped(std::uint64_t n);               ///< "1,234"
std::string in_seconds(std::chrono::nanoseconds d); ///< "24.68 s"
std::string decibels(double dbfs);                  ///< "-12.3 dB", and never "-0.0 dB"
std::string peak(double dbfs);                      ///< "peak -12.3 dB"
std::string g711_mark(encoding e);                  ///< "  G.711 ulaw?", or nothing for slin

/// Returns the names of the bits in an error message: "hangup, memory".
std::string error_names(error_bits code);

} // namespace audiosocket::app::inspect
