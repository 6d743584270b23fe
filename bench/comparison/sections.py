"""The first page: what a reader wants to know, and the goals."""

from . import goals
from .goals import MODES
from .numbers import cell, figure, scaled
from .tables import by_calls, picture, table, title
from .servers import SERVERS
from .workloads import CAPACITY_STEP_S


def at_equal_quality(results, mode, values):
    """`values`, without those of loads that the server does not hold."""
    def held(name, calls):
        return [] if goals.holds(results, mode, name, calls) is False else values(name, calls)
    return held


ANSWER = f"""A server *holds* a load if {goals.HELD_FRAMES} % of the frames arrive, and the jitter is below {goals.HELD_JITTER_MS} ms for 99 % of them. Without that
its CPU time says nothing: it leaves work out, or does it late. The last three columns are for {{calls:,}} calls on a whole core; jitter and
round trip are those of 99 % of the frames."""


def answer_section(results, _figures):
    rows = []
    for mode in reversed(MODES):
        names, loads = results.measured(mode, mode)
        calls = max((c for c in loads if c <= goals.PACING_LOAD), default=0)
        for name in (n for n in names if not SERVERS[n].limit):
            def seen(factor, *path):
                return cell(scaled(results.values(mode, mode, name, calls, *path), factor))

            held = goals.holds(results, mode, name, calls)
            found = goals.capacity(results, mode, name)
            rows.append([f"{mode}, {title(name)}", f"{found['calls']:,}" if found.get("calls") else "–",
                         {True: "yes", False: "**no**", None: "–"}[held],
                         seen(1e3 / calls, "server", "cpu_share") if held else "–", seen(1e-3, "jitter_us", "p99"),
                         seen(1e-3, "round_trip_us", "p99") if mode == "echo" else "–"])
    head = ["", "calls on half a core", f"holds {calls:,} calls", "CPU a call, ms a second", "jitter, ms", "round trip, ms"]
    return ["## The short answer", ""] + ANSWER.format(calls=calls).splitlines() + [""] + table(head, rows)


CAPACITY = """## How many calls does a core hold?

The most calls that were all held on **half** of a core, found by `audiosocket bench --find-capacity`. In an echo, 99 % of the frames must also
come back within 25 ms."""

CAPACITY_HOW = """Half of a core, so that the load on the other core is not the limit. A number of calls is measured for {step_s} s, and again before it counts as
not held. The search ends within 5 %. The server was held by {held}.

A whole core does not hold exactly twice as many; the [details]({page}-details.md#the-search-for-the-capacity) have the reasons."""


def capacity_section(results, figures):
    rows, held_by = [], set()
    for mode in MODES:
        for name in results.servers:
            for result in results.of("capacity", mode, name, 0):
                found = result["capacity"]
                held_by.add(result["held_by"])
                calls = ("at least " if found.get("at_least") else "") + f"{found['calls']:,}"
                bound = found["bounded_by"]
                rows.append([f"{title(name)}, {mode}", calls, "time" if bound == "none" else bound])
    how = CAPACITY_HOW.format(page=figures, step_s=CAPACITY_STEP_S, held=" or ".join(sorted(held_by)) or "nothing: no search ended")
    return CAPACITY.splitlines() + [""] + table(["", "calls with half of a core", "limited by"], rows) + [""] + how.splitlines()


CPU = """## What does a frame cost?

Microseconds of the server's core for each frame sent and the one received meanwhile. *–*: the server does not hold this load."""


def cpu_section(results, figures):
    def cost(name, calls):
        return results.values(mode, mode, name, calls, "server", "cpu_us_per_frame")

    lines = CPU.splitlines()
    for mode in MODES:
        if results.measured(mode, mode)[0]:
            lines += ["", f"{mode.capitalize()}:", ""] + by_calls(results, mode, at_equal_quality(results, mode, cost))
            lines += picture(figures, f"cpu-{mode}", f"CPU time a frame by calls, {mode}")
    return lines


LATE = """## How late is the audio?

**Jitter** is how far the time from one frame to the next is from 20 ms, as the caller sees it: milliseconds, for 99 % of the frames. The
jitter of an echo contains that of the load."""

TRIP = """**Round trip** is the time from a frame to its echo: milliseconds, for 99 % of the frames. A server that answers each frame at once is
faster, and passes the caller's jitter on. A server with a frame clock (ours) sends every 20 ms: it is later, and removes the jitter."""


def late_section(results, figures):
    def seen(mode, key):
        return lambda name, calls: scaled(results.values(mode, mode, name, calls, key, "p99"), 1e-3)

    lines = LATE.splitlines()
    for mode in reversed(MODES):
        if results.measured(mode, mode)[0]:
            lines += ["", f"Jitter, {mode}:", ""] + by_calls(results, mode, seen(mode, "jitter_us"))
            lines += picture(figures, f"jitter-{mode}", f"Jitter of the server's frames, {mode}")
    if results.measured("echo", "echo")[0]:
        lines += [""] + TRIP.splitlines() + [""] + by_calls(results, "echo", seen("echo", "round_trip_us"))
        lines += picture(figures, "round-trip-echo", "Round trip of an echo by calls, 99 %")
    return lines


MEMORY = """## How much memory does a call need?

KiB by which the resident memory of the server's process grew, for each call or connection. The kernel's socket buffers are not counted. A
silent connection has sent no id."""


def memory_section(results, _figures):
    most = results.settings["calls"][-1]
    columns = [("idle", "echo", c, f"{c:,} silent connections") for c in results.measured("idle", "echo")[1]]
    columns += [(mode, mode, most, f"{most:,} calls, {mode}") for mode in MODES if results.measured(mode, mode)[0]]
    rows = []
    for name in results.servers:
        grown = [results.values(workload, mode, name, calls, "server", "resident_bytes_per_call")
                 for workload, mode, calls, _ in columns]
        rows.append([title(name)] + [cell(scaled(g, 1 / 1024)) for g in grown])
    return MEMORY.splitlines() + [""] + table(["server"] + [text for _, _, _, text in columns], rows)


def beside_section(results, _figures):
    lines = ["## Beside whom?", ""] + [f"- **{title(n)}**: {SERVERS[n].about}" for n in results.servers]
    lines += [f"- **{title(n)}** took no part: {why}" for n, why in results.absent.items()]
    return lines + ["", "The bare servers only move frames. They show the limit of their kind on this machine."]


GOALS = """## Goals, and what is missed

Computed from the medians, against {go} and {turn}. The first table has our value divided by theirs. **Bold** misses the goal; *–* is not shown,
because {go} does not hold this load; a star means that the load itself was late."""


def goals_section(results, _figures):
    verdicts = list(goals.verdicts(results))
    loads = sorted({v.calls for v in verdicts if v.row})
    rows = {}
    for v in verdicts:
        if v.row:
            rows.setdefault(v.row, {})[v.calls] = v.cell()
    about = GOALS.format(go=title(goals.GO), turn=title(goals.TURN)).splitlines()
    ratios = table(["goal"] + [f"{c:,} calls" for c in loads], [[r] + [cells.get(c, "–") for c in loads] for r, cells in rows.items()])
    others = [f"| {v.goal} | {v.measured} | {v.word()} |" for v in verdicts if not v.row]
    return about + [""] + ratios + ["", "| goal | measured | |", "|---|---|---|"] + others


TROUBLES = (("calls_failed", "calls got no connection"),
            ("calls_killed", "calls killed, as Asterisk kills them when a server does not read"),
            ("calls_ended_by_server", "calls ended by the server"), ("calls_silent", "calls heard nothing"),
            ("calls_held_back", "calls held back"), ("frames_lost", "frames never came back"), ("frames_torn", "frames torn"),
            ("messages_unlawful", "messages at which Asterisk ends a call"))


def trouble(run):
    """What failed in a run; empty if nothing did."""
    if "error" in run:
        return [run["error"]]
    result = run["result"]
    found = [f"{result[key]:,} {text}" for key, text in TROUBLES if result.get(key)]
    if result.get("kept", run["calls"]) < run["calls"]:
        found.append(f"{result['kept']:,} kept, the others closed")
    return found


def late_loads(results):
    """The runs in which the load was late. It then sends bursts, unlike Asterisk, and influences the numbers."""
    kinds = {}
    for run in results.runs:
        if "generator_late" in run.get("result", {}):
            kinds.setdefault((run["workload"], run["calls"]), []).append(run["result"]["generator_late"])
    return [f"- The load itself was late in {sum(late)} of {len(late)} runs: {workload}, {calls:,} calls"
            for (workload, calls), late in kinds.items() if any(late)]


def trouble_section(results, _figures):
    lines = late_loads(results)
    for run in results.runs:
        if found := trouble(run):
            what = [title(run["server"]), run["workload"]] + [run["mode"]] * (run["workload"] != run["mode"])
            what += [f"{run['jitter_ms']} ms late"] * (run["jitter_ms"] > 0) + [f"shards: {run['shards']}"] * (run["shards"] > 0)
            what += [f"{run['calls']:,} calls"] * (run["calls"] > 0) + [f"repeat {run['repeat'] + 1}"]
            lines.append(f"- {', '.join(what)}: {'; '.join(found)}")
    return ["## What went wrong", ""] + (lines or ["Nothing: no call failed, no frame was lost, and the load was on time."])


# In the order of the page, with the workloads that a section is about.
SECTIONS = (
    ({"echo", "playback"}, answer_section),
    ({"capacity"}, capacity_section),
    ({"echo", "playback"}, cpu_section),
    ({"echo", "playback"}, late_section),
    ({"echo", "playback", "idle"}, memory_section),
    (None, beside_section),
    (None, goals_section),
    (None, trouble_section),
)
