#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The verdict, the picture and the command line of tools/soak. Nothing is measured here."""

import pathlib
import random
import subprocess
import sys
import tempfile
import unittest
import xml.etree.ElementTree

sys.dont_write_bytecode = True
ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "bench"))

from soak import plot, verdict  # noqa: E402

SECONDS = list(range(1200))


def judged(rss=lambda t: 20_000, descriptors=lambda t: 130, threads=lambda t: 7):
    """Returns which values are flat."""
    values = {"rss_kib": [rss(t) for t in SECONDS], "descriptors": [descriptors(t) for t in SECONDS],
              "threads": [threads(t) for t in SECONDS]}
    return {j.name: j.flat for j in verdict.judge(SECONDS, values)}


class Verdict(unittest.TestCase):
    def test_constant_values_are_flat(self):
        self.assertTrue(all(judged().values()))

    def test_noise_is_flat(self):
        chance = random.Random(1)
        self.assertTrue(all(judged(lambda t: 20_000 + chance.uniform(-800, 800),
                                   lambda t: 130 + chance.randrange(-20, 20)).values()))

    def test_growth_in_the_first_half_is_a_warm_up(self):
        self.assertTrue(judged(rss=lambda t: 20_000 + 40 * min(t, 600))["rss_kib"])

    def test_leak_of_150_bytes_a_call_is_found(self):
        chance = random.Random(1)  # at 10 calls a second
        self.assertFalse(judged(rss=lambda t: 20_000 + 1.5 * t + chance.uniform(-800, 800))["rss_kib"])

    def test_descriptor_lost_each_minute_is_found(self):
        self.assertFalse(judged(descriptors=lambda t: 130 + t // 60)["descriptors"])

    def test_thread_more_is_found(self):
        self.assertFalse(judged(threads=lambda t: 7 + (t > 900))["threads"])

    def test_fall_is_flat(self):
        self.assertTrue(judged(rss=lambda t: 40_000 - 10 * t)["rss_kib"])

    def test_what_an_idle_process_kept_is_named(self):
        before, after = {"descriptors": 21, "threads": 7}, {"descriptors": 23, "threads": 7}
        self.assertEqual(len(verdict.left_behind(before, after)), 1)
        self.assertEqual(verdict.left_behind(after, before), [])


class Picture(unittest.TestCase):
    def test_is_well_formed_and_has_a_line_for_each_value(self):
        lines = [{"seconds": t, "rss_kib": 20_000, "descriptors": 100, "threads": 7, "cpu_percent": 0, "calls": 5}
                 for t in SECONDS]
        root = xml.etree.ElementTree.fromstring(plot.draw("a < b", "c & d", lines))
        self.assertEqual(len(root.findall("{http://www.w3.org/2000/svg}polyline")), len(plot.PANELS))


class CommandLine(unittest.TestCase):
    def run_soak(self, *options):
        return subprocess.run([ROOT / "tools/soak", *options], capture_output=True, text=True)

    def test_help(self):
        done = self.run_soak("--help")
        self.assertEqual(done.returncode, 0)
        self.assertIn("--minutes", done.stdout)

    def test_wrong_values_are_refused(self):
        for options in (["--minutes", "0"], ["--minutes", "x"], ["--calls", "0"], ["--verb", "call"]):
            self.assertEqual(self.run_soak(*options).returncode, 2, options)

    def test_missing_command_is_reported(self):
        done = self.run_soak("--command", "/no/such/command", "--minutes", "1", "--out", str(pathlib.Path(tempfile.gettempdir()) / "audiosocket-soak-test"))
        self.assertEqual(done.returncode, 3)
        self.assertIn("cannot start /no/such/command", done.stderr)


if __name__ == "__main__":
    unittest.main()
