// SPDX-License-Identifier: Apache-2.0
#pragma once

// Sound files made by hand, correct or wrong.

#include "signals.hpp"

#include <audiosocket/audio/g711.hpp>
#include <audiosocket/audio/sound_reader.hpp>

#include <gtest/gtest.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>

namespace audiosocket::test {

inline samples read_all(sound_reader& reader, std::size_t block = 160) {
    samples out;
    for (std::size_t got = 1; got != 0;) {
        const std::size_t at = out.size();
        out.resize(at + block);
        got = reader.read(std::span(out).subspan(at));
        out.resize(at + got);
    }
    return out;
}

inline void write_file(const std::filesystem::path& path, const std::string& content) {
    std::ofstream(path, std::ios::binary) << content;
}

inline std::string little_endian(std::uint32_t value, int bytes) {
    std::string out;
    for (int i = 0; i < bytes; ++i) {
        out += static_cast<char>(value >> (8 * i) & 0xffU);
    }
    return out;
}

// The sizes that a header claims. A size that is not set is correct.
struct claimed_sizes {
    std::optional<std::uint32_t> riff;
    std::optional<std::uint32_t> data;
};

// A WAV file by hand. Tag 1 is PCM, 3 floating point, 7 mu-law.
inline std::string wav(std::uint32_t tag, std::uint32_t channels, std::uint32_t rate, std::uint32_t bits,
                       const std::string& data, const claimed_sizes& claimed = {}) {
    const std::uint32_t frame = channels * bits / 8;
    const auto size = static_cast<std::uint32_t>(data.size());
    return "RIFF" + little_endian(claimed.riff.value_or(36 + size), 4) + "WAVEfmt " + little_endian(16, 4) +
           little_endian(tag, 2) + little_endian(channels, 2) + little_endian(rate, 4) +
           little_endian(rate * frame, 4) + little_endian(frame, 2) + little_endian(bits, 2) + "data" +
           little_endian(claimed.data.value_or(size), 4) + data;
}

inline std::string why_refused(const std::filesystem::path& path) {
    try {
        sound_reader reader(path);
        return "not refused";
    } catch (const sound_error& error) {
        const std::string why = error.what();
        EXPECT_EQ(why.find('\n'), std::string::npos);
        EXPECT_NE(why.find(path.string()), std::string::npos) << why;
        return why;
    }
}

inline bool contains(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

// Returns samples in the byte order of a file.
inline std::string encoded(encoding e, const samples& sound) {
    std::string out;
    for (const std::int16_t sample : sound) {
        switch (e) {
        case encoding::slin: out += little_endian(static_cast<std::uint16_t>(sample), 2); break;
        case encoding::ulaw: out += static_cast<char>(linear_to_ulaw(sample)); break;
        case encoding::alaw: out += static_cast<char>(linear_to_alaw(sample)); break;
        }
    }
    return out;
}

// Returns the notes of a file, one a line.
inline std::string notes_of(const std::filesystem::path& path) {
    std::string all;
    for (const std::string& note : sound_reader(path).notes()) {
        EXPECT_EQ(note.find('\n'), std::string::npos);
        EXPECT_EQ(note.find(path.string()), 0U) << note;
        all += note + "\n";
    }
    return all;
}

} // namespace audiosocket::test
