# SPDX-License-Identifier: Apache-2.0
"""Keeps the interpreter lock, as an extension does that computes for a while."""

import ctypes
import threading
import time


def hold_the_interpreter(arguments):
    """With `--hold-gil MS` in the arguments: holds it for so long, twice a second, until the process ends."""
    if "--hold-gil" not in arguments:
        return
    milliseconds = int(arguments[arguments.index("--hold-gil") + 1])
    keep = ctypes.PyDLL(None).usleep  # a function of PyDLL does not give the lock back

    def again():
        while True:
            keep(milliseconds * 1000)
            time.sleep(0.5 - milliseconds / 1000)

    threading.Thread(target=again, daemon=True).start()
