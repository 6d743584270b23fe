#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checks that code in the pages is the code of the sources that are compiled, called and tested.

In a page, `<!-- code: FILE -->` stands on the line before a block. The lines of the block stand in FILE, one behind the
other; a line of "..." (behind any indentation and "//") stands for lines that are left out. `<!-- whole: FILE -->` says
that the block is the whole file but for its SPDX line. Every block of C++ in PAGES has one of the two.

Usage: code_in_pages.py [TREE]
"""

import pathlib
import re
import sys

PAGES = ["docs/tutorial.md", "docs/voice-bot.md"]
MARK = re.compile(r"<!-- (code|whole): (\S+) -->$")


def find(part, lines, start):
    """Returns the index, from `start` on, where the lines of `part` follow each other; None if there is none."""
    for at in range(start, len(lines) - len(part) + 1):
        if lines[at : at + len(part)] == part:
            return at
    return None


def parts_of(block):
    parts = [[]]
    for line in block:
        if re.fullmatch(r"\s*(// )?\.\.\.", line):
            parts.append([])
        else:
            parts[-1].append(line)
    return [part for part in parts if part]


def complaint(how, block, source):
    """Returns what is wrong with a block; nothing if it is correct."""
    lines = source.read_text().splitlines()
    if how == "whole":
        lines = [line for line in lines if "SPDX-License-Identifier" not in line]
        return None if block == lines else "is not the whole file"
    at = 0
    for part in parts_of(block):
        found = find(part, lines, at)
        if found is None:
            return f"has lines that do not stand there so: {part[0].strip()!r} ..."
        at = found + len(part)
    return None if block else "is empty"


def check(tree, page):
    lines = (tree / page).read_text().splitlines()
    number, blocks = 0, 0
    while number < len(lines):
        fence = re.match(r"```(\w*)", lines[number])
        if not fence:
            number += 1
            continue
        end = lines.index("```", number + 1)
        mark = MARK.match(lines[number - 1])
        if mark:
            blocks += 1
            source = tree / mark[2]
            wrong = complaint(mark[1], lines[number + 1 : end], source) if source.is_file() else "does not exist"
            if wrong:
                yield f"{page}:{number + 1}: {mark[2]}: {wrong}"
        elif fence[1] == "cpp":
            yield f"{page}:{number + 1}: a block of C++ without a line like <!-- code: examples/... --> before it"
        number = end + 1
    if blocks == 0:
        yield f"{page}: no block names its source"


def main():
    tree = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).resolve().parents[2])
    complaints = [line for page in PAGES for line in check(tree, page)]
    print("\n".join(complaints) if complaints else "code in pages: the same as in the sources")
    return 1 if complaints else 0


sys.exit(main())
