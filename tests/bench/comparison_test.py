#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The plan, the goals and the pages of bench/compare. Nothing is measured here."""

import json
import pathlib
import subprocess
import sys
import tempfile
import types
import unittest
from unittest import mock

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent.parent / "bench"))

from comparison import congestion, document, goals, half_core, servers, syscalls, workloads  # noqa: E402
from comparison.numbers import Results  # noqa: E402

LOADS = [200, 500, 1000, 1500, 2000]


def arguments(**more):
    return types.SimpleNamespace(**{"calls": LOADS, "repeat": 1, "duration": 5, "quick": False,
                                    "workloads": workloads.WORKLOADS, **more})


def result_of(job, cost_us=10.0, jitter_us=100.0, round_trip_us=1000.0):
    """The report of `audiosocket bench` about a server that loses no frame."""
    spread = {"p50": 10, "p90": 20, "p99": jitter_us, "p99_9": jitter_us, "max": jitter_us}
    if job.workload == "capacity":
        return {"capacity": {"calls": 1000, "bounded_by": "jitter", "at_least": False}, "held_by": "a quota"}
    frames = 50 * job.calls * 5
    return {"duration_s": 5, "frames_sent": frames, "frames_received": frames, "frames_lost": 0, "calls_placed": job.calls,
            "calls_failed": 0, "jitter_us": spread, "machine_overshoot_us": dict(spread, p99=10, p99_9=10),
            "round_trip_us": dict(spread, p99=round_trip_us), "first_frame_us": spread, "own_cpu_share": 0.3,
            "generator_late": False, "syscalls": {"reads": 1, "sends": 1, "waits": 0.1, "all": 2.2, "tool": "perf stat"},
            "server": {"cpu_us_per_frame": cost_us, "cpu_share": 0.5, "resident_bytes_per_call": 1024,
                       "context_switches_per_frame": 0.1}}


class Made(unittest.TestCase):
    """Results of all jobs. A test changes them before it reads them."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.present = list(servers.SERVERS)
        self.jobs = workloads.plan(arguments(), self.present, True)
        self.runs = [{**job._asdict(), "result": result_of(job)} for job in self.jobs]

    def write(self):
        file = self.folder / "results.json"
        settings = {"calls": LOADS, "repeat": 1, "duration_s": 5, "quick": False, "realtime": False, "server_core": 0,
                    "generator_core": 1, "congestion": "reno", "churn_call_s": 1, "minutes": 20}
        file.write_text(json.dumps({"environment": {"date": "today"}, "settings": settings, "servers": self.present, "absent": {},
                                    "command_lines": {}, "generator": ["audiosocket"], "runs": self.runs}))
        return file

    def change(self, workload, server, change, **more):
        found = [run for run in self.runs if run["workload"] == workload and run["server"] == server
                 and all(run[key] == value for key, value in more.items())]
        self.assertTrue(found, (workload, server, more))
        for run in found:
            change(run["result"])

    def verdict(self, goal):
        found = [v for v in goals.verdicts(Results(self.write())) if v.goal == goal]
        self.assertEqual(len(found), 1, goal)
        return found[0].met


class Goals(Made):
    def test_each_goal_is_met_by_a_server_that_is_good_enough(self):
        for name in ("go-v0.2.1", "turn"):
            self.change("echo", name, lambda r: r["server"].update(cpu_us_per_frame=16))
        self.change("playback", "go-v0.2.1", lambda r: r["server"].update(cpu_us_per_frame=16))
        self.change("capacity", "go-v0.2.1", lambda r: r["capacity"].update(calls=500))
        missed = [v.goal for v in goals.verdicts(Results(self.write())) if v.met is not True]
        self.assertEqual(missed, [])

    def test_a_bound_holds_at_its_value_and_not_beyond(self):
        goal = "round trip of an echo, 99 %, 1,500 calls"
        for round_trip_us, met in ((5000, True), (5100, False)):
            self.change("echo", "ours", lambda r: r["round_trip_us"].update(p99=round_trip_us), calls=1500)
            self.assertEqual(self.verdict(goal), met, round_trip_us)

    def test_one_lost_frame_of_a_full_core_is_a_miss(self):
        self.change("echo", "ours", lambda r: r.update(frames_lost=1), calls=2000)
        self.assertIs(self.verdict("every frame comes back, echo, 2,000 calls"), False)

    def test_uneven_callers_are_judged_with_their_own_jitter(self):
        goal = "round trip of an echo, 99 %, 1,000 calls, frames up to 15 ms late"
        self.change("uneven", "ours", lambda r: r["round_trip_us"].update(p99=50_000), calls=1000, jitter_ms=40)
        self.assertIs(self.verdict(goal), True)
        self.change("uneven", "ours", lambda r: r["round_trip_us"].update(p99=41_000), calls=1000, jitter_ms=15)
        self.assertIs(self.verdict(goal), False)

    def test_a_load_that_go_does_not_hold_is_not_compared(self):
        goal = "CPU a frame, echo, 2,000 calls: at most 0.65 times Go's"
        self.assertIs(self.verdict(goal), False)
        self.change("echo", "go-v0.2.1", lambda r: r["jitter_us"].update(p99=5000), calls=2000)
        self.assertIsNone(self.verdict(goal))
        self.change("echo", "go-v0.2.1", lambda r: (r["jitter_us"].update(p99=100), r.update(frames_received=1)), calls=2000)
        self.assertIsNone(self.verdict(goal))

    def test_fewer_calls_than_the_load_could_make_prove_nothing(self):
        goal = "calls a core at equal quality, echo: 2 times Go's"
        self.assertIs(self.verdict(goal), False)
        self.change("capacity", "ours", lambda r: r["capacity"].update(at_least=True), mode="echo")
        self.assertIsNone(self.verdict(goal))
        self.change("capacity", "ours", lambda r: r["capacity"].update(calls=2000), mode="echo")
        self.assertIs(self.verdict(goal), True)

    def test_two_shards_are_compared_with_one(self):
        goal = "CPU a frame, echo, 1,000 calls, two shards: within 10 % of one shard's"
        for cost_us, met in ((11, True), (11.1, False)):
            self.change("shards", "ours", lambda r: r["server"].update(cpu_us_per_frame=cost_us), mode="echo", shards=2)
            self.assertEqual(self.verdict(goal), met, cost_us)

    def test_nothing_measured_is_nothing_shown(self):
        self.runs = []
        self.assertEqual({v.met for v in goals.verdicts(Results(self.write()))}, {None})


class Document(Made):
    def text(self):
        """Both pages."""
        document.write(self.write(), self.folder / "benchmarks.md")
        return "".join((self.folder / name).read_text() for name in ("benchmarks.md", "benchmarks-details.md"))

    def test_it_has_a_row_for_each_server_and_load(self):
        text = self.text()
        for row in ("| 1,500 calls, echo, bare turn | 1.00 | 1.00 | 0.10 | 2.20 | 0.10 |",
                    "| 1,500 calls, up to 40 ms late, AudioSocket for C++ | 0.01 | 1.00 | 0.01 | 0.10 | 0.00 |",
                    "| 1,000 calls, playback, shards: 2 | 10.0 | 50.0 | 0.10 | 30.0 |",
                    "| Go v0.2.1, playback | 1,000 | jitter |"):
            self.assertIn(row, text)
        self.assertIn("congestion control reno", text)
        self.assertIn("Nothing: no call failed", text)

    def test_cost_of_a_load_that_is_not_held_is_left_out(self):
        row = "| Go v0.2.1 | 10.0 | 10.0 | 10.0 | 10.0 | 10.0 |"
        self.assertEqual(self.text().count(row), 4)  # echo and playback, on both pages
        self.change("echo", "go-v0.2.1", lambda r: r["jitter_us"].update(p99=5000), calls=1000)
        text = self.text()
        self.assertEqual(text.count(row), 3)
        self.assertIn("| Go v0.2.1 | 10.0 | 10.0 | – | 10.0 | 10.0 |", text)
        self.assertIn("| echo, Go v0.2.1 | 1,000 | **no** | – | 5.00 | 1.00 |", text)

    def test_goals_of_each_load_are_ratios_and_bold_where_missed(self):
        self.change("echo", "ours", lambda r: r["server"].update(cpu_us_per_frame=13), calls=500)
        self.change("echo", "ours", lambda r: (r["jitter_us"].update(p99=110), r.update(generator_late=True)), calls=200)
        text = self.text()
        self.assertIn("| CPU a frame, echo: at most 1.25 times the bare turn's | 1.00* | **1.30** | 1.00 | 1.00 | 1.00 |", text)
        self.assertIn("| jitter, 99 %, echo: at most Go's | **1.10*** | 1.00 | 1.00 | 1.00 | 1.00 |", text)

    def test_what_went_wrong_names_the_run(self):
        self.change("uneven", "turn", lambda r: r.update(frames_lost=3), calls=1500, jitter_ms=40)
        self.assertIn("- bare turn, uneven, echo, 40 ms late, 1,500 calls, repeat 1: 3 frames never came back", self.text())

    def test_runs_without_a_count_of_system_calls_have_no_row(self):
        for run in self.runs:
            run["result"].pop("syscalls", None)
        self.assertIn("They could not be counted", self.text())

    def test_a_search_that_failed_is_left_out(self):
        for run in self.runs:
            if run["workload"] == "capacity":
                run.pop("result")
                run["error"] = "it cannot be held"
        self.assertIn("nothing: no search ended", self.text())


class Plan(unittest.TestCase):
    def test_all_of_it_once_takes_less_than_25_minutes(self):
        jobs = workloads.plan(arguments(), list(servers.SERVERS), True)
        self.assertLess(workloads.estimate_s(arguments(), jobs), 25 * 60)

    def test_strace_has_jobs_of_its_own_where_perf_cannot_count(self):
        for perf, count in ((True, 0), (False, 2)):
            jobs = workloads.plan(arguments(), ["ours"], perf)
            self.assertEqual(sum(job.workload == "syscalls" for job in jobs), count)

    def test_uneven_callers_have_the_chosen_loads_or_the_largest(self):
        self.assertEqual(workloads.uneven_loads(arguments()), [1000, 1500])
        self.assertEqual(workloads.uneven_loads(arguments(calls=[10, 20])), [20])

    def test_only_servers_that_play_are_asked_to(self):
        played = {job.server for job in workloads.plan(arguments(), list(servers.SERVERS), True) if job.mode == "playback"}
        self.assertEqual(played, {"ours", "go-v0.2.1", "go-v0.3.0", "npm"})


class SystemCalls(unittest.TestCase):
    def test_lines_of_perf_are_counts_by_event(self):
        said = ("1000,,raw_syscalls:sys_enter,5,100.00,,\n400,,syscalls:sys_enter_recvfrom,5,100.00,,\n"
                "<not counted>,,syscalls:sys_enter_read,0,0.00,,\n")
        self.assertEqual(syscalls.parse_perf(said), {"raw_syscalls:sys_enter": 1000, "syscalls:sys_enter_recvfrom": 400})

    def test_kinds_are_sums(self):
        counts = syscalls.by_kind({"recvfrom": 3, "read": 4, "sendto": 5, "epoll_pwait": 6, "futex": 7}, 25)
        self.assertEqual(counts, {"reads": 7, "sends": 5, "waits": 6, "all": 25})
        self.assertEqual(syscalls.per_frame(counts, 10, "perf stat")["all"], 2.5)
        self.assertIsNone(syscalls.per_frame(counts, 0, "perf stat"))

    def test_table_of_strace_is_read(self):
        said = "syscall                calls\n---------------- ---------\nread                      98\ntotal                    196\n"
        done = subprocess.CompletedProcess([], 0, "", said)
        with mock.patch.object(syscalls.subprocess, "run", return_value=done), \
                mock.patch.object(syscalls.shutil, "which", return_value="strace"):
            self.assertEqual(syscalls.count_with_strace(1, 1), {"reads": 98, "sends": 0, "waits": 0, "all": 196})


class Refusals(unittest.TestCase):
    def test_unknown_congestion_control_is_answered_with_the_known_ones(self):
        with mock.patch.object(congestion, "known", return_value=["reno", "bbr"]), \
                mock.patch.object(congestion.os, "geteuid", return_value=0):
            with self.assertRaisesRegex(congestion.Refused, "the kernel does not have vegas; it has: reno, bbr"):
                congestion.check("vegas")

    def test_congestion_control_takes_root(self):
        with mock.patch.object(congestion.os, "geteuid", return_value=1000):
            with self.assertRaisesRegex(congestion.Refused, "it takes root"):
                congestion.check("reno")

    def test_a_server_with_realtime_priority_is_not_held(self):
        with self.assertRaisesRegex(servers.CannotBeHad, "real-time"):
            with half_core.held(1, 0, True):
                pass

    def test_without_quota_and_core_a_server_is_not_held(self):
        with mock.patch.object(half_core, "quotas", return_value=[]):
            with self.assertRaisesRegex(servers.CannotBeHad, "no CPU quota, and no core of its own"):
                with half_core.held(1, None, False):
                    pass


if __name__ == "__main__":
    unittest.main()
