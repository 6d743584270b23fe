# SPDX-License-Identifier: Apache-2.0
"""Runs the tests of one module with unittest. The exit code is 77 if all of them were skipped."""
import os
import sys
import unittest

SKIPPED = 77  # what ctest takes for a skipped test


def main():
    module, *options = sys.argv[1:]
    here = os.path.dirname(os.path.abspath(__file__))
    for folder in (here, os.path.join(here, "peers")):
        sys.path.insert(0, folder)
    done = unittest.main(module, argv=[module, *options], verbosity=2, exit=False).result
    name = module.removesuffix("_test")
    if not done.wasSuccessful():
        return 1
    if done.skipped and len(done.skipped) >= done.testsRun:
        print(f"SKIPPED gateway.{name}: {done.skipped[0][1]}")
        return SKIPPED
    for test, reason in done.skipped:
        print(f"SKIPPED in gateway.{name}: {test} ({reason})")
    return 0 if done.testsRun else 1


if __name__ == "__main__":
    sys.exit(main())
