// SPDX-License-Identifier: Apache-2.0
#include "inspect/picture/waveform.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace audiosocket::app::inspect {
namespace {

constexpr double full_scale = 32768;

// A canvas of dots, drawn as braille: dot (x, y) is a bit of the character at (x / 2, y / 4).
class dot_canvas {
  public:
    dot_canvas(int width, int rows)
        : width_(width), cells_(static_cast<std::size_t>(width) * static_cast<std::size_t>(rows)) {}

    void set(int x, int y) {
        static constexpr unsigned char bits[4][2] = {{0x01, 0x08}, {0x02, 0x10}, {0x04, 0x20}, {0x40, 0x80}};
        const int which = y / 4 * width_ + x / 2;
        unsigned char& cell = cells_[static_cast<std::size_t>(which)];
        cell = static_cast<unsigned char>(cell | bits[y % 4][x % 2]);
    }

    // Braille starts at U+2800; each character is three bytes of UTF-8.
    std::string text() const {
        std::string out;
        for (std::size_t i = 0; i < cells_.size(); ++i) {
            out += '\xe2';
            out += static_cast<char>(0xa0 | cells_[i] >> 6);
            out += static_cast<char>(0x80 | (cells_[i] & 0x3f));
            if ((i + 1) % static_cast<std::size_t>(width_) == 0) out += '\n';
        }
        return out;
    }

  private:
    int width_;
    std::vector<unsigned char> cells_;
};

std::string draw_lane(const waveform& wave, int channel, int width, int rows) {
    dot_canvas canvas(width, rows);
    const int height = rows * 4;
    const auto row_of = [height](double sample) {
        const double y = (1 - sample / full_scale) / 2 * height;
        return std::clamp(static_cast<int>(y), 0, height - 1);
    };
    const auto columns = wave.columns(channel, width * 2);
    for (int x = 0; x < width * 2; ++x) {
        const auto extent = columns[static_cast<std::size_t>(x)];
        for (int y = row_of(extent.high); y <= row_of(extent.low); ++y)
            canvas.set(x, y);
    }
    return canvas.text();
}

std::string draw_text_axis(double total, int width) {
    constexpr int label_columns = 10;
    std::string axis(static_cast<std::size_t>(width), ' ');
    const double step = time_axis_step(total, std::max(width / label_columns, 1));
    for (int i = 0; i * step <= total * (1 + 1e-9); ++i) {
        const std::string label = fmt::format("{:g}{}", i * step, i == 0 ? " s" : "");
        const auto at = static_cast<std::size_t>(total > 0 ? i * step / total * width : 0);
        if (at + label.size() <= axis.size()) axis.replace(at, label.size(), label);
        if (total <= 0) break;
    }
    axis.erase(axis.find_last_not_of(' ') + 1);
    return axis + '\n';
}

} // namespace

std::string draw_text(const waveform& wave, std::span<const std::string> titles, int width, int rows) {
    std::string out;
    for (int c = 0; c < wave.channels(); ++c) {
        if (const auto title = title_at(titles, c); !title.empty()) out += title + '\n';
        out += draw_lane(wave, c, width, rows);
    }
    return out + draw_text_axis(wave.seconds(), width);
}

} // namespace audiosocket::app::inspect
