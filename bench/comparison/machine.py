"""The machine and the software of the measurements."""

import pathlib
import platform
import re
import subprocess
import time

from . import servers


def first_line(*line):
    """The first line of a command's output; empty if the command is missing."""
    try:
        done = subprocess.run(line, capture_output=True, text=True, cwd=servers.ROOT)
    except OSError:
        return ""
    lines = done.stdout.strip().splitlines()
    return lines[0] if lines and done.returncode == 0 else ""


def read(path):
    try:
        return pathlib.Path(path).read_text().strip()
    except OSError:
        return ""


def found(pattern, text):
    match = re.search(pattern, text, re.MULTILINE)
    return match.group(1).strip() if match else ""


def describe(build):
    """In the order of the document, without unknown facts."""
    cache = read(build / "CMakeCache.txt")
    kind = found(r"^CMAKE_BUILD_TYPE:\w+=(.*)$", cache)
    flags = found(rf"^CMAKE_CXX_FLAGS_{kind.upper()}:\w+=(.*)$", cache)
    compiler = first_line(found(r"^CMAKE_CXX_COMPILER:\w+=(.*)$", cache) or "c++", "--version")
    tcp = "/proc/sys/net/ipv4/tcp_congestion_control"
    cpuinfo = read("/proc/cpuinfo")
    facts = {
        "date": time.strftime("%Y-%m-%d"),
        "CPU": found(r"^model name\s*:(.*)$", cpuinfo) or platform.machine(),
        "cores": str(cpuinfo.count("processor\t")),
        "virtual machine": "yes" if re.search(r"^flags.*\bhypervisor\b", cpuinfo, re.MULTILINE) else "no",
        "kernel": platform.release(),
        "congestion control": read(tcp),
        "system": found(r'^PRETTY_NAME="(.*)"$', read("/etc/os-release")),
        "AudioSocket for C++": " ".join(filter(None, [
            first_line(str(build / "bin/audiosocket"), "--version"), first_line("git", "rev-parse", "--short", "HEAD")])),
        "compiler": f"{compiler}, {kind} ({flags})",
        "Go": first_line("go", "version"),
        "Node.js": first_line("node", "--version"),
        "liburing": first_line("pkg-config", "--modversion", "liburing"),
    }
    return {name: value for name, value in facts.items() if value}
