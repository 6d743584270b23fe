#!/usr/bin/env python3
"""Draws overview.svg, the picture of the README. Usage: docs/pictures/overview.py > docs/pictures/overview.svg

From the left to the right: a phone, Asterisk, the application. The picture has its own background, so that it can be
read where the page is dark and the browser is not.
"""

WIDTH, HEIGHT = 900, 216
TOP, BOTTOM = 40, 150  # of the boxes
MIDDLE = (TOP + BOTTOM) / 2

# (left, width, class, title, lines)
BOXES = [
    (24, 120, "box", "phone", ["SIP, mobile,", "landline"]),
    (268, 190, "box", "Asterisk", ["AudioSocket(UUID,", "your.host:9092)"]),
    (650, 226, "box ours", "your application", ["play, record, read digits", "with this library,",
                                                "or the command audiosocket"]),
]

# (from, to, y, text)
ARROWS = [
    (144, 268, MIDDLE - 16, "a call"),
    (268, 144, MIDDLE + 16, ""),
    (458, 650, MIDDLE - 16, "id, audio, digits"),
    (650, 458, MIDDLE + 16, "audio, hangup"),
]

STYLE = """
  .back { fill: #ffffff } .box { fill: #eef2f7; stroke: #4a6fa5 } .ours { fill: #e1f1ef; stroke: #1b7f79 }
  .line { stroke: #5b6470; stroke-width: 1.6 } .tip { fill: #5b6470 }
  text { fill: #1d2430; font-family: sans-serif; text-anchor: middle } .small { fill: #4b5563 }
  @media (prefers-color-scheme: dark) {
    .back { fill: #14181e } .box { fill: #1f2a3a; stroke: #7fa3d8 } .ours { fill: #16312f; stroke: #4fc3b8 }
    .line { stroke: #a7b0bc } .tip { fill: #a7b0bc } text { fill: #e8ecf2 } .small { fill: #b9c2cf }
  }
"""


def text(x, y, what, size=13, kind="", weight="normal"):
    return f'<text x="{x:g}" y="{y:g}" font-size="{size}" font-weight="{weight}" class="{kind}">{what}</text>'


def box(left, width, kind, title, below):
    middle = left + width / 2
    first = MIDDLE - 9 * len(below) + 4
    return [f'<rect x="{left}" y="{TOP}" width="{width}" height="{BOTTOM - TOP}" rx="8" class="{kind}"/>',
            text(middle, first, title, 16, weight="bold"),
            *(text(middle, first + 22 + 18 * n, line, 12.5, "small") for n, line in enumerate(below))]


def arrow(start, end, y, what):
    tip = 9 if end < start else -9
    above = y < MIDDLE
    return [f'<line x1="{start}" y1="{y:g}" x2="{end + tip}" y2="{y:g}" class="line"/>',
            f'<path d="M{end} {y:g} l{tip} -5 v10 z" class="tip"/>',
            text((start + end) / 2, y - 8 if above else y + 18, what, 12.5, "small")]


lines = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
         'aria-label="A phone, Asterisk, and your application behind a TCP connection">',
         f"<style>{STYLE}</style>", f'<rect width="{WIDTH}" height="{HEIGHT}" rx="8" class="back"/>']
for one in BOXES:
    lines += box(*one)
for one in ARROWS:
    lines += arrow(*one)
lines += [text(206, 184, "any channel of Asterisk", 12.5, "small"),
          text(554, 184, "TCP, one connection a call, a frame of sound every 20 ms each way", 12.5, "small"), "</svg>"]
print("\n".join(lines))
