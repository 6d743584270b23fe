// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "diagnosis/finding.hpp"
#include "inspect/remarks.hpp"

#include <audiosocket/audio/g711.hpp>
#include <audiosocket/audio/level_meter.hpp>
#include <audiosocket/protocol.hpp>

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

/// \file
/// The results of an inspection. The inspection itself (call_inspector.hpp) neither prints nor writes files: the
/// text report, the JSON report and the extraction of audio are observers of it.

namespace audiosocket::app::inspect {

/// Who sends a stream.
enum class side : std::uint8_t { caller, server };

constexpr side other(side s) noexcept {
    return s == side::caller ? side::server : side::caller;
}

constexpr std::string_view name(side s) noexcept {
    return s == side::caller ? "caller" : "server";
}

/// A call before its first message.
struct call_label {
    std::size_t number = 1;
    /// Endpoints as ADDRESS:PORT, and the time of the first packet. Empty for a raw stream, which has no clock.
    std::string caller;
    std::string server;
    std::optional<std::chrono::system_clock::time_point> started;
    /// False if the capture began in the middle of the call.
    bool from_start = true;

    bool has_clock() const noexcept { return started.has_value(); }
};

/// One message, and how it was read. The payload is valid until the observer returns.
struct seen_message {
    side sender{};
    place where; ///< Of its header.
    audiosocket::message message;
    encoding audio_encoding{};            ///< Of an audio message; a guess under kind 0x10.
    std::chrono::nanoseconds duration{};  ///< Of an audio message.
    double peak_dbfs = level::floor_dbfs; ///< Of an audio message.
};

/// How a stream ended.
enum class ending : std::uint8_t {
    open,     ///< The capture ended first.
    hangup,   ///< A hangup message.
    closed,   ///< Between two messages.
    reset,    ///< Between two messages, by a reset.
    torn,     ///< Between two messages, by a reset of the other side.
    absent,   ///< The capture has no packet of it.
    cut,      ///< Inside a message.
    nonsense, ///< From some byte on it is not AudioSocket.
};

struct kind_total {
    std::uint64_t messages = 0;
    std::uint64_t bytes = 0; ///< of payload
    double peak_dbfs = level::floor_dbfs;
};

/// The results for one direction of a call.
struct stream_findings {
    side sender{};
    std::uint64_t bytes = 0; ///< read, as far as they are AudioSocket
    std::map<kind, kind_total> kinds;
    std::optional<uuid> id;
    encoding audio_encoding = encoding::slin; ///< under kind 0x10
    double peak_dbfs = level::floor_dbfs;
    remark_list remarks;
    std::vector<diagnosis::finding> diagnoses; ///< of the audio, or of bytes that are not AudioSocket

    ending end = ending::open;
    std::uint64_t end_offset = 0;     ///< ending::cut: of the message; nonsense: of its first byte
    std::size_t cut_bytes = 0;        ///< ending::cut: bytes of the message that are present
    std::size_t cut_bytes_wanted = 0; ///< ending::cut: bytes of the whole message, or of its header
    std::string nonsense;             ///< ending::nonsense: description of the bytes

    std::uint64_t messages() const noexcept;
    std::chrono::nanoseconds audio() const noexcept;
    bool is_sound() const noexcept;
};

/// Returns the duration of the audio in a payload. Kinds other than 0x10 are always slin.
std::chrono::nanoseconds audio_duration(kind k, encoding e, std::uint64_t bytes) noexcept;

/// The totals of an inspected file.
struct inspection_totals {
    std::size_t calls = 0;
    std::size_t calls_with_findings = 0;
    std::size_t streams_skipped = 0; ///< TCP, but not AudioSocket
    std::size_t unanswered = 0;      ///< SYNs on the port, without a packet from the other side
    std::size_t given_up = 0;        ///< TCP connections reported as they stood, because too many were open
    std::size_t holes = 0;           ///< in calls
    std::uint64_t packets = 0;
    std::uint64_t packets_cut = 0;                ///< by the snap length
    std::uint64_t cut_at_bytes = 0;               ///< length of the longest of these
    std::uint64_t packets_without_time = 0;       ///< without a time, or with a time outside the years 1970 to 2261
    std::map<std::string, std::uint64_t> not_tcp; ///< packets without TCP, by the name of their content
    std::string capture_failure;                  ///< Why the capture could not be read to its end; empty if it could.
};

/// Called in the order of the stream.
class inspect_observer {
  public:
    virtual ~inspect_observer() = default;

    virtual void begin(const call_label&) {}
    virtual void message(const call_label&, const seen_message&) {}
    virtual void end(const call_label&, const stream_findings& caller, const stream_findings& server) = 0;
    virtual void finish(const inspection_totals&) {}
};

} // namespace audiosocket::app::inspect
