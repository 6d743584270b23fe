# SPDX-License-Identifier: Apache-2.0
"""Callers of a soak, good and hostile, on asyncio. Each place makes one call after the other; a seed decides which."""

import asyncio
import collections
import contextlib
import logging
import random
import socket
import struct
import time

FRAME_S = 0.02
FRAME_BYTES = 320  # of 8 kHz
HANGUP, ID, DTMF, AUDIO = 0x00, 0x01, 0x03, 0x10
GAP_S_MAX = 2.0    # Asterisk gives a silent server up after this time


# The server may close first; what is sent then is lost without a word.
logging.getLogger("asyncio").setLevel(logging.ERROR)


def message(kind, payload=b""):
    return struct.pack(">BH", kind, len(payload)) + payload


TONE = message(AUDIO, b"".join(struct.pack("<h", (i % 40) * 400 - 8000) for i in range(FRAME_BYTES // 2)))


class OwnClock:
    """The time without the standstills of this process, which are no fault of the server."""
    BEAT_S = 0.05

    def __init__(self):
        self.lost = 0.0
        self.beat = time.monotonic()

    async def run(self):
        while True:
            self.beat = time.monotonic()
            await asyncio.sleep(self.BEAT_S)
            self.lost += self.late()

    def late(self):
        return max(0.0, time.monotonic() - self.beat - 2 * self.BEAT_S)

    def now(self):
        return time.monotonic() - self.lost - self.late()


class Line:
    """A connection. What the server sends is counted and thrown away, until it hangs up or closes."""

    def __init__(self, reader, writer, clock):
        self.reader, self.writer, self.clock = reader, writer, clock
        self.frames = 0
        self.ended = asyncio.Event()
        self.last = clock.now()
        self.longest_gap = 0.0
        self.reading = asyncio.create_task(self.read())

    async def read(self):
        rest = b""
        with contextlib.suppress(OSError):
            while piece := await self.reader.read(65536):
                rest += piece
                begin = 0
                while len(rest) - begin >= 3:
                    kind, length = rest[begin], rest[begin + 1] << 8 | rest[begin + 2]
                    if len(rest) - begin < 3 + length:
                        break
                    begin += 3 + length
                    self.frames += kind == AUDIO
                rest = rest[begin:]
                now = self.clock.now()
                self.longest_gap = max(self.longest_gap, now - self.last)
                self.last = now
        self.ended.set()

    def send(self, data):
        if not self.writer.transport.is_closing() and not self.ended.is_set():
            with contextlib.suppress(OSError):
                self.writer.write(data)

    async def speak(self, seconds, pieces=()):
        """Sends audio until the server ends the call. `pieces`: (frame number, bytes sent before it)."""
        pieces = dict(pieces)
        start = time.monotonic()
        for n in range(int(seconds / FRAME_S)):
            self.send(pieces.get(n, b"") + TONE)
            await asyncio.sleep(max(0, start + (n + 1) * FRAME_S - time.monotonic()))
            if self.ended.is_set():
                return

    def reset(self):
        self.writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.writer.transport.abort()

    async def close(self):
        self.reading.cancel()
        self.writer.close()
        with contextlib.suppress(OSError, asyncio.TimeoutError):
            await asyncio.wait_for(self.writer.wait_closed(), 5)


async def good(line, chance, what):
    """Speaks, perhaps presses keys, and hangs up or closes."""
    seconds = chance.uniform(0.5, 6)
    keys = [(chance.randrange(1, 100), message(DTMF, chance.choice(b"0123456789*#").to_bytes(1, "big")))
            for _ in range(3 if what == "keys" else 0)]
    line.send(message(ID, chance.randbytes(16)))
    await line.speak(seconds, keys)
    if what == "closes":
        with contextlib.suppress(OSError):
            line.writer.write_eof()
    else:
        line.send(message(HANGUP))
    with contextlib.suppress(asyncio.TimeoutError):
        await asyncio.wait_for(line.ended.wait(), 5)


async def hostile(line, chance, what):
    if what == "silent":
        with contextlib.suppress(asyncio.TimeoutError):
            await asyncio.wait_for(line.ended.wait(), 10)
        return
    if what == "garbage":
        line.send(chance.randbytes(chance.randrange(1, 2000)))
        with contextlib.suppress(asyncio.TimeoutError):
            await asyncio.wait_for(line.ended.wait(), 3)
        return
    line.send(message(ID, chance.randbytes(16)))
    if what == "slow":  # a header, then a byte at a time
        for byte in message(AUDIO, bytes(FRAME_BYTES)):
            line.send(bytes([byte]))
            await asyncio.sleep(0.05)
            if line.ended.is_set():
                break
    elif what == "floods":
        for _ in range(40):
            line.send(TONE * 40)
            await asyncio.sleep(0.01)
    elif what == "flips":  # another rate in each message
        for n in range(200):
            line.send(message(0x10 + n % 9, bytes(2)))
            await asyncio.sleep(0.005)
    else:  # reset, in the middle of a message
        await line.speak(chance.uniform(0.1, 2))
        line.send(TONE[:100])
        line.reset()


KINDS = {"speaks": (good, 6), "keys": (good, 3), "closes": (good, 2), "resets": (hostile, 2), "silent": (hostile, 1),
         "garbage": (hostile, 1), "slow": (hostile, 1), "floods": (hostile, 1), "flips": (hostile, 1)}


class Load:
    """As many places as calls at once."""

    def __init__(self, host, port, places, seed):
        self.where, self.places, self.seed = (host, port), places, seed
        self.made = collections.Counter()
        self.refused = 0
        self.frames = 0
        self.silent_calls = 0  # good calls that waited for audio for longer than Asterisk does
        self.over = asyncio.Event()
        self.clock = OwnClock()

    async def place(self, number):
        chance = random.Random(f"{self.seed}/{number}")
        names, weights = list(KINDS), [weight for _, weight in KINDS.values()]
        while not self.over.is_set():
            what = chance.choices(names, weights)[0]
            try:
                line = Line(*await asyncio.open_connection(*self.where), self.clock)
            except OSError:
                self.refused += 1
                await asyncio.sleep(0.2)
                continue
            self.made[what] += 1
            call = KINDS[what][0]
            with contextlib.suppress(OSError):
                await call(line, chance, what)
            self.frames += line.frames
            self.silent_calls += call is good and line.longest_gap > GAP_S_MAX
            await line.close()

    async def run(self):
        beating = asyncio.create_task(self.clock.run())
        await asyncio.gather(*(self.place(n) for n in range(self.places)))
        beating.cancel()
