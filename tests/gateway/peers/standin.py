# SPDX-License-Identifier: Apache-2.0
"""Shared by the stand-ins of voice services: options, a journal, audio, and a detector of speech.

A stand-in serves the WebSocket protocol of one service on this machine, so that a gateway can be tried with no network
and no key. It is strict: what the real service would refuse is a mistake, which goes into the journal.
"""
import argparse
import array
import asyncio
import bisect
import json
import math
import ssl
import sys
import time

import websockets
from websockets.asyncio.server import serve

# Loudness (root mean square of 16-bit samples) that counts as speech, and how long it must last.
SPEECH_RMS = 500
SPEECH_MS = 60
SILENCE_MS = 500
WINDOW_MS = 20

# Answers go out in pieces of this length, this much faster than real time.
PIECE_MS = 100
AHEAD = 5


def _ulaw_to_linear(code):
    code = ~code & 0xFF
    magnitude = (((code & 0x0F) << 3) + 0x84 << (code >> 4 & 7)) - 0x84
    return -magnitude if code & 0x80 else magnitude


def _alaw_to_linear(code):
    code ^= 0x55
    segment = code >> 4 & 7
    magnitude = ((code & 0x0F) << 4) + 8
    if segment:
        magnitude = magnitude + 0x100 << segment - 1
    return magnitude if code & 0x80 else -magnitude


class AudioFormat:
    """Linear samples (two bytes, the lower one first), mu-law or A-law, mono."""

    def __init__(self, coding, rate_hz):
        self.coding = coding
        self.rate_hz = rate_hz
        self.sample_bytes = 2 if coding == "pcm" else 1
        if coding != "pcm":
            decode = _ulaw_to_linear if coding == "pcmu" else _alaw_to_linear
            self._decoded = [decode(code) for code in range(256)]

    def ms(self, payload_bytes):
        return payload_bytes * 1000 / (self.rate_hz * self.sample_bytes)

    def samples(self, payload):
        if self.coding != "pcm":
            return array.array("h", [self._decoded[code] for code in payload])
        samples = array.array("h", payload[: len(payload) // 2 * 2])
        if sys.byteorder == "big":
            samples.byteswap()
        return samples

    def pieces(self, ms):
        """A tone of this length, in pieces of PIECE_MS: each holds whole waves, so that they fit together."""
        piece = self.tone(PIECE_MS)
        for start_ms in range(0, ms, PIECE_MS):
            yield start_ms, piece[: self.rate_hz * min(PIECE_MS, ms - start_ms) // 1000 * self.sample_bytes]

    def tone(self, ms, hz=440):
        """A sine, as payload."""
        count = self.rate_hz * ms // 1000
        wave = [int(8000 * math.sin(2 * math.pi * hz * i / self.rate_hz)) for i in range(count)]
        if self.coding == "pcm":
            return b"".join(value.to_bytes(2, "little", signed=True) for value in wave)
        nearest = sorted((value, code) for code, value in enumerate(self._decoded))
        values = [value for value, _ in nearest]
        return bytes(nearest[min(bisect.bisect_left(values, value), 255)][1] for value in wave)


class SpeechDetector:
    """Reports when the caller begins to speak, and when the caller has stopped."""

    def __init__(self, audio_format):
        self.format = audio_format
        self.rest = b""
        self.loud_ms = self.quiet_ms = self.heard_ms = 0
        self.speaking = False

    def add(self, payload):
        """Returns the events in this audio: "started" and "stopped", in order."""
        events = []
        self.rest += payload
        window = self.format.rate_hz * WINDOW_MS // 1000 * self.format.sample_bytes
        while len(self.rest) >= window:
            samples = self.format.samples(self.rest[:window])
            self.rest = self.rest[window:]
            self.heard_ms += WINDOW_MS
            loud = math.sqrt(sum(s * s for s in samples) / len(samples)) >= SPEECH_RMS
            self.loud_ms = self.loud_ms + WINDOW_MS if loud else 0
            self.quiet_ms = 0 if loud else self.quiet_ms + WINDOW_MS
            if not self.speaking and self.loud_ms >= SPEECH_MS:
                self.speaking = True
                events.append("started")
            elif self.speaking and self.quiet_ms >= SILENCE_MS:
                self.speaking = False
                events.append("stopped")
        return events


class Journal:
    """One line of JSON an event, on the standard output."""

    def __init__(self):
        self.begin = time.monotonic()
        self.mistakes = 0

    def write(self, what, **more):
        line = {"ms": round((time.monotonic() - self.begin) * 1000), "what": what, **more}
        print(json.dumps(line), flush=True)

    def mistake(self, text):
        """Records that the client did something that the service refuses."""
        self.mistakes += 1
        self.write("mistake", text=text)


class Closed(Exception):
    """The stand-in has closed the connection, as the options require."""


async def until_closed(what):
    """Awaits what a session does on its own; it ends quietly when the connection closes."""
    try:
        await what
    except (Closed, websockets.ConnectionClosed):
        pass


class Connection:
    """A connection, with the faults that the options ask for."""

    def __init__(self, socket, options, journal, binary=False):
        self.socket = socket
        self.options = options
        self.journal = journal
        self.binary = binary
        self.closed = False

    async def step(self, name):
        """Called at this step of the script: closes the connection if the options say so."""
        self.journal.write("step", name=name)
        if self.options.close_at != name or self.options.closes_left == 0:
            return
        self.options.closes_left -= 1
        self.closed = True
        self.journal.write("closing", code=self.options.close_code)
        if self.options.close_code == 1006:
            self.socket.transport.abort()
        else:
            await self.socket.close(self.options.close_code, "as asked")
        raise Closed(name)

    async def send(self, message, quiet=False):
        text = json.dumps(message)
        if not quiet:
            self.journal.write("sent", message=shortened(message))
        await self.socket.send(text.encode() if self.binary else text)


def shortened(value):
    """Replaces audio and other long texts by their length."""
    if isinstance(value, dict):
        return {name: shortened(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [shortened(inner) for inner in value]
    if isinstance(value, str) and len(value) > 200:
        return f"({len(value)} characters)"
    return value


def parser(description, steps):
    p = argparse.ArgumentParser(description=description)
    p.add_argument("--port", type=int, default=0, help="0: any that is free; the journal says which")
    p.add_argument("--certificate", help="serve TLS with this certificate and its key, both in one PEM file")
    p.add_argument("--connections", type=int, default=0, help="end after so many connections; 0: never")
    p.add_argument("--answer-ms", type=int, default=2000, help="length of each answer")
    p.add_argument("--slow-ms", type=int, default=0, help="how long the service thinks before each message of an answer")
    p.add_argument("--barge-in-ms", type=int, default=0,
                   help="say that the caller speaks, so long after the first audio of an answer; 0: only when it is so")
    p.add_argument("--late", type=int, default=0, help="pieces of audio that are sent after an interruption")
    p.add_argument("--expire-after-ms", type=int, default=0, help="the longest time of a session; 0: none")
    p.add_argument("--tool", action="store_true", help="ask for a function before the first answer")
    p.add_argument("--close-at", choices=steps, help="close the connection at this step")
    p.add_argument("--close-code", type=int, default=1011, help="1006: without a closing handshake")
    p.add_argument("--closes", type=int, default=1, help="in how many connections")
    return p


async def _serve(options, journal, handle):
    done = asyncio.Event()
    connections = 0

    async def one(socket):
        nonlocal connections
        connections += 1
        journal.write("connected", path=socket.request.path)
        try:
            await handle(socket)
        except (Closed, websockets.ConnectionClosed):
            pass
        except Exception as error:  # a fault of the stand-in must not look like one of the gateway
            journal.write("broken", text=repr(error))
            journal.mistakes += 1
            raise
        finally:
            journal.write("disconnected", code=socket.close_code, reason=socket.close_reason)
            if connections == options.connections:
                done.set()

    tls = None
    if options.certificate:
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(options.certificate)
    async with serve(one, "127.0.0.1", options.port, ssl=tls, max_size=16 * 1024 * 1024) as server:
        journal.write("listening", port=server.sockets[0].getsockname()[1])
        await done.wait()


def run(options, handle):
    """Serves until --connections have ended. The exit code is 1 if the client made mistakes."""
    options.closes_left = options.closes
    journal = Journal()
    try:
        asyncio.run(_serve(options, journal, lambda socket: handle(socket, options, journal)))
    except KeyboardInterrupt:
        pass
    sys.exit(1 if journal.mistakes else 0)
