"""The tables of the document, each with what has to be known to read it."""

from . import goals
from .goals import MODES
from .half_core import PAUSE_MS
from .numbers import cell, figure, scaled
from .servers import SERVERS
from .workloads import CAPACITY_STEP_S, SHARDS, UNEVEN_JITTER_MS


def title(name):
    return SERVERS[name].title


def table(head, rows):
    lines = ["| " + " | ".join(head) + " |", "|---|" + "---:|" * (len(head) - 1)]
    return lines + ["| " + " | ".join(row) + " |" for row in rows]


def picture(folder, name, text):
    return ["", f"![{text}]({folder}/{name}.svg)"]


def by_calls(results, mode, values):
    """A row for each server, a column for each number of calls; `values(server, calls)` are those of the repeats."""
    names, loads = results.measured(mode, mode)
    return table(["server"] + [f"{c:,} calls" for c in loads], [[title(n)] + [cell(values(n, c)) for c in loads] for n in names])


def goals_section(results, _):
    rows = [f"| {v.goal} | {v.measured} | {v.word()} |" for v in goals.verdicts(results)]
    about = [f"Against {title(goals.GO)} and {title(goals.TURN)}; computed from the medians below. A server holds a load if",
             f"{goals.HELD_FRAMES} % of the frames arrived and the jitter is below {goals.HELD_JITTER_MS} ms for 99 % of them."]
    return ["## The goals", ""] + about + ["", "| goal | measured | |", "|---|---|---|"] + rows


CPU = """## CPU time a frame

Microseconds of the server's core for each frame that it sent, and for the one that it was sent meanwhile. A server that is woken
by each frame pays for the waking while it is idle in between, and gets cheaper as it gets busy: above 90 % of the core a low
number means that frames waited for each other. A server that leaves frames out is not cheap either: the last table shows it."""


def cpu_section(results, figures):
    def seen(*path, factor=1.0):
        return lambda name, calls: scaled(results.values(mode, mode, name, calls, *path), factor)

    def arrived(name, calls):
        return results.arrived(mode, name, calls)

    lines = CPU.splitlines()
    for mode in MODES:
        if not results.measured(mode, mode)[0]:
            continue
        lines += ["", f"### {mode.capitalize()}", ""] + by_calls(results, mode, seen("server", "cpu_us_per_frame"))
        lines += picture(figures, f"cpu-{mode}", f"CPU time a frame by calls, {mode}")
        lines += ["", "Share of the core, in per cent:", ""] + by_calls(results, mode, seen("server", "cpu_share", factor=100))
        lines += ["", "Frames that arrived, of those that were due, in per cent:", ""] + by_calls(results, mode, arrived)
    return lines


def latency_section(results, figures):
    names, loads = results.measured("echo", "echo")
    rows = []
    for calls in loads:
        for name in names:
            times = [results.values("echo", "echo", name, calls, "round_trip_us", p) for p in ("p50", "p99")]
            added = "" if name == goals.LIMIT else figure(goals.added_latency_ms(results, name, calls))
            rows.append([f"{calls:,} calls, {title(name)}"] + [cell(scaled(t, 1e-3)) for t in times] + [added])
    about = f"Milliseconds from a frame to its echo; added is by how much the median is beyond that of {title(goals.LIMIT)}."
    lines = ["## Round trip of an echo", "", about, ""] + table(["", "median", "99 %", "added"], rows)
    return lines + picture(figures, "round-trip-echo", "Round trip of an echo by calls, 99 %")


UNEVEN = """## Uneven callers

Each frame of a caller leaves up to so much late, as audio that came over a network. The delays are uniform, and a late frame
delays those behind it. A server that sends each frame at once passes the jitter on to the caller. A server with a frame clock evens it
out: its round trip is longer, and its jitter is small. Milliseconds."""


def uneven_section(results, _):
    rows = []
    names, loads = results.measured("uneven", "echo")
    for calls in loads:
        for jitter_ms in UNEVEN_JITTER_MS:
            for name in names:
                times = [results.values("uneven", "echo", name, calls, what, key, jitter_ms=jitter_ms)
                         for what in ("round_trip_us", "jitter_us") for key in ("p50", "p99")]
                lost = results.values("uneven", "echo", name, calls, "frames_lost", jitter_ms=jitter_ms)
                rows.append([f"{calls:,} calls, up to {jitter_ms} ms late, {title(name)}"] +
                            [cell(scaled(t, 1e-3)) for t in times] + [cell(lost)])
    head = ["", "round trip, median", "99 %", "jitter, median", "99 %", "frames lost"]
    return UNEVEN.splitlines() + [""] + table(head, rows)


JITTER = """## Jitter

By how much the time from one frame to the next was not 20 ms, in milliseconds, as the caller sees it: a late frame counts twice,
for itself and for the shorter gap behind it. Beside it, by how much an idle sleep of 20 ms was too long on the same machine during
the same runs; those sleeps are few, and 99.9 % of them means the worst. In an echo the jitter of the load is in it as well."""


def jitter_section(results, figures):
    lines = JITTER.splitlines()
    columns = [("jitter_us", "p50", "median"), ("jitter_us", "p99", "99 %"), ("jitter_us", "p99_9", "99.9 %"),
               ("machine_overshoot_us", "p99", "machine 99 %"), ("machine_overshoot_us", "p99_9", "machine 99.9 %")]
    for mode in reversed(MODES):
        names, loads = results.measured(mode, mode)
        if not names:
            continue
        rows = [[f"{calls:,} calls, {title(name)}"] +
                [cell(scaled(results.values(mode, mode, name, calls, what, key), 1e-3)) for what, key, _ in columns]
                for calls in loads for name in names]
        lines += ["", f"### {mode.capitalize()}", ""] + table([""] + [text for _, _, text in columns], rows)
        lines += picture(figures, f"jitter-{mode}", f"Jitter of the server's frames, {mode}")
    return lines


CAPACITY = """## Calls a core at equal quality

Found once by `audiosocket bench --find-capacity`: the most calls that were all held, with a jitter below 5 ms for 99 % of the frames.
In an echo 99.9 % of the frames came back, and 99 % of them within 25 ms. The frames of a playback have no numbers: a server that
leaves out more than one in a hundred fails by its jitter. The bound of the search is named.

**Method.** The server is held to half of its core, so that the load, which has the other core, is not the limit. A number of calls
is measured for {step_s} s and is tried again before it counts as not held; the search ends within 5 %. Here the server was held by
{held}.

**What it is valid for.** It compares servers with each other on this machine. Half of a core is not half of what a whole core
carries: a server that sleeps between frames pays for the waking at each load, and the pauses of the quota are in the jitter.
Such a pause is at most {pause_ms} ms for a server that sleeps often, and up to a tick of the kernel (1 to 10 ms) longer for a server that
computes without a pause. With a competing process in place of a quota the pauses are slices of the scheduler, about 3 ms. Where
the bound is *generator*, the load gave up first, and there may be more calls. Where it is *time*, the search was ended."""


def capacity_section(results, _):
    rows, held_by = [], set()
    for mode in MODES:
        for name in results.servers:
            for result in results.of("capacity", mode, name, 0):
                found = result["capacity"]
                held_by.add(result["held_by"])
                calls = ("at least " if found.get("at_least") else "") + f"{found['calls']:,}"
                bound = found["bounded_by"]
                rows.append([f"{title(name)}, {mode}", calls, "time" if bound == "none" else bound])
    about = CAPACITY.format(step_s=CAPACITY_STEP_S, pause_ms=PAUSE_MS, held=" or ".join(sorted(held_by)) or "nothing: no search ended")
    return about.splitlines() + [""] + table(["", "calls with half of a core", "bounded by"], rows)


SHARDS_ABOUT = """## More than one core

`serve --shards 2` beside `--shards 1`, both free to use the server's core and that of the load. **The load shares these cores**: it
takes time from the server, and delays it. CPU time is counted for each process, so the load's own time is not in the cost of a
frame. The load still makes a frame more expensive, because the processes displace each other's caches."""


def shards_section(results, _):
    rows = []
    for mode in MODES:
        for calls in results.measured("shards", mode)[1]:
            for shards in SHARDS:
                def seen(factor, *path):
                    return cell(scaled(results.values("shards", mode, goals.OURS, calls, *path, shards=shards), factor))

                rows.append([f"{calls:,} calls, {mode}, shards: {shards}", seen(1, "server", "cpu_us_per_frame"),
                             seen(100, "server", "cpu_share"), seen(1e-3, "jitter_us", "p99"), seen(100, "own_cpu_share")])
    head = ["", "µs a frame", "% of a core", "jitter ms, 99 %", "load, % of a core"]
    return SHARDS_ABOUT.splitlines() + [""] + table(head, rows)


MEMORY = """## Memory

KiB by which the resident memory of the server's process grew, for each call or connection; the kernel's buffers of its sockets
are not in it. A silent connection has not even said its id."""


def memory_section(results, _):
    most = results.settings["calls"][-1]
    columns = [("idle", "echo", c, f"{c:,} silent connections") for c in results.measured("idle", "echo")[1]]
    columns += [(mode, mode, most, f"{most:,} calls, {mode}") for mode in MODES if results.measured(mode, mode)[0]]
    rows = []
    for name in results.servers:
        grown = [results.values(workload, mode, name, calls, "server", "resident_bytes_per_call")
                 for workload, mode, calls, _ in columns]
        rows.append([title(name)] + [cell(scaled(g, 1 / 1024)) for g in grown])
    return MEMORY.splitlines() + [""] + table(["server"] + [text for _, _, _, text in columns], rows)


def churn_section(results, _):
    names, loads = results.measured("churn", "echo")
    rate, lasting = loads[0], results.settings["churn_call_s"]
    columns = [("% of the core", 100, "server", "cpu_share"), ("first frame after ms", 1e-3, "first_frame_us", "p50"),
               ("99 %", 1e-3, "first_frame_us", "p99"), ("calls", 1, "calls_placed"), ("failed", 1, "calls_failed")]

    def seen(name, factor, *path):
        return cell(scaled(results.values("churn", "echo", name, rate, *path), factor))

    rows = [[title(name)] + [seen(name, *column[1:]) for column in columns] for name in names]
    about = f"{rate:,} new calls a second, each {lasting} s long. A bare echo has nothing to say before it has heard something."
    return ["## Calls that come and go", "", about, ""] + table(["server"] + [text for text, *_ in columns], rows)


SYSCALLS = """## System calls a frame

For each frame that the server sent. Reads and sends are those of sockets and files alike; waits are those of epoll and poll. The
column *all* has every system call of the process, of other kinds as well (io_uring does everything with one of its own)."""


def syscalls_section(results, _):
    rows, tools = [], set()
    for workload, mode in [(mode, mode) for mode in MODES] + [("syscalls", mode) for mode in MODES]:
        names, loads = results.measured(workload, mode)
        for calls in loads:
            for name in names:
                found = [r["syscalls"] for r in results.of(workload, mode, name, calls) if r.get("syscalls")]
                if not found:
                    continue
                tools.update(one["tool"] for one in found)
                counted = [cell([one[kind] for one in found]) for kind in ("reads", "sends", "waits", "all")]
                switches = cell(results.values(workload, mode, name, calls, "server", "context_switches_per_frame"))
                rows.append([f"{calls:,} calls, {mode}, {title(name)}"] + counted + [switches])
    how = [TOOLS[tool] for tool in sorted(tools)] or ["Nothing could count them."]
    return SYSCALLS.splitlines() + [""] + how + [""] + table(["", "reads", "sends", "waits", "all", "context switches"], rows)


TOOLS = {
    "perf stat": "Counted by `perf stat` in the second before the measured time, because a server pays for being counted. "
                 "All calls are then in\nprogress.",
    "strace -c": "Counted by `strace -c` in a run of its own with few calls, because the server stops at each system call.",
}


TROUBLES = (("calls_failed", "calls got no connection"),
            ("calls_killed", "calls killed, as Asterisk kills them when a server does not read"),
            ("calls_ended_by_server", "calls ended by the server"), ("calls_silent", "calls heard nothing"),
            ("calls_held_back", "calls held back"), ("frames_lost", "frames never came back"), ("frames_torn", "frames torn"),
            ("messages_unlawful", "messages at which Asterisk ends a call"))


def trouble(run):
    """What was not as it should be in a run, or nothing."""
    if "error" in run:
        return [run["error"]]
    result = run["result"]
    found = [f"{result[key]:,} {text}" for key, text in TROUBLES if result.get(key)]
    if result.get("kept", run["calls"]) < run["calls"]:
        found.append(f"{result['kept']:,} kept, the others closed")
    return found


def late_loads(results):
    """Where the load was late there were bursts that no Asterisk makes, and the numbers are not the server's alone."""
    kinds = {}
    for run in results.runs:
        if "generator_late" in run.get("result", {}):
            kinds.setdefault((run["workload"], run["calls"]), []).append(run["result"]["generator_late"])
    return [f"- The load itself was late in {sum(late)} of {len(late)} runs: {workload}, {calls:,} calls"
            for (workload, calls), late in kinds.items() if any(late)]


def trouble_section(results, _):
    lines = late_loads(results)
    for run in results.runs:
        if found := trouble(run):
            what = [title(run["server"]), run["workload"]] + [run["mode"]] * (run["workload"] != run["mode"])
            what += [f"{run['jitter_ms']} ms late"] * (run["jitter_ms"] > 0) + [f"shards: {run['shards']}"] * (run["shards"] > 0)
            what += [f"{run['calls']:,} calls"] * (run["calls"] > 0) + [f"repeat {run['repeat'] + 1}"]
            lines.append(f"- {', '.join(what)}: {'; '.join(found)}")
    return ["## What went wrong", ""] + (lines or ["Nothing: no call failed, no frame was lost, and the load was punctual."])


# In the order of the document, with the workloads that a section is about.
SECTIONS = (
    (None, goals_section),
    ({"echo", "playback"}, cpu_section),
    ({"echo", "playback", "syscalls"}, syscalls_section),
    ({"echo"}, latency_section),
    ({"echo", "playback"}, jitter_section),
    ({"uneven"}, uneven_section),
    ({"capacity"}, capacity_section),
    ({"shards"}, shards_section),
    ({"echo", "playback", "idle"}, memory_section),
    ({"churn"}, churn_section),
    (None, trouble_section),
)
