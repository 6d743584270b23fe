# SPDX-License-Identifier: Apache-2.0
"""What a process uses, from /proc."""

import csv
import os
import pathlib

PAGE_KIB = os.sysconf("SC_PAGE_SIZE") // 1024
TICKS = os.sysconf("SC_CLK_TCK")
COLUMNS = ["seconds", "rss_kib", "descriptors", "threads", "cpu_percent", "calls"]


def read(pid):
    """Returns the figures of this moment. OSError: there is no such process any more."""
    folder = pathlib.Path("/proc") / str(pid)
    rest = (folder / "stat").read_text().rpartition(")")[2].split()  # behind the name: field 3 is the first
    return {"rss_kib": int((folder / "statm").read_text().split()[1]) * PAGE_KIB,
            "descriptors": len(os.listdir(folder / "fd")),
            "threads": int(rest[17]),
            "cpu_seconds": (int(rest[11]) + int(rest[12])) / TICKS}


class Series:
    """The samples of a run, a line a second, also as a CSV file."""

    def __init__(self, path):
        self.lines = []
        self.file = open(path, "w", newline="")
        self.writer = csv.writer(self.file)
        self.writer.writerow(COLUMNS)
        self.cpu_before = None

    def add(self, seconds, sample, calls):
        cpu = 0.0
        if self.cpu_before:
            past, used = self.cpu_before
            cpu = 100 * (sample["cpu_seconds"] - used) / max(seconds - past, 1e-3)
        self.cpu_before = seconds, sample["cpu_seconds"]
        line = {**sample, "seconds": round(seconds, 1), "cpu_percent": round(cpu, 1), "calls": calls}
        self.lines.append(line)
        self.writer.writerow([line[name] for name in COLUMNS])
        self.file.flush()

    def column(self, name):
        return [line[name] for line in self.lines]

    def close(self):
        self.file.close()
