// SPDX-License-Identifier: Apache-2.0
#pragma once

// Test signals: all from a seed, at 8 kHz unless the caller asks for another rate, full scale at 1.0.

#include <audiosocket/audio/g711.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <numbers>
#include <random>
#include <span>
#include <string>
#include <vector>

#include <unistd.h>

namespace audiosocket::test {

using samples = std::vector<std::int16_t>;
using wave = std::function<double(std::size_t)>;

inline samples make(std::size_t count, double dbfs, const wave& w) {
    const double amplitude = 32767 * std::pow(10.0, dbfs / 20);
    samples out(count);
    for (std::size_t i = 0; i < count; ++i) {
        const double value = std::clamp(amplitude * w(i), -32768.0, 32767.0);
        out[i] = static_cast<std::int16_t>(std::lrint(value));
    }
    return out;
}

inline wave sine(double hz, double rate_hz = 8000) {
    return [=](std::size_t i) { return std::sin(2 * std::numbers::pi * hz * static_cast<double>(i) / rate_hz + 0.3); };
}

inline wave sum(double scale, std::vector<wave> parts) {
    return [=](std::size_t i) {
        double total = 0;
        for (const wave& part : parts) {
            total += part(i);
        }
        return scale * total;
    };
}

// A buzz of 24 harmonics whose loudness rises and falls three times a second, as that of a vowel does.
inline wave voiced(double pitch_hz, double gain = 0.4) {
    return [=](std::size_t i) {
        const double t = 2 * std::numbers::pi * static_cast<double>(i) / 8000;
        double total = 0;
        for (int h = 1; h < 25; ++h) {
            total += std::sin(pitch_hz * h * t + h * h) / h;
        }
        return gain * (0.5 + 0.5 * std::sin(3 * t)) * total;
    };
}

inline wave uniform_noise(unsigned seed) {
    return [engine = std::mt19937(seed)](std::size_t) mutable {
        return std::uniform_real_distribution<double>(-1, 1)(engine);
    };
}

inline wave gaussian_noise(unsigned seed, double sigma) {
    return [engine = std::mt19937(seed), sigma](std::size_t) mutable {
        return std::normal_distribution<double>(0, sigma)(engine);
    };
}

inline samples random_samples(std::size_t count, unsigned seed) {
    std::mt19937 engine(seed);
    std::uniform_int_distribution<int> any(-32768, 32767);
    samples out(count);
    for (auto& sample : out) {
        sample = static_cast<std::int16_t>(any(engine));
    }
    return out;
}

inline std::vector<std::byte> encoded(encoding e, std::span<const std::int16_t> in) {
    std::vector<std::byte> out(bytes_for(e, in.size()));
    encode(e, in, out);
    return out;
}

/// A folder that is removed with the object.
class temporary_directory {
  public:
    temporary_directory() {
        std::string name = (std::filesystem::temp_directory_path() / "audio-XXXXXX").string();
        path_ = ::mkdtemp(name.data());
    }
    temporary_directory(const temporary_directory&) = delete;
    temporary_directory& operator=(const temporary_directory&) = delete;
    ~temporary_directory() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }

    std::filesystem::path operator/(const std::string& name) const { return path_ / name; }
    const std::filesystem::path& path() const { return path_; }

  private:
    std::filesystem::path path_;
};

} // namespace audiosocket::test
