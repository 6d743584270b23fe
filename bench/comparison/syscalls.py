"""System calls of a server, counted by kind: reads, sends, waits, and all of them."""

import functools
import shutil
import subprocess

from . import servers

KINDS = {
    "reads": ("read", "readv", "recvfrom", "recvmsg", "recvmmsg"),
    "sends": ("write", "writev", "sendto", "sendmsg", "sendmmsg"),
    "waits": ("epoll_wait", "epoll_pwait", "epoll_pwait2", "poll", "ppoll"),
}
ALL = "raw_syscalls:sys_enter"
PREFIX = "syscalls:sys_enter_"


def parse_perf(text):
    """Counts by event, from the lines of `perf stat -x,`: count, unit, event, ..."""
    counts = {}
    for line in text.splitlines():
        fields = line.split(",")
        if len(fields) > 2 and fields[0].strip().isdigit():
            counts[fields[2]] = int(fields[0])
    return counts


@functools.cache
def perf_events():
    """The events that perf can count here; none if perf is missing or not permitted."""
    if not shutil.which("perf"):
        return []
    probe = subprocess.run(["perf", "stat", "-x,", "-e", ALL, "true"], capture_output=True, text=True)
    if probe.returncode or ALL not in parse_perf(probe.stderr):
        return []
    listed = subprocess.run(["perf", "list", "--no-desc", "tracepoint"], capture_output=True, text=True).stdout.split()
    wanted = [PREFIX + name for names in KINDS.values() for name in names]
    return [ALL] + [event for event in wanted if event in listed]


def by_kind(counts, everything):
    """Sums the counts of single system calls by kind."""
    kinds = {kind: sum(counts.get(name, 0) for name in names) for kind, names in KINDS.items()}
    return {**kinds, "all": everything}


def count_with_perf(pid, seconds):
    """Counts without stopping the server. Each system call takes a little longer meanwhile."""
    line = ["perf", "stat", "-x,", "-e", ",".join(perf_events()), "-p", str(pid), "--", "sleep", str(seconds)]
    counts = parse_perf(subprocess.run(line, capture_output=True, text=True).stderr)
    if ALL not in counts:
        raise servers.CannotBeHad("perf counted nothing")
    return by_kind({event.removeprefix(PREFIX): count for event, count in counts.items()}, counts[ALL])


def count_with_strace(pid, seconds):
    """Counts by stopping the server at each system call: only for few calls."""
    if not shutil.which("strace"):
        raise servers.CannotBeHad("there is neither perf nor strace")
    line = ["timeout", "-s", "INT", str(seconds), "strace", "-c", "-f", "-U", "name,calls", "-p", str(pid)]
    done = subprocess.run(line, capture_output=True, text=True)
    rows = [row.split() for row in done.stderr.splitlines()]
    counts = {row[0]: int(row[1]) for row in rows if len(row) == 2 and row[1].isdigit()}
    if "total" not in counts:
        raise servers.CannotBeHad("strace counted nothing")
    return by_kind(counts, counts["total"])


def per_frame(counts, frames, tool):
    """Counts, divided by the frames that the server sent meanwhile."""
    return {**{kind: count / frames for kind, count in counts.items()}, "tool": tool} if frames else None
