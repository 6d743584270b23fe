// SPDX-License-Identifier: Apache-2.0
#include "inspect/picture/waveform.hpp"

#include "base/xml_text.hpp"

#include <fmt/format.h>

#include <cmath>

namespace audiosocket::app::inspect {
namespace {

constexpr double full_scale = 32768;

// Measures of the SVG picture, in pixels.
constexpr int svg_width = 960, svg_left = 16, svg_right = 16, svg_top = 8, svg_axis = 28;
constexpr int lane_height = 120, lane_title = 22, lane_wave = lane_height - lane_title;
constexpr int plot_width = svg_width - svg_left - svg_right;
constexpr int column_width = 2; // narrower columns would look like a solid shape

constexpr const char* svg_style = R"(<style>
.b{fill:#fbfbfa}.w{fill:#4a6a86;stroke:#4a6a86;stroke-width:.6}.g{stroke:#d9d8d4}.z{stroke:#b4b3ae}
text{font:12px system-ui,sans-serif;fill:#6b6a65}.t{font-size:13px;fill:#33322f}
@media(prefers-color-scheme:dark){.b{fill:#1c1d1f}.w{fill:#8fb0cc;stroke:#8fb0cc}.g{stroke:#35363a}
.z{stroke:#55565b}text{fill:#9b9a95}.t{fill:#dddcd8}}
</style>
)";

// The outline as one path: along the tops to the right, and back along the bottoms. Relative whole numbers keep it
// short.
std::string svg_outline(const waveform& wave, int channel, int middle) {
    const auto columns = wave.columns(channel, plot_width / column_width);
    constexpr int height = lane_wave / 2 - 1; // above or below the middle
    const auto y_of = [middle](int sample) {
        return middle - static_cast<int>(std::lround(sample / full_scale * height));
    };
    int y = y_of(columns.front().high);
    std::string path = fmt::format("M{} {}", svg_left, y);
    const auto line_to = [&](int dx, int to) {
        path += to == y ? fmt::format("h{}", dx) : fmt::format("l{} {}", dx, to - y);
        y = to;
    };
    for (std::size_t i = 1; i < columns.size(); ++i)
        line_to(column_width, y_of(columns[i].high));
    line_to(column_width, y_of(columns.back().low));
    for (std::size_t i = columns.size() - 1; i-- > 0;)
        line_to(-column_width, y_of(columns[i].low));
    return path + 'z';
}

std::string svg_lane(const waveform& wave, std::span<const std::string> titles, int channel) {
    const int top = svg_top + channel * lane_height;
    const int middle = top + lane_title + lane_wave / 2;
    std::string out;
    if (const auto title = title_at(titles, channel); !title.empty())
        out += fmt::format("<text class=\"t\" x=\"{}\" y=\"{}\">{}</text>\n", svg_left, top + 15, xml_escaped(title));
    out += fmt::format("<path class=\"z\" d=\"M{} {}h{}\"/>\n", svg_left, middle, plot_width);
    return out + fmt::format("<path class=\"w\" d=\"{}\"/>\n", svg_outline(wave, channel, middle));
}

std::string svg_time_axis(double total, int bottom) {
    constexpr int ticks_max = 12;
    const double step = time_axis_step(total, ticks_max);
    std::string grid, labels;
    for (int i = 0; i * step <= total * (1 + 1e-9); ++i) {
        const double x = svg_left + (total > 0 ? i * step / total * plot_width : 0);
        grid += fmt::format("M{:.1f} {}V{}", x, svg_top, bottom + 5);
        const char* anchor = i == 0 ? "start" : "middle";
        labels += fmt::format("<text x=\"{:.1f}\" y=\"{}\" text-anchor=\"{}\">{:g}{}</text>\n", x, bottom + 19, anchor,
                              i * step, i == 0 ? " s" : "");
        if (total <= 0) break;
    }
    return fmt::format("<path class=\"g\" d=\"{}\"/>\n", grid) + labels;
}

} // namespace

std::string draw_svg(const waveform& wave, std::span<const std::string> titles) {
    const int bottom = svg_top + wave.channels() * lane_height;
    const int height = bottom + svg_axis;
    std::string out = fmt::format("<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {0} {1}\" width=\"{0}\" "
                                  "height=\"{1}\" role=\"img\">\n<title>Waveform, {2:.2f} s</title>\n{3}"
                                  "<rect class=\"b\" width=\"{0}\" height=\"{1}\" rx=\"6\"/>\n",
                                  svg_width, height, wave.seconds(), svg_style);
    out += svg_time_axis(wave.seconds(), bottom);
    for (int c = 0; c < wave.channels(); ++c)
        out += svg_lane(wave, titles, c);
    return out + "</svg>\n";
}

} // namespace audiosocket::app::inspect
