"""Limits a server to half of its core, so that the load on the other core is not the limit of a search.

The first of these that works here: a CPU quota of cgroup v2 (cpu.max), a quota of cgroup v1 (cpu.cfs_quota_us), or a competing process
of equal weight on the server's core.
"""

import contextlib
import os
import pathlib
import subprocess
import sys

from . import servers

# In a short period a throttled server pauses for 2 ms, less than the permitted jitter; in the default period of 100 ms
# it would pause for 50. A shorter period is inexact: the kernel checks a process that never sleeps only at its tick.
# With 1 ms in each 2 ms, such a process got a third of the core (measured with 250 ticks a second; with 2 ms in each 4
# ms: 49 %).
QUOTA_US, PERIOD_US = 2000, 4000
PAUSE_MS = (PERIOD_US - QUOTA_US) // 1000


def mounts(kind):
    lines = (line.split() for line in pathlib.Path("/proc/self/mounts").read_text().splitlines())
    return [(pathlib.Path(where), options.split(",")) for _, where, what, options, *_ in lines if what == kind]


def write(path, text):
    """Writes in one call; a failure is an OSError."""
    descriptor = os.open(path, os.O_WRONLY)
    try:
        os.write(descriptor, str(text).encode())
    finally:
        os.close(descriptor)


def quota_of_v2(group):
    write(group / "cpu.max", f"{QUOTA_US} {PERIOD_US}")
    return f"a quota of {QUOTA_US} µs in each {PERIOD_US} µs (cgroup v2, cpu.max)"


def quota_of_v1(group):
    write(group / "cpu.cfs_period_us", PERIOD_US)
    write(group / "cpu.cfs_quota_us", QUOTA_US)
    return f"a quota of {QUOTA_US} µs in each {PERIOD_US} µs (cgroup v1, cpu.cfs_quota_us)"


def quotas():
    """The place for a group with a quota, and how the quota is set."""
    for top, _ in mounts("cgroup2"):
        controllers = top / "cgroup.controllers"
        if controllers.exists() and "cpu" in controllers.read_text().split():
            yield top, quota_of_v2
    for top, options in mounts("cgroup"):
        if "cpu" in options:
            yield top, quota_of_v1


def make_group(top, set_quota):
    """A new group under `top`, and the name of its quota."""
    if set_quota is quota_of_v2 and "cpu" not in (top / "cgroup.subtree_control").read_text().split():
        write(top / "cgroup.subtree_control", "+cpu")
    group = top / f"audiosocket-compare-{os.getpid()}"
    group.mkdir(exist_ok=True)
    try:
        return group, set_quota(group)
    except OSError:
        group.rmdir()
        raise


@contextlib.contextmanager
def by_quota(pid, top, set_quota):
    group, said = make_group(top, set_quota)
    try:
        try:
            write(group / "cgroup.procs", pid)
        except OSError as why:
            raise servers.CannotBeHad(f"it cannot be held to half of a core: {group}/cgroup.procs: {why.strerror}")
        yield said
    finally:
        with contextlib.suppress(OSError):
            write(top / "cgroup.procs", pid)  # a group with processes cannot be removed
        with contextlib.suppress(OSError):
            group.rmdir()


@contextlib.contextmanager
def by_competitor(core):
    """A process that never sleeps, in its own session like the server, because the scheduler groups tasks by session."""
    line = ["taskset", "-c", str(core), sys.executable, "-c", "while True: pass"]
    process = subprocess.Popen(line, start_new_session=True)
    try:
        yield "a busy process of equal weight on its core (SCHED_OTHER)"
    finally:
        process.kill()
        process.wait()


def works(top, set_quota):
    try:
        group, _ = make_group(top, set_quota)
        group.rmdir()
        return True
    except OSError:
        return False


@contextlib.contextmanager
def held(pid, core, realtime):
    """Limits the process to half of its core. Returns the means."""
    if realtime:
        raise servers.CannotBeHad("a server with real-time priority cannot be held to half of a core")
    with contextlib.ExitStack() as stack:
        for top, set_quota in quotas():
            if works(top, set_quota):
                yield stack.enter_context(by_quota(pid, top, set_quota))
                return
        if core is None:
            raise servers.CannotBeHad("it cannot be held to half of a core: no CPU quota, and no core of its own")
        yield stack.enter_context(by_competitor(core))
