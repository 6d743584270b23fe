// SPDX-License-Identifier: Apache-2.0
#include "inspect/sound_inspection.hpp"

#include "base/json_text.hpp"
#include "inspect/audio_track.hpp"
#include "inspect/wording.hpp"

#include <audiosocket/audio/level_meter.hpp>
#include <audiosocket/audio/sound_reader.hpp>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <fmt/format.h>

namespace audiosocket::app::inspect {
namespace {

constexpr std::size_t block_frames = 4096;

// Height in characters of a drawing of one channel, and of each of several channels.
constexpr int rows_of_one = 8;
constexpr int rows_of_several = 5;

struct picture_of_sound {
    waveform wave;
    std::vector<level> levels;
    std::vector<std::string> titles;
};

std::vector<std::string> titles_for(int channels) {
    if (channels == 1) return {""};
    if (channels == 2) return {"caller", "played"};
    std::vector<std::string> titles;
    for (int c = 1; c <= channels; ++c)
        titles.push_back(fmt::format("channel {}", c));
    return titles;
}

picture_of_sound take_in(sound_reader& sound) {
    const auto channels = static_cast<std::size_t>(sound.file_channels());
    picture_of_sound seen{waveform(sound.file_rate_hz(), sound.file_channels()), {}, titles_for(sound.file_channels())};
    std::vector<level_meter> meters(channels);
    std::vector<std::int16_t> block(block_frames * channels), one;
    while (const std::size_t got = sound.read_frames(block)) {
        const auto frames = std::span<const std::int16_t>(block).first(got);
        seen.wave.add(frames);
        for (std::size_t c = 0; c < channels; ++c) {
            one.clear();
            for (std::size_t i = c; i < got; i += channels)
                one.push_back(frames[i]);
            meters[c].add(one);
        }
    }
    for (level_meter& meter : meters)
        seen.levels.push_back(meter.take());
    return seen;
}

void print_text(const sound_reader& sound, const picture_of_sound& seen, const sound_inspection& what,
                std::ostream& out) {
    const int channels = sound.file_channels();
    out << fmt::format("{}: {}\n  {} Hz, {} channel{}, {}\n", what.path, sound.format_name(), sound.file_rate_hz(),
                       channels, channels == 1 ? "" : "s", in_seconds(seen.wave.duration()));
    for (const std::string& note : sound.notes())
        out << "  note: " << note << '\n';
    for (std::size_t c = 0; c < seen.levels.size(); ++c) {
        const level& l = seen.levels[c];
        const std::string title = seen.titles[c].empty() ? "level" : seen.titles[c];
        out << fmt::format("  {:<10} ", title);
        out << (l.peak_dbfs <= level::floor_dbfs
                    ? "silent\n"
                    : fmt::format("peak {:>8}   RMS {:>8}\n", decibels(l.peak_dbfs), decibels(l.rms_dbfs)));
    }
    if (what.text_columns != 0)
        out << '\n'
            << draw_text(seen.wave, seen.titles, what.text_columns, channels == 1 ? rows_of_one : rows_of_several);
    if (!sound.failure().empty()) out << sound.failure() << '\n';
}

void print_json(const sound_reader& sound, const picture_of_sound& seen, const sound_inspection& what,
                std::ostream& out) {
    boost::json::array channels;
    for (std::size_t c = 0; c < seen.levels.size(); ++c)
        channels.push_back({{"title", seen.titles[c]},
                            {"peak_dbfs", rounded(seen.levels[c].peak_dbfs)},
                            {"rms_dbfs", rounded(seen.levels[c].rms_dbfs)}});
    boost::json::object line{{"type", "sound"},
                             {"file", what.path},
                             {"format", sound.format_name()},
                             {"rate_hz", sound.file_rate_hz()},
                             {"seconds", rounded(seen.wave.seconds())},
                             {"channels", std::move(channels)}};
    if (const auto notes = sound.notes(); !notes.empty())
        line["notes"] = boost::json::array(notes.begin(), notes.end());
    if (!sound.failure().empty()) line["failure"] = sound.failure();
    out << to_text(line) << '\n';
}

} // namespace

bool inspect_sound(const sound_inspection& what, std::ostream& out) {
    sound_reader sound(what.path);
    const picture_of_sound seen = take_in(sound);
    (what.json ? print_json : print_text)(sound, seen, what, out);
    if (!what.svg.empty()) write_text_file(what.svg, draw_svg(seen.wave, seen.titles));
    return sound.failure().empty();
}

} // namespace audiosocket::app::inspect
