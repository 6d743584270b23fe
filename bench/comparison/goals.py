"""The goals, each with what was measured for it: met and missed are computed here, and nowhere typed."""

import dataclasses
import statistics

from .numbers import figure

OURS, GO, LIMIT = "ours", "go-v0.2.1", "epoll"
LOADS = (500, 1000, 2000)
PACING_LOAD = 1000


@dataclasses.dataclass
class Verdict:
    goal: str
    measured: str
    met: bool | None  # None: what was measured does not tell

    def word(self):
        return {True: "met", False: "**missed**", None: "not shown"}[self.met]


def at_most(goal, value, bound, unit, how=""):
    if value is None or bound is None:
        return Verdict(goal, "–", None)
    return Verdict(goal, f"{figure(value)}{unit}, at most {figure(bound)}{unit}{how}", value <= bound)


def load_was_late(results, mode, calls, *servers):
    """A remark for a number that is not the server's alone."""
    of = [run["result"] for run in results.runs
          if run["workload"] == mode and run["calls"] == calls and run["server"] in servers and "result" in run]
    late = sum(bool(result.get("generator_late")) for result in of)
    return f"; the load was late in {late} of {len(of)} runs" if late else ""


def cpu_verdicts(results):
    def cpu(mode, server, calls):
        return results.median(mode, mode, server, calls, "server", "cpu_us_per_frame")

    for mode in ("echo", "playback"):
        for calls in LOADS:
            ours, go, limit = cpu(mode, OURS, calls), cpu(mode, GO, calls), cpu("echo", LIMIT, calls)
            yield at_most(f"CPU a frame, {mode}, {calls:,} calls: half of Go's", ours, go and 0.5 * go, " µs",
                          f" (Go {figure(go)}){load_was_late(results, mode, calls, OURS, GO)}")
            yield at_most(f"CPU a frame, {mode}, {calls:,} calls: no more than the bare epoll echo's", ours, limit, " µs",
                          load_was_late(results, mode, calls, OURS) or load_was_late(results, "echo", calls, LIMIT))


def latency_verdicts(results):
    for calls in LOADS:
        yield at_most(f"latency added to an echo, median, {calls:,} calls", added_latency_ms(results, OURS, calls), 2, " ms",
                      load_was_late(results, "echo", calls, OURS, LIMIT))


def added_latency_ms(results, server, calls):
    """How much longer the median round trip is than through the bare echo."""
    ours = results.median("echo", "echo", server, calls, "round_trip_us", "p50")
    limit = results.median("echo", "echo", LIMIT, calls, "round_trip_us", "p50")
    return None if ours is None or limit is None else (ours - limit) / 1000


def capacity(results, mode, server):
    """What the search found: calls, bounded_by, at_least, calls_per_core."""
    for run in results.runs:
        if (run["workload"], run["mode"], run["server"]) == ("capacity", mode, server):
            return run.get("result", {}).get("capacity", {})
    return {}


def capacity_verdicts(results):
    for mode in ("echo", "playback"):
        ours, go = capacity(results, mode, OURS), capacity(results, mode, GO)
        goal = f"calls a core, {mode}: three times Go's"
        if not ours.get("calls") or not go.get("calls"):
            yield Verdict(goal, "–", None)
            continue
        ratio = ours["calls"] / go["calls"]
        least = "at least " if ours.get("at_least") else ""
        said = f"{least}{ours['calls']:,} and {go['calls']:,}: {least}{figure(ratio)} times"
        if all("calls_per_core" in found for found in (ours, go)):
            said += f"; by the estimate {figure(ours['calls_per_core'] / go['calls_per_core'])} times"
        # Where the load gave up first, too few calls are no proof that there could not be more.
        unknown = go.get("at_least") or (ours.get("at_least") and ratio < 3)
        yield Verdict(goal, said, None if unknown else ratio >= 3)


def pacing_verdicts(results):
    for workload in ("playback", "echo"):  # an echo has its caller's jitter in it as well
        runs = [r["result"] for r in results.runs
                if (r["workload"], r["server"], r["calls"]) == (workload, OURS, PACING_LOAD) and "result" in r]
        for name, key, bound_ms in (("p99", "p99", 1), ("p99.9", "p99_9", 5)):
            over = []
            for run in runs:
                jitter, machine = (run.get(k, {}).get(key) for k in ("jitter_us", "machine_overshoot_us"))
                if jitter is not None and machine is not None:
                    over.append((jitter - machine) / 1000)
            yield at_most(f"pacing jitter, {workload}, {PACING_LOAD:,} calls, {name}, beyond the machine's own",
                          statistics.median(over) if over else None, bound_ms, " ms",
                          load_was_late(results, workload, PACING_LOAD, OURS))


def memory_verdicts(results):
    connection = [r for r in results.runs if r["workload"] == "idle" and r["server"] == OURS and "result" in r]
    calls = connection[0]["calls"] if connection else 0
    kib = lambda value: None if value is None else value / 1024
    yield at_most("memory of a silent connection",
                  kib(results.median("idle", "echo", OURS, calls, "server", "resident_bytes_per_call")), 2, " KiB")
    for mode in ("echo", "playback"):
        yield at_most(f"memory of a call, {mode}, {PACING_LOAD:,} calls",
                      kib(results.median(mode, mode, OURS, PACING_LOAD, "server", "resident_bytes_per_call")), 8, " KiB")


def verdicts(results):
    for part in (cpu_verdicts, latency_verdicts, capacity_verdicts, pacing_verdicts, memory_verdicts):
        yield from part(results)
