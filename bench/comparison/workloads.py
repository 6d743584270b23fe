"""The runs, their order, and their duration."""

import typing

from . import servers

WORKLOADS = ["echo", "playback", "uneven", "shards", "churn", "idle", "syscalls", "capacity"]
QUICK_LOAD = 10  # instead of all loads

UNEVEN_JITTER_MS = (5, 15, 40)
UNEVEN_LOADS = (1000, 1500)  # where they are among the loads, otherwise the largest
UNEVEN_SERVERS = ("ours", "go-v0.2.1", "tick", "turn")

SHARDS = (1, 2)
SHARDS_LOAD = 1000

CHURN_PER_S = 200  # new calls a second
CHURN_CALL_S = 1   # this many calls at the same time
IDLE_CONNECTIONS = 2000
STRACE_LOAD = 50   # strace stops the server at each system call

CAPACITY_STEP_S = 1.5
CAPACITY_SERVERS = ("ours", "go-v0.2.1", "go-v0.3.0", "npm", "epoll", "turn")

RAMP_CALLS_PER_S = 2000
START_S = 0.6     # a server; a run in which nothing is measured yet
SETTLING_S = 1.5  # what `audiosocket bench` waits before and after it measures
IDLE_S = 1        # below what any server grants an id
STRACE_S = 5
CAPACITY_S = 40   # of a search; for the estimate only


class Job(typing.NamedTuple):
    """One run of one server."""
    repeat: int
    workload: str
    mode: str
    server: str
    calls: int
    jitter_ms: int = 0
    shards: int = 0


def uneven_loads(args):
    return [calls for calls in args.calls if calls in UNEVEN_LOADS] or args.calls[-1:]


def plan(args, present, perf):
    """All jobs in order: results that stand side by side are measured one after the other. `perf` counts system calls during other jobs."""
    jobs = []

    def add(repeat, workload, mode, calls, among=tuple(servers.SERVERS), **more):
        turn = repeat % len(present)  # the order changes
        for name in present[turn:] + present[:turn]:
            if name in among and getattr(servers.SERVERS[name], mode):
                jobs.append(Job(repeat, workload, mode, name, calls, **more))

    def wanted(workload):
        return workload in args.workloads

    for repeat in range(args.repeat):
        for mode in filter(wanted, ("echo", "playback")):
            for calls in args.calls:
                add(repeat, mode, mode, calls)
        if wanted("uneven"):
            for calls in uneven_loads(args):
                for jitter_ms in UNEVEN_JITTER_MS:
                    add(repeat, "uneven", "echo", calls, UNEVEN_SERVERS, jitter_ms=jitter_ms)
        if wanted("shards"):
            for mode in ("echo", "playback"):
                for shards in SHARDS:
                    add(repeat, "shards", mode, QUICK_LOAD if args.quick else SHARDS_LOAD, ("ours",), shards=shards)
        if wanted("churn"):
            add(repeat, "churn", "echo", QUICK_LOAD if args.quick else CHURN_PER_S)
        if wanted("idle"):
            add(repeat, "idle", "echo", QUICK_LOAD if args.quick else IDLE_CONNECTIONS)
    for mode in ("echo", "playback"):  # once
        if wanted("syscalls") and not perf:
            add(0, "syscalls", mode, QUICK_LOAD if args.quick else STRACE_LOAD)
    for mode in ("echo",) if args.quick else ("echo", "playback"):
        if wanted("capacity"):
            add(0, "capacity", mode, 0, ("ours",) if args.quick else CAPACITY_SERVERS)
    return jobs


def ramp_s(calls):
    return max(0.5, calls / RAMP_CALLS_PER_S)


def estimate_s(args, jobs):
    def takes_s(job):
        fixed = {"idle": IDLE_S, "syscalls": STRACE_S, "capacity": CAPACITY_S}
        return fixed.get(job.workload, SETTLING_S + ramp_s(job.calls) + args.duration)

    return sum(START_S + takes_s(job) for job in jobs)
