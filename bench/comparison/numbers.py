"""The measurements by name: all repeats of a number, their median and spread."""

import json
import statistics

FRAMES_PER_S = 50


class Results:
    def __init__(self, path):
        text = json.loads(path.read_text())
        self.environment, self.settings, self.runs = text["environment"], text["settings"], text["runs"]
        self.servers, self.absent = text["servers"], text["absent"]
        self.command_lines, self.generator = text["command_lines"], text["generator"]

    def of(self, workload, mode, server, calls, jitter_ms=0, shards=0):
        """The report of `audiosocket bench` for each repeat of a run that did not fail."""
        wanted = (workload, mode, server, calls, jitter_ms, shards)
        names = ("workload", "mode", "server", "calls", "jitter_ms", "shards")
        return [run["result"] for run in self.runs if tuple(run[name] for name in names) == wanted and "result" in run]

    def values(self, workload, mode, server, calls, *path, **variant):
        """A number of each repeat; `path` leads to it in the report of `audiosocket bench`."""
        found = []
        for value in self.of(workload, mode, server, calls, **variant):
            for step in path:
                value = value.get(step) if isinstance(value, dict) else None
            if isinstance(value, (int, float)):
                found.append(value)
        return found

    def median(self, *what, **variant):
        values = self.values(*what, **variant)
        return statistics.median(values) if values else None

    def arrived(self, mode, server, calls):
        """The frames that arrived, in per cent of those that were due."""
        frames, seconds = (self.values(mode, mode, server, calls, what) for what in ("frames_received", "duration_s"))
        return [100 * f / (FRAMES_PER_S * calls * s) for f, s in zip(frames, seconds)]

    def measured(self, workload, mode):
        """The servers with a run of this kind, and its numbers of calls."""
        of_kind = [r for r in self.runs if (r["workload"], r["mode"]) == (workload, mode)]
        names = [s for s in self.servers if any(r["server"] == s for r in of_kind)]
        return names, sorted({r["calls"] for r in of_kind})


def figure(value):
    """Rounded to three significant digits."""
    if value is None:
        return "–"
    size = abs(value)
    return f"{value:,.0f}" if size >= 99.95 else f"{value:.1f}" if size >= 9.995 else f"{value:.2f}"


def cell(values):
    """The median, with the smallest and the largest of the repeats."""
    if not values:
        return "–"
    middle = figure(statistics.median(values))
    low, high = figure(min(values)), figure(max(values))
    return middle if low == high else f"{middle} ({low}–{high})"


def scaled(values, factor):
    return [v * factor for v in values]
