// SPDX-License-Identifier: Apache-2.0
#include "bench/plot.hpp"

#include "base/xml_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

namespace audiosocket::app::bench {
namespace {

using std::chrono::nanoseconds;

// The picture, in pixels.
constexpr int width = 960, height = 540;
constexpr int left = 76, right = 40, top = 92, bottom = 56;
constexpr int plot_width = width - left - right, plot_height = height - top - bottom;
constexpr int plot_bottom = top + plot_height;

// The usual half of all values gets half of the picture; each further nine gets as much again.
constexpr int columns = 200;
constexpr double nines_min = 3; // p99.9 has its place even if there are few values
constexpr double nines_max = 7;

// Shorter times do not matter here.
constexpr double floor_ms = 1e-3;

constexpr const char* style = R"(<style>
.b{fill:#fbfbfa}.g{stroke:#e3e2de;fill:none}.a{stroke:#b4b3ae;fill:none}.c{fill:none;stroke-width:2;stroke-linejoin:round}
text{font:12px system-ui,sans-serif;fill:#6b6a65}.t{font-size:15px;fill:#33322f}.l{fill:#33322f}
.s0{stroke:#2f6db3}.s1{stroke:#c2581c}.s2{stroke:#7a8a2a;stroke-dasharray:6 3}.s3{stroke:#8a8984;stroke-dasharray:2 3}
@media(prefers-color-scheme:dark){.b{fill:#1c1d1f}.g{stroke:#303135}.a{stroke:#55565b}text{fill:#9b9a95}
.t,.l{fill:#dddcd8}.s0{stroke:#7db3ec}.s1{stroke:#f0955c}.s2{stroke:#b9c868}.s3{stroke:#92918c}}
</style>
)";

struct curve {
    const char* title;
    const histogram* values;
    int colour; // index of the style
};

double milliseconds(nanoseconds d) {
    return static_cast<double>(d.count()) / 1e6;
}

std::vector<curve> curves_of(const subject& what, const measurement& m) {
    std::vector<curve> all;
    if (what.mode == mode::echo) all.push_back({"round trip", &m.seen.round_trip, 0});
    all.push_back({"jitter", &m.seen.jitter, 1});
    all.push_back({"own lateness", &m.seen.own_lateness, 2});
    all.push_back({"machine's sleep", &m.machine_overshoot, 3});
    std::erase_if(all, [](const curve& c) { return c.values->count() == 0; });
    return all;
}

// The axes: x counts nines (a share of 0.99 is 2), y is the logarithm of milliseconds.
struct axes {
    double nines;
    int decade_low; // of a millisecond: -3 is a microsecond
    int decade_high;

    double x(double nines_here) const { return left + nines_here / nines * plot_width; }
    double y(double ms) const {
        const double decades = std::log10(std::max(ms, floor_ms)) - decade_low;
        return plot_bottom - std::max(0.0, decades) / (decade_high - decade_low) * plot_height;
    }
};

axes axes_for(const std::vector<curve>& curves) {
    double nines = nines_min;
    double lowest = 1;
    double highest = 1;
    for (const curve& c : curves) {
        nines = std::max(nines, std::log10(static_cast<double>(c.values->count())));
        lowest = std::min(lowest, std::max(floor_ms, milliseconds(c.values->at(0))));
        highest = std::max(highest, milliseconds(c.values->max()));
    }
    return {std::min(nines, nines_max), static_cast<int>(std::floor(std::log10(lowest))),
            static_cast<int>(std::ceil(std::log10(highest) + 1e-9))};
}

std::string text_at(double x, double y, std::string_view attributes, std::string_view words) {
    return fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" {}>{}</text>\n", x, y, attributes, words);
}

// Returns 1, 10 ... in the most readable unit.
std::string decade_label(int decade) {
    if (decade >= 3) return fmt::format("{:g} s", std::pow(10, decade - 3));
    return decade >= 0 ? fmt::format("{:g} ms", std::pow(10, decade))
                       : fmt::format("{:g} µs", std::pow(10, decade + 3));
}

std::string value_axis(const axes& a) {
    std::string lines, labels;
    for (int decade = a.decade_low; decade <= a.decade_high; ++decade) {
        const double y = a.y(std::pow(10, decade));
        lines += fmt::format("M{} {:.1f}h{}", left, y, plot_width);
        labels += text_at(left - 8, y + 4, "text-anchor=\"end\"", decade_label(decade));
    }
    return fmt::format("<path class=\"g\" d=\"{}\"/>\n", lines) + labels;
}

std::string share_axis(const axes& a) {
    std::string lines, labels;
    const auto tick = [&](double nines, const std::string& label) {
        lines += fmt::format("M{:.1f} {}V{}", a.x(nines), top, plot_bottom + 5);
        labels += text_at(a.x(nines), plot_bottom + 20, "text-anchor=\"middle\"", label);
    };
    tick(0, "0");
    tick(std::log10(2), "50 %");
    for (int nines = 1; nines <= a.nines + 1e-9; ++nines)
        tick(nines, fmt::format("{:g} %", 100 - std::pow(10, 2 - nines)));
    return fmt::format("<path class=\"g\" d=\"{}\"/>\n<path class=\"a\" d=\"M{} {}V{}h{}\"/>\n", lines, left, top,
                       plot_bottom, plot_width) +
           labels +
           text_at(left + plot_width / 2.0, plot_bottom + 42, "text-anchor=\"middle\"",
                   "share of all values that are not longer");
}

std::string draw(const curve& c, const axes& a) {
    const double known = std::min(a.nines, std::log10(static_cast<double>(c.values->count())));
    std::string path;
    for (int i = 0; i <= columns; ++i) {
        const double nines = known * i / columns;
        const double value = milliseconds(c.values->at(1 - std::pow(10, -nines)));
        path += fmt::format("{}{:.1f} {:.1f}", i == 0 ? 'M' : 'L', a.x(nines), a.y(value));
    }
    return fmt::format("<path class=\"c s{}\" d=\"{}\"/>\n", c.colour, path);
}

std::string legend(const std::vector<curve>& curves) {
    constexpr int line_length = 28;
    std::string out;
    double x = left;
    for (const curve& c : curves) {
        out += fmt::format("<path class=\"c s{}\" d=\"M{:.0f} 68h{}\"/>\n", c.colour, x, line_length);
        const auto words = fmt::format("{}: p99 {:.3g} ms", c.title, milliseconds(c.values->at(0.99)));
        out += text_at(x + line_length + 6, 72, "class=\"l\"", words);
        x += line_length + 6 + 6.3 * static_cast<double>(words.size()) + 18; // the approximate width of the words
    }
    return out;
}

} // namespace

std::string draw_svg(const subject& what, const measurement& m) {
    const auto curves = curves_of(what, m);
    const axes a = axes_for(curves);
    const auto title = xml_escaped(fmt::format("{} calls to {}, {}, {:.1f} s", m.calls, what.target, name(what.mode),
                                               std::chrono::duration<double>(m.duration).count()));
    std::string out = fmt::format("<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {0} {1}\" width=\"{0}\" "
                                  "height=\"{1}\" role=\"img\">\n<title>{2}</title>\n{3}"
                                  "<rect class=\"b\" width=\"{0}\" height=\"{1}\" rx=\"6\"/>\n",
                                  width, height, title, style);
    out += text_at(left, 34, "class=\"t\"", title);
    out += value_axis(a) + share_axis(a) + legend(curves);
    for (const curve& c : curves)
        out += draw(c, a);
    return out + "</svg>\n";
}

} // namespace audiosocket::app::bench
