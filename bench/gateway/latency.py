#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Measures how long audio takes through a gateway, each direction by itself. It is both the callers and the back end.

Usage: latency.py GATEWAY_PORT BACKEND_PORT [--calls N] [--seconds S] [--admin PORT] [--certificate FILE --key FILE]

Each caller sends a frame of 20 ms each 20 ms. Frames and messages carry a number, so each is found again on the other
side of the gateway. To the caller, single messages go out at random times, into an empty play queue. A plain TCP
connection beside each call carries the same bytes: what this process and the kernel need is known so. With --admin, each
call is announced with this back end; without, the gateway has it already. Prints JSON, in milliseconds. It needs the
package `websockets`.
"""
import argparse
import asyncio
import json
import random
import ssl
import struct
import time
import urllib.request
import uuid

from websockets.asyncio.server import serve

ID, AUDIO = 0x01, 0x10
FRAME = 320
MAGIC = b"\x11\x22\x33\x44"  # loud enough for silence detection, and found at any place


class Numbers:
    """The time at which each number was sent, and its duration."""

    def __init__(self):
        self.sent = {}
        self.took = []
        self.next = 0
        self.counts = False

    def audio(self):
        self.next += 1
        self.sent[self.next] = time.monotonic()
        return (MAGIC + struct.pack("<I", self.next)).ljust(FRAME, b"\x00")

    def arrived(self, data, at):
        place = data.find(MAGIC)
        if place < 0 or place + 8 > len(data):
            return
        began = self.sent.pop(struct.unpack_from("<I", data, place + 4)[0], None)
        if began is not None and self.counts:
            self.took.append((at - began) * 1000)

    def report(self):
        took = sorted(self.took)
        if not took:
            return None
        return {"count": len(took), "mean": sum(took) / len(took), "p50": took[len(took) // 2],
                "p99": took[len(took) * 99 // 100]}


class Reader(asyncio.Protocol):
    def __init__(self, numbers):
        self.numbers = numbers
        self.data = b""

    def data_received(self, data):
        at = time.monotonic()
        self.data += data
        while len(self.data) >= 3:
            end = 3 + struct.unpack_from("!H", self.data, 1)[0]
            if len(self.data) < end:
                return
            self.numbers.arrived(self.data[3:end], at)
            self.data = self.data[end:]


def frame(audio):
    return struct.pack("!BH", AUDIO, len(audio)) + audio


async def main():
    options = argparse.ArgumentParser()
    options.add_argument("gateway", type=int)
    options.add_argument("back_end", type=int)
    options.add_argument("--calls", type=int, default=20)
    options.add_argument("--seconds", type=float, default=5)
    options.add_argument("--admin", type=int)
    options.add_argument("--certificate")
    options.add_argument("--key")
    args = options.parse_args()
    to_back_end, to_caller, direct = Numbers(), Numbers(), Numbers()
    everything = (to_back_end, to_caller, direct)
    tasks = []

    async def speak(socket):
        while True:
            await asyncio.sleep(random.uniform(0.15, 0.25))
            await socket.send(to_caller.audio())

    async def answer(socket):
        speaking = asyncio.create_task(speak(socket))
        try:
            async for message in socket:
                if isinstance(message, bytes):
                    to_back_end.arrived(message, time.monotonic())
        finally:
            speaking.cancel()

    def announce(one):
        scheme = "wss://localhost" if args.certificate else "ws://127.0.0.1"
        request = urllib.request.Request(f"http://127.0.0.1:{args.admin}/calls/{one}", method="PUT",
                                         headers={"Content-Type": "application/json"},
                                         data=json.dumps({"backend": f"{scheme}:{args.back_end}/"}).encode())
        urllib.request.urlopen(request, timeout=5).read()

    async def call(loop, plain):
        one = uuid.uuid4()
        if args.admin:
            await loop.run_in_executor(None, announce, one)
        line, _ = await loop.create_connection(lambda: Reader(to_caller), "127.0.0.1", args.gateway)
        beside, _ = await loop.create_connection(lambda: asyncio.Protocol(), "127.0.0.1", plain)
        line.write(struct.pack("!BH", ID, 16) + one.bytes)
        await asyncio.sleep(random.uniform(0, 0.02))
        due = time.monotonic()
        while True:
            line.write(frame(to_back_end.audio()))
            beside.write(frame(direct.audio()))
            due += 0.02
            await asyncio.sleep(max(0, due - time.monotonic()))

    tls = None
    if args.certificate:
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(args.certificate, args.key)
    loop = asyncio.get_running_loop()
    plain = await loop.create_server(lambda: Reader(direct), "127.0.0.1", 0)
    async with serve(answer, "127.0.0.1", args.back_end, ssl=tls, compression=None,
                     select_subprotocol=lambda _, offered: offered[0] if offered else None):
        for _ in range(args.calls):
            tasks.append(asyncio.create_task(call(loop, plain.sockets[0].getsockname()[1])))
        await asyncio.sleep(2)
        for numbers in everything:
            numbers.counts = True
        await asyncio.sleep(args.seconds)
        print(json.dumps({"to_back_end": to_back_end.report(), "to_caller": to_caller.report(),
                          "direct": direct.report()}), flush=True)
        failed = [t.exception() for t in tasks if t.done()]
        if failed:
            raise failed[0]
        for one in tasks:
            one.cancel()


try:
    asyncio.run(main())
except asyncio.CancelledError:
    pass
