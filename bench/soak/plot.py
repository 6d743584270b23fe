# SPDX-License-Identifier: Apache-2.0
"""Draws the samples of a soak as SVG: one panel a value, one above the other."""

import html

from comparison import plots

WIDTH, PANEL, TOP, LEFT, RIGHT, BOTTOM = 800, 110, 64, 66, 30, 44
GAP = 26
POINTS_MAX = 400  # a pixel or two each
PANELS = [("rss_kib", "memory, MiB", 1 / 1024, "ours"), ("descriptors", "descriptors", 1, "go-v0-2-1"),
          ("threads", "threads", 1, "npm"), ("calls", "calls in progress", 1, "machine"),
          ("cpu_percent", "processor, % of a core", 1, "turn")]


def thinned(points):
    """Keeps the largest value of each few: a peak must not be lost."""
    each = -(-len(points) // POINTS_MAX)
    return [max(points[i:i + each], key=lambda p: p[1]) for i in range(0, len(points), each)]


def draw(title, about, lines):
    height = TOP + len(PANELS) * (PANEL + GAP) + BOTTOM - GAP
    seconds = max(line["seconds"] for line in lines) or 1
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" '
           f'role="img" aria-label="{html.escape(title)}">', plots.style(),
           f'<rect class="card" x=".5" y=".5" width="{WIDTH - 1}" height="{height - 1}" rx="8"/>',
           f'<text class="title" x="20" y="27">{html.escape(title)}</text>',
           f'<text class="quiet" x="20" y="46">{html.escape(about)}</text>']
    for i, (name, text, factor, style) in enumerate(PANELS):
        top = TOP + 14 + i * (PANEL + GAP)
        inner = PANEL - 14
        most = max(max(line[name] for line in lines) * factor, 1e-9) * 1.05
        out.append(f'<text class="quiet" x="{LEFT}" y="{top - 4}">{html.escape(text)}</text>')
        for share in (0, 0.5, 1):
            y = top + inner * (1 - share)
            out += [f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>',
                    f'<text class="quiet" x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{most * share:,.3g}</text>']
        points = thinned([(LEFT + (WIDTH - LEFT - RIGHT) * line["seconds"] / seconds,
                           top + inner * (1 - line[name] * factor / most)) for line in lines])
        out.append(f'<polyline class="{style}" style="stroke-width:1.5" points="' +
                   " ".join(f"{x:.1f},{y:.1f}" for x, y in points) + '"/>')
    for share in (0, 0.25, 0.5, 0.75, 1):
        x = LEFT + (WIDTH - LEFT - RIGHT) * share
        out.append(f'<text class="quiet" x="{x:.1f}" y="{height - 24}" text-anchor="middle">{seconds * share / 60:.3g}</text>')
    out.append(f'<text class="quiet" x="{(LEFT + WIDTH - RIGHT) / 2}" y="{height - 8}" text-anchor="middle">minutes</text>')
    return "\n".join(out + ["</svg>"]) + "\n"
