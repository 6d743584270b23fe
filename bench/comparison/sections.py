"""The tables of the document, each with what has to be known to read it."""

from . import goals
from .numbers import cell, figure, scaled
from .servers import SERVERS

FRAMES_PER_S = 50
MODES = ("echo", "playback")


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
    about = f"Against {title(goals.GO)} and {title(goals.LIMIT)}; computed from the medians below."
    return ["## The goals", "", about, "", "| goal | measured | |", "|---|---|---|"] + rows


CPU = """## CPU time a frame

Microseconds of the server's core for each frame that it sent, and for the one that it was sent meanwhile. A server that is woken
by each frame pays for the waking while it is idle in between, and gets cheaper as it gets busy: above 90 % of the core a low
number means that frames waited for each other. A server that leaves frames out is not cheap either: the last table tells."""


def cpu_section(results, figures):
    def seen(*path, factor=1.0):
        return lambda name, calls: scaled(results.values(mode, mode, name, calls, *path), factor)

    def arrived(name, calls):
        frames, seconds = (results.values(mode, mode, name, calls, what) for what in ("frames_received", "duration_s"))
        return [100 * f / (FRAMES_PER_S * calls * s) for f, s in zip(frames, seconds)]

    lines = CPU.splitlines()
    for mode in MODES:
        if not results.measured(mode, mode)[0]:
            continue
        lines += ["", f"### {mode.capitalize()}", ""] + by_calls(results, mode, seen("server", "cpu_us_per_frame"))
        lines += picture(figures, f"cpu-{mode}", f"CPU time a frame by calls, {mode}")
        lines += ["", "Share of the core, in per cent:", ""] + by_calls(results, mode, seen("server", "cpu_share", factor=100))
        lines += ["", "Frames that arrived, of those that were due, in per cent:", ""] + by_calls(results, mode, arrived)
    return lines


def latency_section(results, _):
    names, loads = results.measured("echo", "echo")
    rows = []
    for calls in loads:
        for name in names:
            times = [results.values("echo", "echo", name, calls, "round_trip_us", p) for p in ("p50", "p99")]
            added = "" if name == goals.LIMIT else figure(goals.added_latency_ms(results, name, calls))
            rows.append([f"{calls:,} calls, {title(name)}"] + [cell(scaled(t, 1e-3)) for t in times] + [added])
    about = f"Milliseconds from a frame to its echo; added is by how much the median is beyond that of {title(goals.LIMIT)}."
    return ["## Round trip of an echo", "", about, ""] + table(["", "median", "99 %", "added"], rows)


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


CAPACITY = """## Calls a core

Found once by `audiosocket bench --find-capacity`: the most calls that were all held, with a jitter below 5 ms for 99 % of the
frames. What bounded the search is named; where it was the load's own core, there may be more. The last column is an estimate: the
calls that the whole core would carry at the price of a frame at that load."""


def capacity_section(results, _):
    rows = []
    for mode in MODES:
        for name in results.servers:
            found = goals.capacity(results, mode, name)
            if found.get("calls") is None:
                continue
            calls = ("at least " if found.get("at_least") else "") + f"{found['calls']:,}"
            rows.append([f"{title(name)}, {mode}", calls, found.get("bounded_by") or "–", figure(found.get("calls_per_core"))])
    return CAPACITY.splitlines() + [""] + table(["", "calls", "bounded by", "estimate a core"], rows)


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


def syscalls_section(results, _):
    rows, tools = [], set()
    most = results.settings["calls"][-1]
    for run in results.runs:
        if run["workload"] == "syscalls" and "result" in run:
            tools.add(f"by `{run['result']['tool']}`, with {run['calls']:,} calls")
            switches = results.values(run["mode"], run["mode"], run["server"], most, "server", "context_switches_per_frame")
            rows.append([f"{title(run['server'])}, {run['mode']}", figure(run["result"]["per_frame"]), cell(switches)])
    about = f"Counted once, {' and '.join(sorted(tools))}; and the context switches a frame with {most:,} calls."
    return ["## System calls a frame", "", about, ""] + table(["", "system calls", "context switches"], rows)


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
            what += [f"{run['calls']:,} calls"] * (run["calls"] > 0) + [f"repeat {run['repeat'] + 1}"]
            lines.append(f"- {', '.join(what)}: {'; '.join(found)}")
    return ["## What went wrong", ""] + (lines or ["Nothing: no call failed, no frame was lost, and the load was punctual."])


# In the order of the document, with the workloads that a section is about.
SECTIONS = (
    (None, goals_section),
    ({"echo", "playback"}, cpu_section),
    ({"echo"}, latency_section),
    ({"echo", "playback"}, jitter_section),
    ({"capacity"}, capacity_section),
    ({"echo", "playback", "idle"}, memory_section),
    ({"churn"}, churn_section),
    ({"syscalls"}, syscalls_section),
    (None, trouble_section),
)
