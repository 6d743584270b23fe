# SPDX-License-Identifier: Apache-2.0
"""Starts a stand-in as a separate process, and reads its journal."""
import json
import math
import os
import subprocess
import sys


class StandinProcess:
    def __init__(self, name, *options):
        script = os.path.join(os.path.dirname(os.path.abspath(__file__)), name)
        self.process = subprocess.Popen([sys.executable, script, "--connections", "1", *options],
                                        stdout=subprocess.PIPE, text=True)
        self.journal = []
        self.port = self.wait_for("listening")["port"]

    def wait_for(self, what):
        for line in self.process.stdout:
            self.journal.append(json.loads(line))
            if self.journal[-1]["what"] == what:
                return self.journal[-1]
        raise AssertionError(f"the stand-in ended before: {what}")

    def wait_for_step(self, name):
        while self.wait_for("step")["name"] != name:
            pass

    def finish(self):
        """Waits for the end. Returns the summary of the connection. A mistake of the client fails the test."""
        self.journal += [json.loads(line) for line in self.process.stdout]
        code = self.process.wait()
        wrong = [line for line in self.journal if line["what"] in ("mistake", "broken")]
        assert code == 0 and not wrong, wrong
        return next(line for line in self.journal if line["what"] == "summary")

    def stop(self):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()


def make_certificate(folder):
    """Returns a file with a self-signed certificate for 127.0.0.1 and its key."""
    path = os.path.join(folder, "certificate.pem")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                    "-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost",
                    "-keyout", path, "-out", path + ".certificate"], check=True, capture_output=True)
    with open(path, "a", encoding="ascii") as both, open(path + ".certificate", encoding="ascii") as certificate:
        both.write(certificate.read())
    return path


def speech(rate_hz, ms=400):
    """Loud audio, as linear samples."""
    count = rate_hz * ms // 1000
    return b"".join(int(6000 * math.sin(i * 0.3)).to_bytes(2, "little", signed=True) for i in range(count))


def silence(rate_hz, ms=800):
    return bytes(rate_hz * ms // 1000 * 2)


def events_until(test, connection, kind):
    """Receives events of a client of OpenAI until one of this type, and returns all of them. An error fails the test."""
    events = []
    for event in connection:
        test.assertNotEqual(event.type, "error", event)
        events.append(event)
        if event.type == kind:
            return events
    test.fail(f"closed before {kind}")
    return events
