# SPDX-License-Identifier: Apache-2.0
"""Examples and the command `audiosocket` as processes."""

import contextlib
import os
import pathlib
import re
import signal
import subprocess
import sys
import threading

COMMAND = os.environ.get("AUDIOSOCKET_COMMAND")
EXAMPLES = pathlib.Path(__file__).resolve().parents[3] / "bindings" / "python" / "examples"
HANG_S = 300  # only what hangs takes so long


class Running:
    """A process whose output is read line by line."""

    def __init__(self, *arguments, folder):
        self.process = subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True, cwd=folder)
        self.timer = threading.Timer(HANG_S, self.process.kill)
        self.timer.start()

    def line(self, pattern):
        """Returns the match of the first line that has this pattern."""
        for line in self.process.stdout:
            if match := re.search(pattern, line):
                return match
        raise AssertionError(f"ended without {pattern!r}, with code {self.process.wait()}")

    def interrupt(self):
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(HANG_S)

    def end(self):
        self.timer.cancel()
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()


@contextlib.contextmanager
def example(name, *arguments, folder):
    """Starts an example that is a server. Gives it and its address."""
    running = Running(sys.executable, EXAMPLES / name, *arguments, "127.0.0.1:0", folder=folder)
    try:
        yield running, f"127.0.0.1:{running.line('listening on port ([0-9]+)')[1]}"
    finally:
        running.end()


def run_command(*arguments, folder):
    return subprocess.run(arguments, capture_output=True, text=True, cwd=folder, timeout=HANG_S)
