#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Lays the pages of the tree out for MkDocs.

Every page keeps its path, so that its links are right on a forge and on the site. What a page links to and is not a
page becomes one: a source is shown, a folder is listed, a manual page is translated. The library's types are listed
from what Doxygen found.

Usage: stage.py STAGE XML: STAGE/pages gets the pages, STAGE/mkdocs.yml the settings; XML is Doxygen's folder.
"""

import pathlib
import posixpath
import re
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ElementTree

TREE = pathlib.Path(__file__).resolve().parents[2]
LINK = re.compile(r"(!?\[(?:[^\[\]]|\[[^\]]*\])*\])\(([^()\s#]+)(#[^()\s]*)?\)")
LANGUAGES = {
    ".cpp": "cpp",
    ".hpp": "cpp",
    ".py": "python",
    ".mjs": "js",
    ".sh": "bash",
    ".yml": "yaml",
    ".json": "json",
}
PICTURES = (".svg", ".png", ".gif", ".jpg")
API = "api/index.html"

# The order of the navigation. Pages of docs/ that are not listed are how-to pages.
TUTORIAL = ["docs/tutorial.md"]
HOW_TO = [
    "docs/asterisk.md",
    "docs/troubleshooting.md",
    "docs/voice-bot.md",
    "docs/operations.md",
    "docs/scale.md",
    "docs/monitoring.md",
    "docs/tls.md",
    "docs/directory.md",
    "docs/python.md", "docs/c.md", "docs/sounds.md",
    "docs/from-go.md",
]
GATEWAY = ["docs/gateway.md", "docs/gateway-context.md", "docs/gateway-benchmarks.md"]
REFERENCE = ["docs/protocol.md", "docs/benchmarks.md", "docs/benchmarks-details.md", "docs/python-benchmarks.md", "docs/cluster-benchmarks.md", "docs/peers.md", "docs/dependencies.md", "CHANGELOG.md"]
DESIGN = ["docs/design.md", "docs/testing.md", "docs/reliability.md", "CONTRIBUTING.md", "SECURITY.md"]


def title_of(text):
    return next((line.lstrip("# ").strip() for line in text.splitlines() if line.startswith("# ")), "")


class Stage:
    def __init__(self, pages):
        self.pages = pages
        self.made = {}  # path of the page: its title

    def write(self, path, text):
        self.made[path] = title_of(text)
        target = self.pages / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)

    def add_page(self, path):
        """A page of the tree, with its links turned to pages of the site."""
        lines, in_code, out = (TREE / path).read_text().splitlines(), False, []
        for line in lines:
            if re.match(r" *```", line):
                in_code = not in_code
                line = re.sub(r"^ {1,3}```", "    ```", line)  # in a list: Python-Markdown wants four
            elif in_code:
                line = re.sub(r"^ {3}(?! )", "    ", line) if out and re.match(r" {4}", out[-1]) else line
            else:
                line = LINK.sub(lambda m: m[1] + "(" + self.target(path, m[2]) + (m[3] or "") + ")", line)
                starts = re.match(r"([-*]|\d+\.) ", line)
                if starts and out and out[-1].strip() and not re.match(r"\s|([-*]|\d+\.) ", out[-1]):
                    out.append("")  # a list begins behind an empty line
            out.append(line)
        self.write(path, "\n".join(out) + "\n")

    def target(self, page, link):
        """The link from `page` on the site."""
        if "://" in link or link.startswith("mailto:"):
            return link
        there = posixpath.normpath(posixpath.join(posixpath.dirname(page), link))
        return posixpath.relpath(self.page_for(there), posixpath.dirname(page) or ".")

    def page_for(self, path):
        """Returns the page that shows this file or folder; makes it if it is not there yet."""
        if path.startswith("include"):
            return API
        here = TREE / path
        if here.is_dir():
            page = path + "/README.md"
            if page not in self.made:
                if (TREE / page).exists():
                    self.add_page(page)
                else:
                    self.add_folder(path, page)
            return page
        if path.endswith(".md") or path.endswith(PICTURES) or not here.is_file():
            return path  # MkDocs complains about what is missing
        if re.search(r"\.[1-8]$", path):
            page = "man/" + here.name + ".md"
            if page not in self.made:
                self.add_manual(here, page)
            return page
        page = path.lstrip(".") + ".md"  # MkDocs leaves out hidden folders
        if page not in self.made:
            language = LANGUAGES.get(here.suffix, "")
            self.write(page, f"# {here.name}\n\n`{path}`\n\n````{language}\n{here.read_text()}````\n")
        return page

    def add_folder(self, path, page):
        self.made[page] = path
        rows = []
        for file in sorted((TREE / path).rglob("*")):
            if file.suffix in LANGUAGES and "__pycache__" not in file.parts:
                where = file.relative_to(TREE).as_posix()
                name = f"{file.relative_to(TREE / path)}"
                if path.startswith("examples"):  # others are for readers of the sources
                    name = f"[{name}]({posixpath.relpath(self.page_for(where), path)})"
                rows.append(f"| {name} | {summary_of(file)} |")
        if path == "man":
            for file in sorted((TREE / path).glob("*.[1-8]")):
                link = posixpath.relpath(self.page_for(f"man/{file.name}"), path)
                rows.append(f"| [{file.name}]({link}) | {summary_of(file)} |")
        self.write(page, f"# {path.capitalize()}\n\n| | |\n|---|---|\n" + "\n".join(rows) + "\n")

    def add_manual(self, file, page):
        text = subprocess.run(
            ["mandoc", "-T", "markdown", str(file)], check=True, capture_output=True, text=True
        ).stdout
        lines = text.splitlines()[1:-1]  # without the running head and foot
        body = "\n".join(heading(line) if line.startswith("# ") else line for line in lines)
        self.write(page, f"# {file.stem.replace('audiosocket-', 'audiosocket ')}\n{body}\n")


def heading(line):
    """A heading of a manual page, without its capitals."""
    return "## " + line[2:].capitalize().replace("asterisk", "Asterisk")


def summary_of(file):
    """The first sentence of a source's comment, or of a manual page."""
    text = file.read_text()
    manual = re.search(r"^\.Nd (.*)", text, re.M)
    if manual:
        return manual[1].replace("\\", "")
    comment = []
    for line in text.splitlines():
        if re.match(r"(//|#) ?SPDX|#!", line):
            continue
        if not re.match(r"// |# ", line):
            break
        comment.append(re.sub(r"^(//|#) ", "", line))
    words = re.split(r" {2,}\./", " ".join(comment))[0]
    return words.split(". ")[0].replace("|", "\\|")


def library_page(xml):
    """A page with each type and function of the library, with a link into Doxygen's pages."""
    out = [
        "# The library",
        "",
        f"Every public type and function. [All pages of the reference]({posixpath.relpath(API, 'docs')}).",
        "",
    ]

    def brief(element):
        return re.sub(r"\s+", " ", "".join(element.find("briefdescription").itertext())).strip().replace("|", "\\|")

    rooms = {}
    for entry in ElementTree.parse(xml / "index.xml").getroot().iter("compound"):
        compound = ElementTree.parse(xml / (entry.get("refid") + ".xml")).getroot().find("compounddef")
        if compound.get("kind") in ("class", "struct"):
            found = [(compound.findtext("compoundname"), entry.get("refid") + ".html", compound)]
        elif compound.get("kind") == "namespace":
            found = [
                (compound.findtext("compoundname") + "::" + m.findtext("name"), link(m.get("id")), m)
                for m in compound.iter("memberdef")
            ]
        else:
            continue
        for name, where, element in found:
            location = element.find("location").get("file", "")
            room = re.search(r"audiosocket/(\w+)/", location)
            if "detail" in location or not room or not brief(element):
                continue
            rooms.setdefault(room[1], {}).setdefault(name.removeprefix("audiosocket::"), (where, brief(element)))
    for room in ("call", "net", "server", "audio", "protocol", "gateway", "asterisk"):
        out += [f"## {room}", "", "| | |", "|---|---|"]
        for name, (where, text) in sorted(rooms.get(room, {}).items()):
            out.append(f"| [`{name}`]({posixpath.relpath('api/' + where, 'docs')}) | {text} |")
        out.append("")
    return "\n".join(out)


def link(member):
    page, _, anchor = member.rpartition("_1")
    return f"{page}.html#{anchor}"


def navigation(stage, adrs):
    known = set(TUTORIAL + HOW_TO + GATEWAY + REFERENCE + DESIGN)
    others = sorted(
        p for p in stage.made if re.fullmatch(r"docs/[^/]*\.md", p) and p not in known and p != "docs/library.md"
    )
    manuals = sorted(p for p in stage.made if p.startswith("man/") and p != "man/README.md")
    sections = [
        ("Tutorial", TUTORIAL),
        ("How to", HOW_TO + others + ["examples/README.md"]),
        ("Gateway", GATEWAY),
        ("Reference", ["docs/library.md", *REFERENCE]),
        ("Commands", manuals),
        ("Design", DESIGN),
        ("Decisions", ["docs/adr/README.md", *adrs]),
    ]
    lines = ["nav:", "  - Home: README.md"]
    for name, paths in sections:
        lines.append(f"  - {name}:")
        for path in (p for p in paths if p in stage.made):
            title = stage.made[path].replace('"', "'")
            lines.append(f'    - "{title}": {path}')
    return "\n".join(lines) + "\n"


def main():
    out, xml = map(pathlib.Path, sys.argv[1:])
    stage = Stage(out / "pages")
    adrs = [f"docs/adr/{p.name}" for p in sorted((TREE / "docs/adr").glob("[0-9]*.md"))]
    for path in ["README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md", *adrs]:
        stage.add_page(path)
    for page in sorted((TREE / "docs").glob("*.md")):
        stage.add_page(f"docs/{page.name}")
    for folder in ("examples", "docs/adr", "man"):
        stage.page_for(folder)
    stage.write("docs/library.md", library_page(xml))
    for picture in (TREE / "docs").rglob("*"):
        if picture.suffix in PICTURES:
            target = stage.pages / picture.relative_to(TREE)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(picture, target)
    shutil.copy(TREE / "tools/site/site.css", stage.pages)
    settings = (TREE / "tools/site/mkdocs.yml").read_text()
    (out / "mkdocs.yml").write_text(f"{settings}docs_dir: pages\nsite_dir: site\n{navigation(stage, adrs)}")


main()
