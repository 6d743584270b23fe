# SPDX-License-Identifier: Apache-2.0
"""A real Asterisk for the tests (tests/asterisk/pbx), and its phone."""
import os
import socket
import subprocess
import time
import unittest

from calls import PATIENCE_S, TREE, AudioSocketPeer, Process, eventually

PBX = os.path.join(TREE, "tests", "asterisk", "pbx")

# The application makes them for every caller who hangs up.
ORDINARY = ("app_audiosocket.c: Failed to receive frame from channel",
            "app_audiosocket.c: Failed to forward frame from AudioSocket")


class Pbx(Process):
    """An Asterisk with a folder of its own. The calls of its dialplan go to the server at this address."""

    def __init__(self, folder, server):
        check = subprocess.run([PBX, "check"], capture_output=True, text=True, check=False)
        if check.returncode != 0:
            raise unittest.SkipTest((check.stdout + check.stderr).strip().split(": ", 1)[-1])
        os.mkdir(folder)
        self.folder = folder
        super().__init__([PBX, "run", folder, f"SERVER={server}", "ADMIN="])
        self.wait_for_log("Asterisk Ready")
        self.start_lines = len(self.log().splitlines())

    def log(self):
        try:
            with open(os.path.join(self.folder, "log", "full"), encoding="utf-8", errors="replace") as file:
                return file.read()
        except FileNotFoundError:
            return ""

    def wait_for_log(self, text):
        eventually(lambda: text in self.log() or self.process.poll() is not None, f"Asterisk says \"{text}\"")
        assert text in self.log(), self.log() + self.said()

    def rx(self, line):
        subprocess.run([PBX, "rx", self.folder, line], check=True, capture_output=True, timeout=PATIENCE_S)

    def complaints(self):
        """Warnings and errors, without those of the start."""
        return [line for line in self.log().splitlines()[self.start_lines:]
                if ("] WARNING[" in line or "] ERROR[" in line) and not any(text in line for text in ORDINARY)]

    def said(self):
        return super().said() + self.log()


class Phone(AudioSocketPeer):
    """The caller's phone: Asterisk dials it, and connects it to the dialplan's way to the gateway."""

    def __init__(self, pbx, way, rate_hz=8000):
        form = "slin" if rate_hz == 8000 else f"slin{rate_hz // 1000}"
        with socket.create_server(("127.0.0.1", 0)) as listener:
            listener.settimeout(PATIENCE_S)
            pbx.rx(f"channel originate AudioSocket/127.0.0.1:{listener.getsockname()[1]}"
                   f"/40325ec2-5efd-4bd3-805f-53576e581d13/c({form}) extension {way}@meet")
            connection, _ = listener.accept()
        super().__init__(connection, rate_hz)
        self._start()
