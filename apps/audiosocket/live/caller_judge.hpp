// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "diagnosis/audio_judge.hpp"

#include <audiosocket/call/call_options.hpp>
#include <audiosocket/call/event.hpp>

#include <functional>
#include <vector>

namespace audiosocket::app {

/// Judges the audio of a caller against what it is read as: reports what is wrong, each code once, as soon as it is
/// found.
///
/// It is judged by what the settings say. So mu-law is no fault under `--input-format ulaw`, and audio of 8 kHz is one
/// under `slin16`. Where the settings leave it to be found out, and it was found out, the finding says so.
class caller_judge {
  public:
    using handler = std::function<void(const diagnosis::finding&)>;

    caller_judge(input_format read_as, handler on_finding) : read_as_(read_as), on_finding_(std::move(on_finding)) {}

    /// The next audio message.
    void add(const message& audio, time_point at);

    /// The rate at which the last audio was read, in Hz.
    void read_at(int rate_hz) noexcept { read_rate_hz_ = rate_hz; }

    /// What has been reported.
    const std::vector<diagnosis::finding>& findings() const noexcept { return findings_; }

    /// Whether the caller sends a codec that cannot be decoded. Read as samples it is noise.
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
