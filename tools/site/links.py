#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checks that every link within a built site leads to a file, and every #fragment to a place in it.

Doxygen's fragments are left out: it links to headings that it leaves out itself.

Usage: links.py SITE; each broken link is named, and any of them is a failure.
"""

import html.parser
import pathlib
import sys
import urllib.parse


class Page(html.parser.HTMLParser):
    def __init__(self, path):
        super().__init__()
        self.links, self.places = set(), set()
        self.feed(path.read_text())

    def handle_starttag(self, tag, attributes):
        for name, value in attributes:
            if name in ("id", "name") and value:
                self.places.add(value)
            if name in ("href", "src") and value:
                self.links.add(value)


def main():
    site = pathlib.Path(sys.argv[1]).resolve()
    pages = {path: Page(path) for path in sorted(site.rglob("*.html"))}
    broken = []
    for path, page in pages.items():
        for link in sorted(page.links):
            url = urllib.parse.urlsplit(link)
            if url.scheme or url.netloc or path.name == "404.html":
                continue
            target = (path.parent / urllib.parse.unquote(url.path)).resolve() if url.path else path
            if target.is_dir():
                target = target / "index.html"
            if not target.exists():
                broken.append(f"{path.relative_to(site)}: no such file: {link}")
            elif (
                url.fragment
                and target in pages
                and "api" not in path.parts
                and urllib.parse.unquote(url.fragment) not in pages[target].places
            ):
                broken.append(f"{path.relative_to(site)}: no such place: {link}")
    print("\n".join(broken) if broken else f"links: {len(pages)} pages in order")
    return 1 if broken else 0


sys.exit(main())
