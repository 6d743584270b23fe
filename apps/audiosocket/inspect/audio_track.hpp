// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "inspect/growing_wav.hpp"
#include "inspect/inspect_observer.hpp"
#include "inspect/picture/waveform.hpp"

#include <audiosocket/audio/encoding_detector.hpp>
#include <audiosocket/audio/resampler.hpp>
#include <audiosocket/audio/sound_writer.hpp>

#include <functional>
#include <map>
#include <memory>
#include <ostream>
#include <vector>

/// \file
/// The sound of an inspected stream, as a file or a picture.

namespace audiosocket::app::inspect {

/// Turns the audio messages of one direction into one sound, at the rate of the first kind; other kinds are converted
/// to it.
///
/// The encoding of kind 0x10 may become clear only after some messages. They wait until the detector is sure, up to
/// waiting_bytes_max.
class audio_track {
  public:
    using sink = std::function<void(std::span<const std::int16_t>)>;
    /// Returns the sink; called once, before the first samples.
    using open_sink = std::function<sink(int rate_hz)>;

    /// Two seconds of slin: the detector needs only a few messages that are not silent.
    static constexpr std::size_t waiting_bytes_max = 32'000;

    /// `forced`: the encoding of kind 0x10; without it, the detector decides.
    audio_track(std::optional<encoding> forced, open_sink open);

    void add(const message& m);
    void finish();

  private:
    void flush_waiting();
    void convert(kind k, encoding e, std::span<const std::byte> payload);

    std::optional<encoding> known_; // the encoding of kind 0x10
    open_sink open_;
    sink sink_;
    int rate_hz_ = 0;
    encoding_detector detector_;
    std::vector<std::byte> waiting_; // payloads of kind 0x10
    std::vector<std::int16_t> samples_;
    std::vector<std::int16_t> converted_;
    std::optional<resampler> resampler_; // from the rate of the latest kind
};

/// Writes a sound file for each direction that has audio. `where` is the file for a raw stream, and a directory for a
/// capture. Files in a directory are named ID.caller.wav and ID.server.wav, or ID-2.caller.wav and so on if one of
/// these exists. An existing file is never replaced, and a symbolic link is never followed. A capture may have any
/// number of open calls; its files are open only while they are written. `out` gets a line for each file; it may be
/// null. Throws failure, sound_error.
class audio_extraction final : public inspect_observer {
  public:
    audio_extraction(std::string where, bool is_directory, std::optional<encoding> forced, std::ostream* out);
    ~audio_extraction() override;

    void begin(const call_label& label) override;
    void message(const call_label& label, const seen_message& seen) override;
    void end(const call_label& label, const stream_findings& caller, const stream_findings& server) override;

  private:
    struct output;
    struct extracted_call;

    std::string path_for(extracted_call& call, std::size_t number, side s);

    std::string where_;
    bool is_directory_;
    std::optional<encoding> forced_;
    std::ostream* out_;
    std::map<std::string, std::size_t> stems_; // how often each was used, because ids are not unique
    std::map<std::size_t, std::unique_ptr<extracted_call>> calls_;
};

/// Draws the sound of a raw stream, with `title`, into an SVG file at the end. Throws failure.
class audio_picture final : public inspect_observer {
  public:
    audio_picture(std::string path, std::optional<encoding> forced);

    void message(const call_label& call, const seen_message& seen) override;
    void end(const call_label& call, const stream_findings& caller, const stream_findings& server) override;

  private:
    std::string path_;
    std::optional<waveform> wave_;
    audio_track track_;
};

/// Writes a picture or any other text to a file, which is replaced. Does not follow a symbolic link to a file. Throws
/// failure (file).
void write_text_file(const std::string& path, const std::string& text);

} // namespace audiosocket::app::inspect
