# SPDX-License-Identifier: Apache-2.0
"""Shared by the tests of the gateway: processes that never outlive their test, a gateway, callers, and sound."""
import array
import json
import os
import random
import signal
import socket
import subprocess
import tempfile
import threading
import time
import unittest
import urllib.request
import uuid
import wave

COMMAND = os.environ["AUDIOSOCKET_COMMAND"]
PEERS = os.environ["GATEWAY_PEERS"]
TREE = os.path.abspath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))

# Only a hanging process needs this long. A slow process on a busy machine has not failed.
PATIENCE_S = 300


def eventually(condition, what):
    """Waits until the condition holds, and returns what it returned."""
    limit = time.monotonic() + PATIENCE_S
    while not (result := condition()):
        if time.monotonic() > limit:
            raise AssertionError(f"this did not happen within {PATIENCE_S} s: {what}")
        time.sleep(0.02)
    return result


class Process:
    """A process whose output is read as it comes."""

    def __init__(self, arguments, **more):
        self.name = os.path.basename(arguments[0])
        self.process = subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                        stdin=subprocess.DEVNULL, **more)
        self.lines = []
        self.errors = []
        self._readers = [threading.Thread(target=self._read, args=pair, daemon=True)
                         for pair in ((self.process.stdout, self.lines), (self.process.stderr, self.errors))]
        for reader in self._readers:
            reader.start()

    @staticmethod
    def _read(pipe, lines):
        with pipe:
            for line in pipe:
                lines.append(line.rstrip("\n"))

    def wait_for_line(self, text):
        """Returns the first line of the output with this text."""
        def look():
            for line in list(self.lines):
                if text in line:
                    return line
            if self.process.poll() is not None and not any(reader.is_alive() for reader in self._readers):
                raise AssertionError(f"{self.name} ended without \"{text}\":\n{self.said()}")
            return None
        return eventually(look, f"{self.name} says \"{text}\"")

    def said(self):
        return "\n".join(self.lines + self.errors)

    def wait(self):
        """Returns the exit code."""
        try:
            code = self.process.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"{self.name} does not end:\n{self.said()}") from None
        for reader in self._readers:
            reader.join()
        return code

    def interrupt(self):
        self.process.send_signal(signal.SIGINT)
        return self.wait()

    def kill(self):
        self.process.kill()
        self.process.wait()


class Gateway(Process):
    """`audiosocket gateway` with its events."""

    def __init__(self, dialect, backend, *options):
        super().__init__([COMMAND, "gateway", "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0", "--json",
                          "--dialect", dialect, "--backend", backend, *options])
        self.address = json.loads(self.wait_for_line('"listening"'))["address"]
        self.admin = json.loads(self.wait_for_line('"admin"'))["address"]

    def events(self, name=None):
        found = [json.loads(line) for line in list(self.lines)]
        return [event for event in found if name in (None, event["event"])]

    def wait_for(self, name, count=1):
        """Returns the event of this name; of several, the one with this number."""
        return eventually(lambda: self.events(name)[count - 1:count], f"event {name}\n{self.said()}")[0]

    def end_of_call(self):
        """Waits for the end. Returns what the gateway counted of the back end."""
        self.wait_for("ended")
        return self.wait_for("gateway")["backend"]


class Caller(Process):
    """`audiosocket call`: it plays a sound, and records what it hears."""

    def __init__(self, gateway, folder, *options, play=None, keys=None, keys_after_s=0.5):
        self.heard_path = os.path.join(folder, f"heard-{random.randrange(1 << 48):x}.slin")
        arguments = [COMMAND, "call", gateway.address, "--record", self.heard_path, "--duration", "1000", "--json"]
        if play:
            arguments += ["--play", play]
        if keys:
            arguments += ["--dtmf", keys, "--dtmf-after", str(keys_after_s)]
        super().__init__([*arguments, *options])

    def heard(self):
        """All samples so far."""
        try:
            with open(self.heard_path, "rb") as file:
                data = file.read()
        except FileNotFoundError:
            return array.array("h")
        return array.array("h", data[:len(data) // 2 * 2])

    def sound(self):
        """The samples so far that are not silence."""
        return [sample for sample in self.heard() if sample]

    def wait_for_sound(self, count):
        return eventually(lambda: len(self.sound()) >= count, f"the caller hears {count} samples of sound")

    def hang_up(self):
        """Returns the report."""
        code = self.interrupt()
        assert code == 0, self.said()
        return json.loads("\n".join(self.lines))

    def wait_for_hang_up(self):
        """The other side hangs up. Returns the report."""
        code = self.wait()
        assert code == 0, self.said()
        return json.loads("\n".join(self.lines))


class AudioSocketPeer:
    """One end of a call, which the test controls. It sends a frame each 20 ms, as Asterisk does."""

    HANGUP, ID, DTMF = 0x00, 0x01, 0x03
    AUDIO = {8000: 0x10, 12000: 0x11, 16000: 0x12, 24000: 0x13, 32000: 0x14, 44100: 0x15, 48000: 0x16}

    def __init__(self, connection, rate_hz=8000):
        self._frame_bytes = 2 * rate_hz // 50
        self._audio = self.AUDIO[rate_hz]
        self.ended = threading.Event()
        self._heard = bytearray()
        self._to_say = bytearray()
        self._lock = threading.Lock()
        self._socket = connection

    def _start(self):
        for work in (self._listen, self._speak):
            threading.Thread(target=work, daemon=True).start()

    def say(self, samples):
        with self._lock:
            self._to_say += array.array("h", samples).tobytes()

    def has_said_all(self):
        with self._lock:
            return not self._to_say

    def press(self, key):
        self._send(self.DTMF, key.encode())

    def heard(self):
        with self._lock:
            return array.array("h", bytes(self._heard))

    def sound(self):
        return [sample for sample in self.heard() if sample]

    def wait_for_sound(self, count):
        return eventually(lambda: len(self.sound()) >= count, f"the caller hears {count} samples of sound")

    def wait_for_hang_up(self):
        eventually(self.ended.is_set, "the gateway hangs up")

    def hang_up(self):
        """Closes the connection, as Asterisk does."""
        with self._lock:
            self._to_say.clear()
        self._socket.shutdown(socket.SHUT_WR)
        self.wait_for_hang_up()

    def close(self):
        self._socket.close()

    def _send(self, kind, payload):
        with self._lock:
            self._socket.sendall(bytes([kind]) + len(payload).to_bytes(2, "big") + payload)

    def _speak(self):
        frame_bytes = self._frame_bytes
        due = time.monotonic()
        while not self.ended.is_set():
            with self._lock:
                payload = bytes(self._to_say[:frame_bytes]).ljust(frame_bytes, b"\0")
                del self._to_say[:frame_bytes]
            try:
                self._send(self._audio, payload)
            except OSError:
                return
            due += 0.02
            time.sleep(max(0, due - time.monotonic()))

    def _listen(self):
        try:
            with self._socket.makefile("rb") as stream:
                while len(header := stream.read(3)) == 3:
                    payload = stream.read(int.from_bytes(header[1:], "big"))
                    if header[0] == self._audio:
                        with self._lock:
                            self._heard += payload
        except OSError:
            pass
        self.ended.set()


class LiveCaller(AudioSocketPeer):
    """A caller of the gateway."""

    def __init__(self, gateway, call_id=None):
        host, port = gateway.address.rsplit(":", 1)
        super().__init__(socket.create_connection((host, int(port))))
        self.id = call_id or str(uuid.uuid4())
        self._send(self.ID, uuid.UUID(self.id).bytes)
        self._start()


def register(gateway, call_id, **context):
    """Announces a call at the admin address."""
    request = urllib.request.Request(f"http://{gateway.admin}/calls/{call_id}", json.dumps(context).encode(),
                                     {"Content-Type": "application/json"}, method="PUT")
    with urllib.request.urlopen(request, timeout=PATIENCE_S) as response:
        return json.load(response)


def write_wav(path, samples, rate_hz=8000):
    with wave.open(path, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate_hz)
        file.writeframes(array.array("h", samples).tobytes())
    return path


class GatewayCase(unittest.TestCase):
    """A test with a folder and processes of its own."""

    maxDiff = 2000

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="audiosocket-gateway-")
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def path(self, name):
        return os.path.join(self.folder, name)

    def keep(self, process):
        """Starts a process that ends with the test. Its output is shown if the test fails."""
        self.addCleanup(self._end, process)
        return process

    def _end(self, process):
        process.kill()
        if self._outcome.result.failures or self._outcome.result.errors:
            print(f"--- {process.name} said\n{process.said()}")

    def gateway(self, *arguments):
        return self.keep(Gateway(*arguments))

    def caller(self, gateway, *options, **more):
        return self.keep(Caller(gateway, self.folder, *options, **more))

    def live_caller(self, gateway, call_id=None):
        caller = LiveCaller(gateway, call_id)
        self.addCleanup(caller.close)
        return caller

    def assert_in_order(self, said, heard):
        """Expects all of these samples and no other sound. If a process was late, silence may separate them."""
        sound = [sample for sample in heard if sample]
        same = next((i for i, (left, right) in enumerate(zip(said, sound)) if left != right), min(len(said), len(sound)))
        self.assertEqual((len(sound), same), (len(said), len(said)), "samples of sound, and how many are right")
