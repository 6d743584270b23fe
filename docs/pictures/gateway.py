#!/usr/bin/env python3
"""Draws gateway.svg, the picture of docs/gateway.md. Usage: docs/pictures/gateway.py > docs/pictures/gateway.svg

A call through the gateway, from the top to the bottom. The dialect of the picture is twilio.
"""

WIDTH, HEIGHT = 900, 640
ASTERISK, GATEWAY, BACK_END = 150, 450, 750
GREY, TEAL, VIOLET, RED = "#666666", "#1b7f79", "#6a4fb3", "#b3261e"

# (y, from, to, text, colour)
ARROWS = [
    (110, ASTERISK, GATEWAY, "connects, sends the UUID", GREY),
    (140, GATEWAY, BACK_END, "WebSocket: connected, start", GREY),
    (190, GATEWAY, ASTERISK, "the waiting sound, or silence", GREY),
    (225, BACK_END, GATEWAY, "media: the greeting, faster than real time", VIOLET),
    (255, GATEWAY, ASTERISK, "a frame each 20 ms", VIOLET),
    (300, ASTERISK, GATEWAY, "the caller speaks", TEAL),
    (330, GATEWAY, BACK_END, "media, 20 ms each", TEAL),
    (370, BACK_END, GATEWAY, "media: a long answer; mark", VIOLET),
    (400, GATEWAY, ASTERISK, "the first frame of the answer", VIOLET),
    (440, ASTERISK, GATEWAY, "the caller interrupts", TEAL),
    (470, BACK_END, GATEWAY, "clear", RED),
    (490, GATEWAY, ASTERISK, "silence within one frame", GREY),
    (510, GATEWAY, BACK_END, "mark: all that was queued is gone", GREY),
    (550, BACK_END, GATEWAY, "media: goodbye; close", VIOLET),
    (580, GATEWAY, ASTERISK, "the goodbye whole, then hangup", VIOLET),
]

# (from y, to y, x, text): what is measured.
SPANS = [
    (140, 225, 850, "connect time"),
    (318, 400, 40, "turn"),
]


def text(x, y, what, size=13, anchor="middle", fill="#222222", weight="normal"):
    return (f'<text x="{x}" y="{y}" font-size="{size}" text-anchor="{anchor}" fill="{fill}" '
            f'font-weight="{weight}">{what}</text>')


def arrow(y, start, end, what, colour):
    tip = 9 if end < start else -9
    return [f'<line x1="{start}" y1="{y}" x2="{end + tip}" y2="{y}" stroke="{colour}" stroke-width="1.6"/>',
            f'<path d="M{end} {y} l{tip} -5 v10 z" fill="{colour}"/>',
            text((start + end) / 2, y - 6, what, 12, fill=colour)]


def span(top, bottom, x, what):
    middle = (top + bottom) / 2
    return [f'<path d="M{x - 5} {top} h10 M{x} {top} V{bottom} M{x - 5} {bottom} h10" stroke="{GREY}" fill="none"/>',
            f'<text x="{x}" y="{middle}" font-size="12" fill="{GREY}" text-anchor="middle" '
            f'transform="rotate(-90 {x} {middle}) translate(0 -6)">{what}</text>']


lines = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" role="img" '
         'aria-label="A call through the gateway">', f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>']
for x, name, below in [(ASTERISK, "Asterisk", "AudioSocket, TCP"), (GATEWAY, "audiosocket gateway", "one bridge a call"),
                       (BACK_END, "back end", "WebSocket")]:
    lines += [f'<rect x="{x - 90}" y="24" width="180" height="50" rx="6" fill="#e4ecf7" stroke="#4a6fa5"/>',
              text(x, 46, name, 14, weight="bold"), text(x, 64, below, 11, fill=GREY),
              f'<line x1="{x}" y1="74" x2="{x}" y2="{HEIGHT - 30}" stroke="#bbbbbb" stroke-dasharray="4 4"/>']
for one in ARROWS:
    lines += arrow(*one)
for one in SPANS:
    lines += span(*one)
lines.append("</svg>")
print("\n".join(lines))
