// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "diagnosis/audio_judge.hpp"

#include <audiosocket/call/call_options.hpp>
#include <audiosocket/call/event.hpp>

#include <functional>
#include <vector>

namespace audiosocket::app {

/// Checks a caller's audio against the format in which it is read, and reports each fault once, as soon as it is found.
///
/// The settings decide. So mu-law is not a fault under `--input-format ulaw`, but audio of 8 kHz is a fault under
/// `slin16`. If the format was detected instead, the finding says so.
class caller_judge {
  public:
    using handler = std::function<void(const diagnosis::finding&)>;

    caller_judge(input_format read_as, handler on_finding) : read_as_(read_as), on_finding_(std::move(on_finding)) {}

    /// Adds the next audio message.
    void add(const message& audio, time_point at);

    /// Sets the rate at which the last audio was read, in Hz.
    void read_at(int rate_hz) noexcept { read_rate_hz_ = rate_hz; }

    /// Returns the reported findings.
    const std::vector<diagnosis::finding>& findings() const noexcept { return findings_; }

    /// Returns whether the caller sends a codec that cannot be decoded. Read as samples it is noise.
    bool another_codec() const noexcept { return another_codec_; }

  private:
    void report(diagnosis::finding f);
    std::string found_out(const diagnosis::finding& f) const;

    const input_format read_as_;
    const handler on_finding_;
    diagnosis::audio_judge judge_{diagnosis::sender::caller};
    int read_rate_hz_ = 0;
    std::vector<diagnosis::finding> findings_;
    bool another_codec_ = false;
};

} // namespace audiosocket::app
