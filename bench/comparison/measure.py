"""Runs each workload on each server, one after another and again, and keeps what `audiosocket bench` says of it."""

import contextlib
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import time

from . import machine, servers

WORKLOADS = ["echo", "playback", "churn", "idle", "syscalls", "capacity"]
CHURN_PER_S = 200      # new calls a second
CHURN_CALL_S = 1       # so as many calls at once
IDLE_CONNECTIONS = 2000
IDLE_S = 1             # below what any server grants an id
QUICK_LOAD = 10        # instead of both of them
SYSCALLS_WINDOW_S = 2
SYSCALLS_LEAD_S = 1.5  # until all calls are up
CAPACITY_S_MAX = 180
CAPACITY_FROM = 250    # upwards: not every server recovers from too many calls
CAPACITY_STEP_S = 1.5
RAMP_CALLS_PER_S = 2000

START_S = 0.6    # a server; a run in which nothing is measured yet
SETTLING_S = 1.5 # what `audiosocket bench` waits before and after it measures
CAPACITY_S = 35  # of a search; these three for the estimate only


class CannotMeasure(Exception):
    """Why there is nothing to compare."""


def plan(args, present):
    """What is run, in order: (repeat, workload, server, calls). Neighbours in a table are neighbours in time."""
    jobs = []

    def add(repeat, workload, mode, calls):
        turn = repeat % len(present)  # who begins does not always begin
        for name in present[turn:] + present[:turn]:
            if mode == "echo" or servers.SERVERS[name].playback:
                jobs.append((repeat, workload, mode, name, calls))

    for repeat in range(args.repeat):
        for mode in ("echo", "playback"):
            for calls in args.calls:
                if mode in args.workloads:
                    add(repeat, mode, mode, calls)
        if "churn" in args.workloads:
            add(repeat, "churn", "echo", QUICK_LOAD if args.quick else CHURN_PER_S)
        if "idle" in args.workloads:
            add(repeat, "idle", "echo", QUICK_LOAD if args.quick else IDLE_CONNECTIONS)
    for workload in ("syscalls", "capacity"):  # once
        for mode in ("echo", "playback"):
            if workload in args.workloads and not (args.quick and workload == "capacity"):
                add(0, workload, mode, syscalls_load(args) if workload == "syscalls" else 0)
    return jobs


def ramp_s(calls):
    return max(0.5, calls / RAMP_CALLS_PER_S)


def estimate_s(args, jobs):
    def takes_s(workload, calls):
        if workload in ("echo", "playback", "churn"):
            return SETTLING_S + ramp_s(calls) + args.duration
        return {"idle": IDLE_S, "syscalls": SYSCALLS_LEAD_S + SYSCALLS_WINDOW_S + SETTLING_S, "capacity": CAPACITY_S}[workload]

    return sum(START_S + takes_s(workload, calls) for _, workload, _, _, calls in jobs)


def syscalls_load(args):
    """Counting by strace stops the server at each call: few calls then."""
    return QUICK_LOAD if args.quick else 500 if perf_counts() else 50


def perf_counts():
    """Whether perf can count system calls, which the server does not notice."""
    if not shutil.which("perf"):
        return False
    line = ["perf", "stat", "-x,", "-e", "raw_syscalls:sys_enter", "true"]
    done = subprocess.run(line, capture_output=True, text=True)
    return done.returncode == 0 and done.stderr.split(",")[0].strip().isdigit()


class Generator:
    """`audiosocket bench`, on the core that is its own."""

    def __init__(self, build, bound, duration):
        self.command, self.bound, self.duration = build / "bin/audiosocket", bound, duration

    def line(self, port, pid, mode, *more):
        return self.bound + [str(self.command), "bench", f"127.0.0.1:{port}", "--mode", mode, "--server-pid", str(pid),
                             "--json", *map(str, more)]

    def run(self, job, port, pid):
        _, workload, mode, _, calls = job
        more = {
            "echo": ("--calls", calls, "--duration", self.duration, "--ramp", ramp_s(calls)),
            "playback": ("--calls", calls, "--duration", self.duration, "--ramp", ramp_s(calls)),
            "churn": ("--churn", calls, "--call-duration", CHURN_CALL_S, "--calls", 2 * calls * CHURN_CALL_S,
                      "--duration", self.duration),
            "capacity": ("--find-capacity", "--calls", CAPACITY_FROM, "--duration", CAPACITY_STEP_S),
        }[workload]
        limit_s = CAPACITY_S_MAX if workload == "capacity" else self.duration + 60
        return report(subprocess.run(self.line(port, pid, mode, *more), capture_output=True, text=True, timeout=limit_s))

    def stay_silent(self, job, port, pid):
        """What connections that say nothing cost; a server may keep only some of them."""
        calls = job[-1]
        before = resident_bytes(pid)
        with contextlib.ExitStack() as stack:
            quiet = [stack.enter_context(socket.create_connection(("127.0.0.1", port))) for _ in range(calls)]
            time.sleep(IDLE_S)
            grown = resident_bytes(pid) - before
            kept = calls - sum(ended(connection) for connection in quiet)
        return {"kept": kept, "server": {"resident_bytes_per_call": grown / kept if kept else None}}

    def count_syscalls(self, job, port, pid):
        """System calls a frame, of all threads, in a window in which each call has its 50 frames a second."""
        _, _, mode, _, calls = job
        line = self.line(port, pid, mode, "--calls", calls, "--duration", SYSCALLS_LEAD_S + SYSCALLS_WINDOW_S + 1)
        load = subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        try:
            time.sleep(SYSCALLS_LEAD_S)
            count, tool = count_with_perf(pid) if perf_counts() else count_with_strace(pid)
            out, errors = load.communicate(timeout=60)
            report(subprocess.CompletedProcess(line, load.returncode, out, errors))
            return {"per_frame": count / (calls * 50 * SYSCALLS_WINDOW_S), "tool": tool}
        finally:
            load.kill()
            load.wait()


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
    """What the generator said; it is worth having also where calls failed."""
    try:
        return json.loads(done.stdout)
    except ValueError:
        said = done.stderr.strip().splitlines()
        raise servers.CannotBeHad(said[-1] if said else f"the generator said nothing; exit code {done.returncode}")


def count_with_perf(pid):
    line = ["perf", "stat", "-x,", "-e", "raw_syscalls:sys_enter", "-p", str(pid), "--", "sleep", str(SYSCALLS_WINDOW_S)]
    done = subprocess.run(line, capture_output=True, text=True)
    return int(done.stderr.split(",")[0]), "perf stat -e raw_syscalls:sys_enter"


def count_with_strace(pid):
    if not shutil.which("strace"):
        raise servers.CannotBeHad("there is neither perf nor strace")
    line = ["timeout", "-s", "INT", str(SYSCALLS_WINDOW_S), "strace", "-c", "-f", "-p", str(pid)]
    done = subprocess.run(line, capture_output=True, text=True)
    totals = [l.split() for l in done.stderr.splitlines() if l.endswith(" total")]
    if not totals:
        raise servers.CannotBeHad("strace counted nothing")
    return int(totals[-1][3]), "strace -c -f"


def cores():
    """Whose core is which; nobody is bound where there is only one, or no taskset."""
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
    server_bound, generator_bound = (servers.pinned(core, args.realtime) for core in (server_core, generator_core))
    stable = servers.Stable(args.build, folder, server_bound)
    generator = Generator(args.build, generator_bound, args.duration)

    if args.realtime and not servers.has_realtime():
        raise CannotMeasure("--realtime: chrt is missing, or may not be used (it takes root)")
    present, absent = present_servers(args, stable)
    jobs = plan(args, present)
    say(f"{len(jobs)} runs, about {estimate_s(args, jobs) / 60:.0f} minutes")
    began = time.monotonic()
    runs = [run(stable, generator, job, f"{i}/{len(jobs)}") for i, job in enumerate(jobs, 1)]
    say(f"measured in {(time.monotonic() - began) / 60:.1f} minutes")

    lines = {name: {mode: stable.command_line(name, mode, 9092) for mode in ("echo", "playback")
                    if getattr(servers.SERVERS[name], mode)} for name in present}
    results = {
        "environment": machine.describe(args.build),
        "settings": {"calls": args.calls, "repeat": args.repeat, "duration_s": args.duration, "quick": args.quick,
                     "realtime": args.realtime, "server_core": server_core, "generator_core": generator_core,
                     "churn_call_s": CHURN_CALL_S, "minutes": (time.monotonic() - began) / 60},
        "servers": present, "absent": absent, "command_lines": lines,
        "generator": generator.line(9092, "PID", "echo", "--calls", "N", "--duration", args.duration),
        "runs": runs,
    }
    args.results.write_text(json.dumps(results, indent=1) + "\n")


def run(stable, generator, job, progress):
    repeat, workload, mode, name, calls = job
    made = {"repeat": repeat, "workload": workload, "mode": mode, "server": name, "calls": calls}
    try:
        with stable.running(name, mode) as (port, pid):
            do = {"syscalls": generator.count_syscalls, "idle": generator.stay_silent}.get(workload, generator.run)
            made["result"] = do(job, port, pid)
    except (servers.CannotBeHad, subprocess.TimeoutExpired) as why:
        made["error"] = str(why)
    say(f"{progress} {workload} {mode} {name} {calls or ''}: {summary(made)}")
    return made


def summary(made):
    if "error" in made:
        return made["error"]
    result = made["result"]
    if "capacity" in result:
        return f"{result['capacity'].get('calls')} calls, bounded by {result['capacity'].get('bounded_by')}"
    if "kept" in result:
        return f"{result['kept']} kept"
    if "per_frame" in result:
        return f"{result['per_frame']:.2f} system calls a frame"
    used = (result.get("server") or {}).get("cpu_us_per_frame")
    return f"{result.get('calls_up')} up" + (f", {used:.1f} us a frame" if used else "")


def say(text):
    print(f"compare: {text}", file=sys.stderr, flush=True)
