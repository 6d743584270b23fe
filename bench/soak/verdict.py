# SPDX-License-Identifier: Apache-2.0
"""Judges whether the memory, the descriptors and the threads of a process stay flat. Nothing is measured here."""

import dataclasses
import math


@dataclasses.dataclass(frozen=True)
class Bound:
    """A value may grow by `least`, or by `share` of its mean if that is more."""
    title: str
    unit: str
    least: float
    share: float

    def tolerance(self, mean):
        return max(self.least, self.share * mean)


# 512 KiB in 10 minutes of 10 calls a second are 87 bytes a call. The heap of an idle process moves by less.
BOUNDS = {
    "rss_kib": Bound("memory", "KiB", 512, 0.02),
    "descriptors": Bound("descriptors", "", 1, 0.02),
    "threads": Bound("threads", "", 0.5, 0),
}


@dataclasses.dataclass(frozen=True)
class Judgement:
    name: str
    mean: float
    growth: float     # of the line through the second half, from its begin to its end
    noise: float      # twice the standard error of this growth
    tolerance: float

    @property
    def flat(self):
        """A fall is no leak. What the noise may explain is not counted as growth."""
        return self.growth - self.noise <= self.tolerance


def line_through(times, values):
    """Returns the slope of the line of least squares, and its standard error."""
    n = len(times)
    mean_t, mean_v = sum(times) / n, sum(values) / n
    spread = sum((t - mean_t) ** 2 for t in times)
    if n < 3 or not spread:
        return 0.0, 0.0
    slope = sum((t - mean_t) * (v - mean_v) for t, v in zip(times, values)) / spread
    rest = sum((v - mean_v - slope * (t - mean_t)) ** 2 for t, v in zip(times, values))
    return slope, math.sqrt(rest / (n - 2) / spread)


def judge(times, values_by_name):
    """Returns a judgement for each bound. The first half is the time in which pools and caches fill."""
    half = len(times) // 2
    late = times[half:]
    out = []
    for name, bound in BOUNDS.items():
        values = values_by_name[name][half:]
        slope, error = line_through(late, values)
        length = late[-1] - late[0]
        mean = sum(values) / len(values)
        out.append(Judgement(name, mean, slope * length, 2 * error * length, bound.tolerance(mean)))
    return out


def left_behind(idle_before, idle_after):
    """Returns what a process without calls has more of after the load than before it, one sentence each.

    Memory is not compared, because an allocator keeps what it had.
    """
    return [f"{idle_after[name] - idle_before[name]} {name} more than before the load, without a call"
            for name in ("descriptors", "threads") if idle_after[name] > idle_before[name]]
