# SPDX-License-Identifier: Apache-2.0
"""Gives the caller's audio to a speech recognition, at 16 kHz in pieces of 100 ms.   transcribe.py [HOST:PORT]"""

import asyncio
import contextlib
import sys

from audiosocket_cpp import Call, serve


class Recognition:
    """Stands for the client of a speech service."""

    def __init__(self) -> None:
        self.samples = 0

    async def send(self, pcm: bytes) -> None:
        self.samples += len(pcm) // 2

    async def finish(self) -> str:
        return f"{self.samples / 16_000:.1f} seconds of speech"


async def answer(call: Call) -> None:
    recognition = Recognition()
    async for piece in call.audio(rate=16_000, ms=100):
        await recognition.send(bytes(piece))
    print(f"{call.id}: {await recognition.finish()}", flush=True)


async def main() -> None:
    server = serve(*sys.argv[1:2]).start()
    print(f"listening on port {server.port}", flush=True)
    await server.run(answer)


with contextlib.suppress(KeyboardInterrupt):
    asyncio.run(main())
