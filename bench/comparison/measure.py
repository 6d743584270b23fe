"""Runs each workload on each server, in turns and repeatedly, and keeps the reports of `audiosocket bench`."""

import contextlib
import functools
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import time

from . import congestion, half_core, machine, servers, syscalls
from .workloads import CAPACITY_STEP_S, CHURN_CALL_S, IDLE_S, estimate_s, plan, ramp_s

# `audiosocket bench` waits a second between the ramp and the measured time, with all calls in progress. System calls
# are counted then, because counting slows a server down.
COUNTING_AFTER_RAMP_S = 0.2
COUNTING_S = 0.5
STRACE_LEAD_S = 1.5  # until all calls are in progress
STRACE_WINDOW_S = 2

CAPACITY_S_MAX = 180
QUICK_CAPACITY_S_MAX = 15
INTERRUPTED_S_MAX = 20  # until it has reported
CAPACITY_FROM = 200  # upwards: some servers do not recover from too many calls


class CannotMeasure(Exception):
    """Why there is nothing to compare."""


class Generator:
    """`audiosocket bench`, on its own core."""

    def __init__(self, build, bound, duration):
        self.command, self.bound, self.duration = build / "bin/audiosocket", bound, duration

    def line(self, port, pid, mode, *more):
        return self.bound + [str(self.command), "bench", f"127.0.0.1:{port}", "--mode", mode, "--server-pid", str(pid),
                             "--json", *map(str, more)]

    def options_of(self, job):
        """Runs `audiosocket bench`; system calls may be counted meanwhile."""
        load = ("--calls", job.calls, "--duration", self.duration, "--ramp", ramp_s(job.calls))
        if job.workload == "uneven":
            return load + ("--caller-jitter", job.jitter_ms)
        if job.workload == "churn":
            return ("--churn", job.calls, "--call-duration", CHURN_CALL_S, "--calls", 2 * job.calls * CHURN_CALL_S,
                    "--duration", self.duration)
        return load

    def run(self, job, port, pid):
        counted = syscalls.perf_events() and job.workload in ("echo", "playback", "uneven")
        with self.started(self.line(port, pid, job.mode, *self.options_of(job))) as finish:
            if counted:
                time.sleep(ramp_s(job.calls) + COUNTING_AFTER_RAMP_S)
                counts = syscalls.count_with_perf(pid, COUNTING_S)
            result = finish(self.duration + 60)
        if counted and result.get("duration_s"):
            frames = result["frames_received"] / result["duration_s"] * COUNTING_S
            result["syscalls"] = syscalls.per_frame(counts, frames, "perf stat")
        return result

    @contextlib.contextmanager
    def started(self, line):
        """Starts the load. The value waits for its report. The load is ended if something else fails.

        `ask_first`: a load that takes too long is interrupted, and reports what it has seen.
        """
        load = subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

        def finish(limit_s, ask_first=False):
            try:
                out, errors = load.communicate(timeout=limit_s)
            except subprocess.TimeoutExpired:
                if not ask_first:
                    raise
                load.send_signal(signal.SIGINT)
                out, errors = load.communicate(timeout=INTERRUPTED_S_MAX)
            return report(subprocess.CompletedProcess(line, load.returncode, out, errors))

        try:
            yield finish
        finally:
            load.kill()
            load.wait()

    def find_capacity(self, job, port, pid, held_by, quick):
        """The most calls that the server holds with half of a core."""
        more = ("--calls", CAPACITY_FROM, "--duration", CAPACITY_STEP_S)
        if quick:  # few servers are so punctual, so the search soon ends
            more = ("--calls", 10, "--duration", 0.2, "--jitter-bound", 0.1)
        with held_by as method, self.started(self.line(port, pid, job.mode, "--find-capacity", *more)) as finish:
            return {**finish(QUICK_CAPACITY_S_MAX if quick else CAPACITY_S_MAX, ask_first=True), "held_by": method}

    def stay_silent(self, job, port, pid):
        """The cost of silent connections. A server may keep only some of them."""
        calls = job.calls
        before = resident_bytes(pid)
        with contextlib.ExitStack() as stack:
            quiet = [stack.enter_context(socket.create_connection(("127.0.0.1", port))) for _ in range(calls)]
            time.sleep(IDLE_S)
            grown = resident_bytes(pid) - before
            kept = calls - sum(ended(connection) for connection in quiet)
        return {"kept": kept, "server": {"resident_bytes_per_call": grown / kept if kept else None}}

    def count_syscalls(self, job, port, pid):
        """Counts with strace, which stops the server at each system call. The run is only for this count."""
        line = self.line(port, pid, job.mode, "--calls", job.calls, "--ramp", 0.5,
                         "--duration", STRACE_LEAD_S + STRACE_WINDOW_S)
        with self.started(line) as finish:
            time.sleep(STRACE_LEAD_S)
            counts = syscalls.count_with_strace(pid, STRACE_WINDOW_S)
            result = finish(60)
        frames = result["frames_received"] / result["duration_s"] * STRACE_WINDOW_S
        return {"syscalls": syscalls.per_frame(counts, frames, "strace -c")}


def resident_bytes(pid):
    pages = pathlib.Path(f"/proc/{pid}/statm").read_text().split()[1]
    return int(pages) * os.sysconf("SC_PAGE_SIZE")


def ended(connection):
    """Whether the server has closed it."""
    connection.setblocking(False)
    try:
        return connection.recv(1) == b""
    except BlockingIOError:
        return False
    except OSError:
        return True


def report(done):
    """The generator's report, which is useful even if calls failed."""
    try:
        return json.loads(done.stdout)
    except ValueError:
        said = done.stderr.strip().splitlines()
        raise servers.CannotBeHad(said[-1] if said else f"the generator said nothing; exit code {done.returncode}")


def cores():
    """The server's core and that of the load; none if there is only one core, or no taskset."""
    mine = sorted(os.sched_getaffinity(0))
    if len(mine) < 2 or not shutil.which("taskset"):
        return None, None
    return mine[0], mine[1]


def present_servers(args, stable):
    present, absent = [], {}
    for name in args.only:
        say(f"{name} ...")
        try:
            stable.prepare(name)
            present.append(name)
        except servers.CannotBeHad as why:
            absent[name] = str(why)
            say(f"{name} takes no part: {why}")
    if not present:
        raise CannotMeasure("no server can be had")
    return present, absent


def measure(args):
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("compare: stopped; nothing was written"))
    if not (args.build / "bin/audiosocket").exists():
        raise CannotMeasure(f"{args.build}/bin/audiosocket is not built; run tools/setup --test first")
    folder = args.results.parent
    folder.mkdir(parents=True, exist_ok=True)
    servers.raise_file_limit()
    server_core, generator_core = cores()
    if server_core is None:
        say("no core for each: server and load share what there is, and the numbers say little")
    server_cores, generator_cores = ([server_core], [generator_core]) if server_core is not None else ([], [])
    stable = servers.Stable(args.build, folder, servers.pinned(server_cores, args.realtime),
                            servers.pinned(server_cores + generator_cores, args.realtime))
    generator = Generator(args.build, servers.pinned(generator_cores, args.realtime), args.duration)

    if args.realtime and not servers.has_realtime():
        raise CannotMeasure("--realtime: chrt is missing, or may not be used (it takes root)")
    if args.congestion:
        settle_congestion(args, congestion.check)
    present, absent = present_servers(args, stable)
    if args.congestion:
        settle_congestion(args, congestion.use)
    if not syscalls.perf_events():
        say("perf cannot count system calls here; strace does, in runs of their own with few calls")
    jobs = plan(args, present, bool(syscalls.perf_events()))
    say(f"{len(jobs)} runs, about {estimate_s(args, jobs) / 60:.0f} minutes")
    began = time.monotonic()
    held = functools.partial(half_core.held, core=server_core, realtime=args.realtime)
    runs = [run(stable, generator, job, f"{i}/{len(jobs)}", held, args.quick) for i, job in enumerate(jobs, 1)]
    say(f"measured in {(time.monotonic() - began) / 60:.1f} minutes")

    lines = {name: {mode: stable.command_line(name, mode, 9092) for mode in ("echo", "playback")
                    if getattr(servers.SERVERS[name], mode)} for name in present}
    results = {
        "environment": machine.describe(args.build),
        "settings": {"calls": args.calls, "repeat": args.repeat, "duration_s": args.duration, "quick": args.quick,
                     "realtime": args.realtime, "server_core": server_core, "generator_core": generator_core,
                     "congestion": args.congestion, "churn_call_s": CHURN_CALL_S, "minutes": (time.monotonic() - began) / 60},
        "servers": present, "absent": absent, "command_lines": lines,
        "generator": generator.line(9092, "PID", "echo", "--calls", "N", "--duration", args.duration),
        "runs": runs,
    }
    args.results.write_text(json.dumps(results, indent=1) + "\n")


def settle_congestion(args, how):
    try:
        how(args.congestion)
    except congestion.Refused as why:
        raise CannotMeasure(f"--congestion {args.congestion}: {why}")


def run(stable, generator, job, progress, held, quick):
    made = job._asdict()
    try:
        with stable.running(job.server, job.mode, job.shards) as (port, pid):
            if job.workload == "capacity":
                made["result"] = generator.find_capacity(job, port, pid, held(pid), quick)
            else:
                do = {"syscalls": generator.count_syscalls, "idle": generator.stay_silent}.get(job.workload, generator.run)
                made["result"] = do(job, port, pid)
    except (servers.CannotBeHad, subprocess.TimeoutExpired) as why:
        made["error"] = str(why)
    say(f"{progress} {title(job)}: {summary(made)}")
    return made


def title(job):
    more = f" {job.jitter_ms} ms late" * bool(job.jitter_ms) + f" {job.shards} shards" * bool(job.shards)
    return f"{job.workload} {job.mode} {job.server} {job.calls or ''}{more}"


def summary(made):
    if "error" in made:
        return made["error"]
    result = made["result"]
    if "capacity" in result:
        return f"{result['capacity'].get('calls')} calls, bounded by {result['capacity'].get('bounded_by')}"
    if "kept" in result:
        return f"{result['kept']} kept"
    said = [f"{result['calls_up']} up"] if "calls_up" in result else []
    if used := (result.get("server") or {}).get("cpu_us_per_frame"):
        said.append(f"{used:.1f} us a frame")
    if counted := result.get("syscalls"):
        said.append(f"{counted['all']:.2f} system calls a frame")
    return ", ".join(said)


def say(text):
    print(f"compare: {text}", file=sys.stderr, flush=True)
