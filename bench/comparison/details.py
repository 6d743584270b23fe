"""The second page: each number for each load."""

from . import goals
from .goals import MODES
from .half_core import PAUSE_MS
from .numbers import cell, figure, scaled
from .tables import by_calls, table, title
from .workloads import SHARDS, UNEVEN_JITTER_MS

CPU = """## CPU time

The share of the server's core, what a frame costs, and how many frames arrived. A frame is one sent and one received. A server that each
frame wakes pays for that while it is idle in between, and gets cheaper as it gets busy. Above 90 % of the core a low number means that frames
wait for each other."""


def cpu_section(results):
    def seen(*path, factor=1.0):
        return lambda name, calls: scaled(results.values(mode, mode, name, calls, *path), factor)

    def arrived(name, calls):
        return results.arrived(mode, name, calls)

    lines = CPU.splitlines()
    for mode in MODES:
        if not results.measured(mode, mode)[0]:
            continue
        lines += ["", f"### {mode.capitalize()}", "", "Microseconds a frame:", ""]
        lines += by_calls(results, mode, seen("server", "cpu_us_per_frame"))
        lines += ["", "Share of the core, in per cent:", ""] + by_calls(results, mode, seen("server", "cpu_share", factor=100))
        lines += ["", "Frames that arrived, in per cent of those that were due:", ""] + by_calls(results, mode, arrived)
    return lines


def latency_section(results):
    names, loads = results.measured("echo", "echo")
    rows = []
    for calls in loads:
        for name in names:
            times = [results.values("echo", "echo", name, calls, "round_trip_us", p) for p in ("p50", "p99")]
            added = "" if name == goals.LIMIT else figure(goals.added_latency_ms(results, name, calls))
            rows.append([f"{calls:,} calls, {title(name)}"] + [cell(scaled(t, 1e-3)) for t in times] + [added])
    about = f"Milliseconds from a frame to its echo. *Added* is the difference of the median to that of {title(goals.LIMIT)}."
    return ["## Round trip of an echo", "", about, ""] + table(["", "median", "99 %", "added"], rows)


JITTER = """## Jitter

How far the time from one frame to the next is from 20 ms, in milliseconds, as the caller sees it. A late frame counts twice: for itself, and
for the shorter gap behind it. *Machine* is how much too long an idle sleep of 20 ms was, during the same runs. Those sleeps are few, so
their 99.9 % is the worst. The jitter of an echo contains that of the load."""


def jitter_section(results):
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
    return lines


UNEVEN = """## Uneven callers

The caller sends each frame late, by a random delay up to the given one, as audio from a network arrives. A late frame delays those behind
it. A server that sends each frame at once passes the jitter on. A server with a frame clock removes it: its round trip is longer, and its
jitter is small. Milliseconds."""


def uneven_section(results):
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


SYSCALLS = """## System calls a frame

For each frame that the server sent. Reads and sends count sockets and files; waits count epoll and poll. *All* counts every system call of
the process (io_uring does everything with its own call)."""


def syscalls_section(results):
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
    how = [TOOLS[tool] for tool in sorted(tools)] or ["They could not be counted: neither perf nor strace works here."]
    return SYSCALLS.splitlines() + [""] + how + [""] + table(["", "reads", "sends", "waits", "all", "context switches"], rows)


TOOLS = {
    "perf stat": "Counted by `perf stat` in the second before the measured time, because counting slows the server. All calls "
                 "are then in progress.",
    "strace -c": "Counted by `strace -c` in a separate run with few calls, because the server stops at each system call.",
}


SHARDS_ABOUT = """## More than one core

`serve --shards 2` beside `--shards 1`. Both may use the server's core and that of the load. **The load shares these cores**: it takes time
from the server, and delays it. CPU time is counted for each process, so the cost of a frame does not contain the load's. The load still
makes a frame more expensive, because the processes displace each other's caches."""


def shards_section(results):
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


def churn_section(results):
    names, loads = results.measured("churn", "echo")
    rate, lasting = loads[0], results.settings["churn_call_s"]
    columns = [("% of the core", 100, "server", "cpu_share"), ("first frame after ms", 1e-3, "first_frame_us", "p50"),
               ("99 %", 1e-3, "first_frame_us", "p99"), ("calls", 1, "calls_placed"), ("failed", 1, "calls_failed")]

    def seen(name, factor, *path):
        return cell(scaled(results.values("churn", "echo", name, rate, *path), factor))

    rows = [[title(name)] + [seen(name, *column[1:]) for column in columns] for name in names]
    about = f"{rate:,} new calls a second, each {lasting} s long. A bare echo sends nothing before it receives something."
    return ["## Calls that come and go", "", about, ""] + table(["server"] + [text for text, *_ in columns], rows)


CAPACITY = f"""## The search for the capacity

The numbers compare servers on this machine. A server that sleeps between frames pays for waking up at each load. The pauses of the quota are
part of the jitter: at most {PAUSE_MS} ms for a server that sleeps often. For a server that never sleeps they are up to a tick of the kernel longer
(1 to 10 ms). With a competing process in place of a quota they are about 3 ms.

The frames of a playback have no numbers: a server that leaves out more than one in a hundred fails by its jitter. *generator* means that the
load was the limit, and the server might hold more. *time* means that the search was ended."""


def capacity_section(_results):
    return CAPACITY.splitlines()


# In the order of the page, with the workloads that a section is about.
SECTIONS = (
    ({"echo", "playback"}, cpu_section),
    ({"echo"}, latency_section),
    ({"echo", "playback"}, jitter_section),
    ({"uneven"}, uneven_section),
    ({"echo", "playback", "syscalls"}, syscalls_section),
    ({"shards"}, shards_section),
    ({"churn"}, churn_section),
    ({"capacity"}, capacity_section),
)
