"""The goals, each with its measurement. Met and missed are computed here; no verdict is typed."""

import dataclasses
import statistics

from .numbers import figure
from .workloads import SHARDS

OURS, GO, LIMIT, TURN = "ours", "go-v0.2.1", "epoll", "turn"
MODES = ("echo", "playback")
PACING_LOAD = 1000

ROUND_TRIP_LOAD, ROUND_TRIP_MS = 1500, 5
FULL_LOAD, FULL_SHARE, FULL_ROUND_TRIP_MS = 2000, 80, 25
UNEVEN_MS, UNEVEN_EXTRA_MS = 15, 25
TURN_FACTOR, GO_FACTOR = 1.25, 0.65
CAPACITY_FACTOR = 2
SHARDS_FACTOR = 1.10

# A server holds a load if its callers get this quality.
HELD_JITTER_MS, HELD_FRAMES = 5, 99.9


@dataclasses.dataclass
class Verdict:
    goal: str
    measured: str
    met: bool | None  # None: the measurements do not show it
    row: str = ""     # a goal for each number of calls: its row in the table of ratios
    calls: int = 0
    ratio: float | None = None  # to what it is compared with
    late: bool = False          # the load was late

    def word(self):
        return {True: "met", False: "**missed**", None: "not shown"}[self.met]

    def cell(self):
        """The ratio; bold where it is missed, with a star where the load was late."""
        if self.met is None or self.ratio is None:
            return "–"
        text = f"{self.ratio:.2f}" + ("*" if self.late else "")
        return text if self.met else f"**{text}**"


def at_most(goal, value, bound, unit, how=""):
    if value is None or bound is None:
        return Verdict(goal, "–", None)
    return Verdict(goal, f"{figure(value)}{unit}, at most {figure(bound)}{unit}{how}", value <= bound)


def load_was_late(results, workload, mode, calls, *names, **variant):
    """A remark for a number that the load influences."""
    of = [result for name in names for result in results.of(workload, mode, name, calls, **variant)]
    late = sum(bool(result.get("generator_late")) for result in of)
    return f"; the load was late in {late} of {len(of)} runs" if late else ""


def milliseconds(us):
    return None if us is None else us / 1000


def round_trip_ms(results, workload, server, calls, which, **variant):
    return milliseconds(results.median(workload, "echo", server, calls, "round_trip_us", which, **variant))


def latency_verdicts(results):
    late = load_was_late(results, "echo", "echo", ROUND_TRIP_LOAD, OURS)
    yield at_most(f"round trip of an echo, 99 %, {ROUND_TRIP_LOAD:,} calls",
                  round_trip_ms(results, "echo", OURS, ROUND_TRIP_LOAD, "p99"), ROUND_TRIP_MS, " ms", late)

    late = load_was_late(results, "echo", "echo", FULL_LOAD, OURS)
    yield at_most(f"round trip of an echo, 99 %, {FULL_LOAD:,} calls",
                  round_trip_ms(results, "echo", OURS, FULL_LOAD, "p99"), FULL_ROUND_TRIP_MS, " ms", late)
    share = results.median("echo", "echo", OURS, FULL_LOAD, "server", "cpu_share")
    yield at_most(f"share of the core, echo, {FULL_LOAD:,} calls", None if share is None else 100 * share, FULL_SHARE, " %", late)
    lost = results.values("echo", "echo", OURS, FULL_LOAD, "frames_lost")
    sent = results.values("echo", "echo", OURS, FULL_LOAD, "frames_sent")
    yield Verdict(f"every frame comes back, echo, {FULL_LOAD:,} calls",
                  f"{sum(lost):,} of {sum(sent):,} lost{late}" if sent else "–", sum(lost) == 0 if sent else None)


def uneven_verdicts(results):
    for calls in results.measured("uneven", "echo")[1]:
        yield at_most(f"round trip of an echo, 99 %, {calls:,} calls, frames up to {UNEVEN_MS} ms late",
                      round_trip_ms(results, "uneven", OURS, calls, "p99", jitter_ms=UNEVEN_MS), UNEVEN_MS + UNEVEN_EXTRA_MS,
                      " ms", load_was_late(results, "uneven", "echo", calls, OURS, jitter_ms=UNEVEN_MS))


def holds(results, mode, server, calls):
    """Whether the server held this load at equal quality; None where it was not measured."""
    jitter = milliseconds(results.median(mode, mode, server, calls, "jitter_us", "p99"))
    arrived = results.arrived(mode, server, calls)
    if jitter is None or not arrived:
        return None
    return jitter < HELD_JITTER_MS and round(statistics.median(arrived), 1) >= HELD_FRAMES


def compared(row, calls, ours, other, factor, unit, with_what, late):
    """A cell of the table of ratios: whether ours is at most `factor` times the other's."""
    at_most_of_it = None if other is None else factor * other
    v = at_most(f"{row[0]}, {calls:,} calls: {row[1]}", ours, at_most_of_it, unit, f" ({with_what} {figure(other)}){late}")
    v.row, v.calls, v.late = f"{row[0]}: {row[1]}", calls, bool(late)
    v.ratio = ours / other if ours is not None and other else None
    return v


def cpu_verdicts(results):
    def cpu(mode, server, calls):
        return results.median(mode, mode, server, calls, "server", "cpu_us_per_frame")

    for mode in MODES:
        for calls in results.measured(mode, mode)[1]:
            ours, go, turn = cpu(mode, OURS, calls), cpu(mode, GO, calls), cpu("echo", TURN, calls)
            late = load_was_late(results, mode, mode, calls, OURS)
            name = f"CPU a frame, {mode}"
            yield compared((name, f"at most {TURN_FACTOR} times the bare turn's"), calls, ours, turn, TURN_FACTOR, " µs",
                           "the bare turn's echo", late)
            v = compared((name, f"at most {GO_FACTOR} times Go's"), calls, ours, go, GO_FACTOR, " µs", "Go", late)
            if holds(results, mode, GO, calls) is False:
                v.measured, v.met = f"{figure(ours)} µs; Go does not hold this load ({figure(go)} µs)", None
            yield v


def jitter_verdicts(results):
    for mode in reversed(MODES):
        for calls in results.measured(mode, mode)[1]:
            ours, go = (milliseconds(results.median(mode, mode, name, calls, "jitter_us", "p99")) for name in (OURS, GO))
            yield compared((f"jitter, 99 %, {mode}", "at most Go's"), calls, ours, go, 1, " ms", "Go",
                           load_was_late(results, mode, mode, calls, OURS))


def added_latency_ms(results, server, calls):
    """How much longer the median round trip is than that of the bare echo, which each frame wakes."""
    ours, limit = (round_trip_ms(results, "echo", name, calls, "p50") for name in (server, LIMIT))
    return None if ours is None or limit is None else ours - limit


def capacity(results, mode, server):
    """The result of the search: calls, bounded_by, at_least, calls_per_core."""
    for result in results.of("capacity", mode, server, 0):
        return result.get("capacity", {})
    return {}


def capacity_verdicts(results):
    for mode in MODES:
        ours, go = capacity(results, mode, OURS), capacity(results, mode, GO)
        goal = f"calls a core at equal quality, {mode}: {CAPACITY_FACTOR} times Go's"
        if not ours.get("calls") or not go.get("calls"):
            yield Verdict(goal, "–", None)
            continue
        ratio = ours["calls"] / go["calls"]
        least = "at least " if ours.get("at_least") else ""
        said = f"with half of a core {least}{ours['calls']:,} and {go['calls']:,}: {least}{figure(ratio)} times"
        # The load was the limit, so the server might hold more calls.
        unknown = go.get("at_least") or (ours.get("at_least") and ratio < CAPACITY_FACTOR)
        yield Verdict(goal, said, None if unknown else ratio >= CAPACITY_FACTOR)


def shards_verdicts(results):
    for mode in MODES:
        for calls in results.measured("shards", mode)[1]:
            one, two = (results.median("shards", mode, OURS, calls, "server", "cpu_us_per_frame", shards=n) for n in SHARDS)
            late = load_was_late(results, "shards", mode, calls, OURS, shards=SHARDS[1])
            yield at_most(f"CPU a frame, {mode}, {calls:,} calls, two shards: within 10 % of one shard's", two,
                          None if one is None else SHARDS_FACTOR * one, " µs", f" (one shard {figure(one)}){late}")


def pacing_verdicts(results):
    for workload in ("playback", "echo"):  # the jitter of an echo contains its caller's
        for name, key, bound_ms in (("p99", "p99", 1), ("p99.9", "p99_9", 5)):
            over = []
            for result in results.of(workload, workload, OURS, PACING_LOAD):
                jitter, machine = (result.get(k, {}).get(key) for k in ("jitter_us", "machine_overshoot_us"))
                if jitter is not None and machine is not None:
                    over.append((jitter - machine) / 1000)
            yield at_most(f"pacing jitter, {workload}, {PACING_LOAD:,} calls, {name}, beyond the machine's own",
                          statistics.median(over) if over else None, bound_ms, " ms",
                          load_was_late(results, workload, workload, PACING_LOAD, OURS))


def memory_verdicts(results):
    def kib(*what):
        value = results.median(*what, "server", "resident_bytes_per_call")
        return None if value is None else value / 1024

    calls = (results.measured("idle", "echo")[1] or [0])[0]
    yield at_most("memory of a silent connection", kib("idle", "echo", OURS, calls), 2, " KiB")
    for mode in MODES:
        yield at_most(f"memory of a call, {mode}, {PACING_LOAD:,} calls", kib(mode, mode, OURS, PACING_LOAD), 8, " KiB")


def verdicts(results):
    for part in (cpu_verdicts, jitter_verdicts, capacity_verdicts, latency_verdicts, uneven_verdicts, shards_verdicts,
                 pacing_verdicts, memory_verdicts):
        yield from part(results)
