#!/usr/bin/env python3
"""Draws rooms.svg, the picture of docs/design.md. Usage: docs/pictures/rooms.py > docs/pictures/rooms.svg

The order of the rooms is decided by tests/structure/check.sh; this file draws it.
"""

WIDTH, HEIGHT = 1080, 660

# Kinds of boxes: fill and border.
PURE = ("#e3f1e3", "#4b8b4b")   # no input and output, no clock
BOUND = ("#e4ecf7", "#4a6fa5")  # files, sockets, threads
COMMAND = ("#f7efe0", "#a07a35")

# name: (x, y, width, height, kind, lines); the first line is the room's name.
BOXES = {
    "server": (120, 110, 180, 66, BOUND, ["server", "many calls: shards,", "call_server"]),
    "net": (22, 236, 115, 66, BOUND, ["net", "sockets on", "Boost.Asio"]),
    "asterisk": (147, 236, 120, 66, PURE, ["asterisk", "habits of the", "releases"]),
    "gateway": (277, 236, 120, 66, PURE, ["gateway", "back ends,", "dialects"]),
    "call": (120, 362, 180, 66, PURE, ["call", "the rules of one call:", "session"]),
    "protocol": (30, 488, 170, 66, PURE, ["protocol", "bytes to messages", "and back"]),
    "audio": (220, 488, 170, 66, BOUND, ["audio", "samples, G.711, resampling,", "sound files"]),
    "run": (600, 70, 220, 48, COMMAND, ["main, run, verbs.hpp", "parsing, exit codes"]),
    "serve": (450, 168, 68, 48, COMMAND, ["serve", "answers"]),
    "v_gateway": (526, 168, 78, 48, COMMAND, ["gateway", "joins bots"]),
    "backend": (612, 168, 74, 48, COMMAND, ["backend", "is a bot"]),
    "v_call": (694, 168, 78, 48, COMMAND, ["call", "is Asterisk"]),
    "check": (780, 168, 68, 48, COMMAND, ["check", "60 cases"]),
    "bench": (852, 168, 56, 48, COMMAND, ["bench", "load"]),
    "inspect": (914, 168, 68, 48, COMMAND, ["inspect", "captures"]),
    "cluster": (990, 168, 72, 48, COMMAND, ["cluster", "balancers"]),
    "daemon": (450, 280, 150, 62, COMMAND, ["daemon", "signals, drain,", "hand-over, reload"]),
    "websocket": (616, 280, 110, 62, COMMAND, ["websocket", "Beast, TLS"]),
    "tape": (742, 280, 90, 62, COMMAND, ["tape", "of both sides"]),
    "admin": (450, 392, 150, 62, COMMAND, ["admin", "HTTP, metrics, page;", "knows live calls"]),
    "live": (450, 502, 100, 52, COMMAND, ["live", "calls in progress"]),
    "directory": (557, 502, 84, 52, COMMAND, ["directory", "nodes, NATS"]),
    "diagnosis": (648, 502, 92, 52, COMMAND, ["diagnosis", "judges streams"]),
    "settings": (747, 502, 104, 52, COMMAND, ["settings", "file, environment"]),
    "service": (858, 502, 98, 52, COMMAND, ["service", "systemd, sockets"]),
    "log": (963, 502, 78, 52, COMMAND, ["log", "lines, console"]),
    "base": (450, 588, 612, 48, COMMAND, ["base", "failures, JSON, text"]),
}

# (from, to, where the line leaves, where it arrives): shares of the bottom and of the top edge; None: straight below.
ARROWS = [
    ("server", "net", 0.3, 0.6), ("net", "call", 0.6, 0.25), ("asterisk", "call", 0.45, 0.55), ("gateway", "call", 0.3, 0.85),
    ("call", "protocol", 0.3, 0.6), ("call", "audio", 0.7, 0.4),
    ("run", "serve", 0.1, 0.5), ("run", "v_gateway", 0.2, 0.5), ("run", "backend", 0.35, 0.5), ("run", "v_call", 0.5, 0.5),
    ("run", "check", 0.65, 0.5), ("run", "bench", 0.8, 0.5), ("run", "inspect", 0.9, 0.5),
    ("run", "cluster", 0.97, 0.5), ("cluster", "base", 0.86, None),
    ("v_gateway", "daemon", 0.4, 0.8), ("v_gateway", "websocket", 0.8, 0.2), ("backend", "websocket", 0.5, None),
    ("v_gateway", "tape", 0.9, 0.15), ("inspect", "tape", 0.15, 0.85),
    ("serve", "daemon", 0.5, None), ("daemon", "admin", 0.5, 0.5), ("admin", "live", 0.4, None),
    ("admin", "directory", 0.85, 0.3), ("directory", "base", 0.5, None),
    ("daemon", "settings", 0.97, 0.4), ("daemon", "service", 0.97, 0.4), ("daemon", "log", 0.97, 0.25),
    ("v_call", "log", 0.5, 0.45), ("check", "log", 0.5, 0.6), ("bench", "log", 0.5, 0.75),
    ("v_call", "diagnosis", 0.5, 0.55), ("check", "diagnosis", 0.3, 0.7),
    ("inspect", "diagnosis", 0.3, 0.85),
    ("live", "base", 0.5, None), ("diagnosis", "base", 0.5, None), ("settings", "base", 0.5, None), ("service", "base", 0.5, None),
    ("log", "base", 0.5, None),
]


def text(x, y, what, size=12, weight="normal", anchor="middle", fill="#222222"):
    return (f'<text x="{x:g}" y="{y:g}" font-size="{size}" font-weight="{weight}" text-anchor="{anchor}" '
            f'fill="{fill}">{what}</text>')


def box(x, y, width, height, kind, lines):
    fill, border = kind
    yield f'<rect x="{x}" y="{y}" width="{width}" height="{height}" rx="{min(6, height // 4)}" fill="{fill}" stroke="{border}"/>'
    lines = [line for line in lines if line]
    first = y + height / 2 - 7.5 * (len(lines) - 1) + 4.5
    for i, line in enumerate(lines):
        size, weight = (14, "bold") if i == 0 else (11, "normal")
        yield text(x + width / 2, first + 15 * i, line, size, weight)


def arrow(start, end, leave, arrive):
    x1, y1, w1, h1 = BOXES[start][:4]
    x2, y2, w2 = BOXES[end][:3]
    to = x1 + leave * w1 if arrive is None else x2 + arrive * w2
    return (f'<line x1="{x1 + leave * w1:g}" y1="{y1 + h1}" x2="{to:g}" y2="{y2 - 2}" '
            f'stroke="#555555" stroke-width="1.3" marker-end="url(#head)"/>')


def panel(x, width, title, below):
    yield f'<rect x="{x}" y="14" width="{width}" height="{HEIGHT - 24}" rx="10" fill="none" stroke="#bbbbbb"/>'
    yield text(x + 14, 37, title, 15, "bold", "start")
    yield text(x + 14, 55, below, 11, "normal", "start", "#666666")


def picture():
    yield (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}" '
           'font-family="DejaVu Sans, Helvetica, Arial, sans-serif">')
    yield "<title>The rooms of the library and of the command; an arrow goes from a room to one that it may include</title>"
    yield ('<defs><marker id="head" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
           '<path d="M0,0 L8,4 L0,8 z" fill="#555555"/></marker></defs>')
    yield f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>'
    yield from panel(12, 396, "The library", "include/audiosocket, src: one target a room, audiosocket::ROOM")
    yield from panel(436, 632, "The command", "apps/audiosocket: one target a room; every room may use the library")
    for a in ARROWS:
        yield arrow(*a)
    for b in BOXES.values():
        yield from box(*b)
    yield from box(30, 590, 14, 14, PURE, [])
    yield text(52, 601, "no input and output, no thread, no clock: time is an argument", 11, anchor="start")
    yield from box(30, 612, 14, 14, BOUND, [])
    yield text(52, 623, "files, sockets or threads", 11, anchor="start")
    yield '<line x1="436" y1="330" x2="412" y2="330" stroke="#555555" stroke-width="3" marker-end="url(#head)"/>'
    yield "</svg>"


print("\n".join(picture()))
