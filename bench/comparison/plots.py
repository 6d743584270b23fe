"""Writes line charts as SVG: a card with its own colour, so that it is readable on light and dark pages."""

import html
import math

WIDTH, HEIGHT = 800, 400
LEFT, RIGHT, TOP, BOTTOM = 66, 216, 64, 52
LABEL_GAP = 17  # between the names beside the ends of the lines

# Colour for light and dark, dashes: apart also without colours.
LINES = {  # by class: a name of CSS has no full stop
    "ours": ("#c92a2a", "#ff8787", ""),
    "go-v0-2-1": ("#1864ab", "#74c0fc", ""),
    "go-v0-3-0": ("#1864ab", "#74c0fc", "6 4"),
    "npm": ("#2b8a3e", "#8ce99a", ""),
    "epoll": ("#5c5f66", "#c1c2c5", ""),
    "tick": ("#0b7285", "#66d9e8", "6 4"),
    "turn": ("#e67700", "#ffd43b", ""),
    "uring": ("#862e9c", "#e599f7", "6 4"),
    "machine": ("#5c5f66", "#c1c2c5", "2 4"),
}


def style():
    rules = [".card{fill:#fff;stroke:#d0d7de}", "text{font:13px system-ui,sans-serif;fill:#24292f}",
             ".title{font-size:16px;font-weight:600}", ".quiet{fill:#57606a}", ".grid{stroke:#d8dee4;stroke-width:1}",
             "polyline{fill:none;stroke-width:2}", ".ours{stroke-width:3.5}", ".name{font-weight:600}"]
    dark = [".card{fill:#161b22;stroke:#30363d}", "text{fill:#e6edf3}", ".quiet{fill:#9da7b3}", ".grid{stroke:#30363d}"]
    for name, (light_colour, dark_colour, dashes) in LINES.items():
        rules.append(f"polyline.{name}{{stroke:{light_colour};stroke-dasharray:{dashes or 'none'}}}"
                     f"circle.{name},text.{name}{{fill:{light_colour}}}")
        dark.append(f"polyline.{name}{{stroke:{dark_colour}}}circle.{name},text.{name}{{fill:{dark_colour}}}")
    return "<style>" + "".join(rules) + "@media(prefers-color-scheme:dark){" + "".join(dark) + "}</style>"


class Scale:
    """Converts values to pixels, with the marks of the axis: by decades, or from zero."""

    def __init__(self, values, logarithmic):
        self.log = logarithmic
        if logarithmic:
            self.low = 10 ** math.floor(math.log10(min(values)))
            self.high = 10 ** math.ceil(math.log10(max(values) * 1.01))
            decades = round(math.log10(self.high / self.low))
            self.marks = [self.low * 10 ** i for i in range(decades + 1)]
        else:
            step = 10 ** math.floor(math.log10(max(values)))
            step = next(s for s in (step / 5, step / 2, step, step * 2) if max(values) / s <= 8)
            self.low, self.high = 0, step * math.ceil(max(values) / step)
            self.marks = [step * i for i in range(round(self.high / step) + 1)]

    def y(self, value):
        if self.log:
            part = math.log(max(value, self.low) / self.low) / math.log(self.high / self.low)
        else:
            part = value / self.high
        return HEIGHT - BOTTOM - part * (HEIGHT - BOTTOM - TOP)


def apart(ends):
    """The heights of names beside their lines' ends, moved so that none covers another."""
    placed = []
    for name, y in sorted(ends, key=lambda end: end[1]):
        placed.append((name, max(y, placed[-1][1] + LABEL_GAP) if placed else y))
    below = max([0] + [y - (HEIGHT - BOTTOM) for _, y in placed])
    return [(name, y - below) for name, y in placed]


def chart(title, about, x_name, x_marks, y_name, lines, logarithmic=False):
    """`lines`: (server, title, [value or None for each of x_marks])."""
    scale = Scale([v for _, _, values in lines for v in values if v], logarithmic)
    step = (WIDTH - LEFT - RIGHT) / max(len(x_marks) - 1, 1)
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}" '
           f'role="img" aria-label="{html.escape(title)}">', style(),
           f'<rect class="card" x=".5" y=".5" width="{WIDTH - 1}" height="{HEIGHT - 1}" rx="8"/>',
           f'<text class="title" x="20" y="27">{html.escape(title)}</text>',
           f'<text class="quiet" x="20" y="46">{html.escape(about)}</text>']
    for mark in scale.marks:
        y = scale.y(mark)
        out += [f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>',
                f'<text class="quiet" x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{mark:,.10g}</text>']
    for i, mark in enumerate(x_marks):
        out.append(f'<text class="quiet" x="{LEFT + i * step:.1f}" y="{HEIGHT - BOTTOM + 20}" text-anchor="middle">{mark}</text>')
    out += [f'<text class="quiet" x="{(LEFT + WIDTH - RIGHT) / 2}" y="{HEIGHT - 12}" text-anchor="middle">{x_name}</text>',
            f'<text class="quiet" transform="translate(18 {(TOP + HEIGHT - BOTTOM) / 2}) rotate(-90)" '
            f'text-anchor="middle">{y_name}</text>']
    ends = []
    for key, text, values in lines:
        name = key.replace(".", "-")
        points = [(LEFT + i * step, scale.y(v)) for i, v in enumerate(values) if v]
        if not points:
            continue
        out.append(f'<polyline class="{name}" points="{" ".join(f"{x:.1f},{y:.1f}" for x, y in points)}"/>')
        out += [f'<circle class="{name}" cx="{x:.1f}" cy="{y:.1f}" r="3.5"/>' for x, y in points]
        ends.append(((name, text), points[-1][1]))
    for (name, text), y in apart(ends):
        out.append(f'<text class="{name} name" x="{WIDTH - RIGHT + 12}" y="{y + 4:.1f}">{html.escape(text)}</text>')
    return "\n".join(out + ["</svg>"]) + "\n"
