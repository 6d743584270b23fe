// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <audiosocket/export.hpp>

#include <optional>
#include <span>
#include <string>
#include <string_view>

/// \file
/// How the releases of Asterisk read and write AudioSocket. Sources: the code of 18.10, 20.6 and 22.10.1, the change
/// logs in between, and asterisk#270, #1138, #1247, #1492, #1522, #1824, #1890 and #2089.

namespace audiosocket::asterisk {

/// How Asterisk uses AudioSocket.
enum class interface {
    application, ///< AudioSocket(): slin at 8 kHz.
    channel,     ///< Dial(AudioSocket/...), with the formats of c(...).
};

/// How a header of three bytes is read.
enum class header_reading {
    byte_by_byte, ///< Kind, then two bytes of length, without waiting for any of them.
    one_read,     ///< One read of three bytes; a short read counts as a whole header (#1138).
    misplaced,    ///< Reads until three bytes have come, but each read writes to the beginning, and past the header
                  ///< (#1522).
    patient,      ///< Reads until three bytes have come, without a time limit (#1824).
};

/// How a release behaves.
struct release {
    std::string_view version;                        ///< "22.10"
    std::string_view others;                         ///< Releases that behave the same.
    header_reading header = header_reading::patient; ///< How it reads a header.
    bool waits_for_payload = true; ///< Waits payload_pause_max for each next piece (#1247); otherwise the whole payload
                                   ///< must have arrived.
    bool strict = true;            ///< Ends the call if it reads an unknown kind or empty audio (#1138).
    bool clean_end = true;         ///< The dialplan continues when the server ends the call (#1138).
    bool idle_timeout = true;      ///< The application ends the call after idle_max (#1138).
    bool sends_digits = true;      ///< Sends DTMF digits (#1138).
    bool no_delay = true;          ///< Sets TCP_NODELAY.
    bool wideband = true;          ///< Knows the kinds 0x11 to 0x18 (#1492).

    /// Returns whether reading a header waits without a limit, on the thread that also forwards the caller's audio
    /// (#2089).
    bool starves() const noexcept { return header == header_reading::misplaced || header == header_reading::patient; }

    /// Returns whether a call through this interface ends after idle_max without a message in either direction (#1138).
    bool ends_when_idle(interface through) const noexcept { return idle_timeout && through == interface::application; }
};

/// Returns all known releases, the oldest first. Valid for the life of the process.
AUDIOSOCKET_EXPORT std::span<const release> releases();

/// Returns the release with this name ("22.10" or "asterisk-22.10"), or nothing if its behaviour is not known.
AUDIOSOCKET_EXPORT std::optional<release> find_release(std::string_view name);

} // namespace audiosocket::asterisk
