// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "inspect/inspect_observer.hpp"

#include <string>
#include <vector>

/// \file
/// The words in which an inspection is reported to people.

namespace audiosocket::app::inspect {

/// "slin16", or "kind 0x54" where there is no name.
std::string name_of(kind k);

/// What a message says: the id, the digit, the bits of an error, the length and level of audio.
std::string describe(const seen_message& seen);

/// How a stream ended, as "cut inside a message at byte 323: 3 of 323 bytes".
std::string describe_end(const stream_findings& s);

/// "12 x gap of ..., first at 1.234 s (byte 567), longest 132 ms".
std::string describe(fault f, const remark& r, bool has_clock);

/// "1 id, 1,234 slin, 1 hangup".
std::string counts(const stream_findings& s);

/// For each kind of audio in the stream "24.68 s at 8000 Hz, peak -12.3 dB".
std::vector<std::string> audio_lines(const stream_findings& s);

/// Why a capture without a call has none, and what to do.
std::string describe_no_call(const inspection_totals& totals);

/// What is to be said about a capture that has calls.
std::vector<std::string> capture_notes(const inspection_totals& totals);

std::string grouped(std::uint64_t n);               ///< "1,234"
std::string in_seconds(std::chrono::nanoseconds d); ///< "24.68 s"
std::string decibels(double dbfs);                  ///< "-12.3 dB", and never "-0.0 dB"
std::string peak(double dbfs);                      ///< "peak -12.3 dB"
std::string g711_mark(encoding e);                  ///< "  G.711 ulaw?", or nothing for slin

/// The bits of an error message by their names: "hangup, memory".
std::string error_names(error_bits code);

} // namespace audiosocket::app::inspect
