# SPDX-License-Identifier: Apache-2.0
"""Speaks while the speech is made, and stops as soon as the caller speaks.   speech.py [HOST:PORT]"""

import array
import asyncio
import math
import sys

from audiosocket_cpp import serve

RATE = 16_000


async def synthesis():
    """Stands for a speech synthesis that streams: ten seconds of a tone, in pieces that come faster than real time."""
    for start in range(0, 10 * RATE, RATE // 5):
        await asyncio.sleep(0.05)
        yield array.array("h", (int(6000 * math.sin(i / 6)) for i in range(start, start + RATE // 5)))


async def caller_speaks(call):
    async for piece in call.audio(rate=RATE, ms=40):
        if sum(map(abs, piece)) / len(piece) > 500:
            return


async def answer(call):
    speaking = asyncio.create_task(call.play(synthesis(), rate=RATE))
    await asyncio.wait({speaking, asyncio.create_task(caller_speaks(call))}, return_when=asyncio.FIRST_COMPLETED)
    call.clear()
    print(f"{call.id} heard {(await speaking).sent_ms} ms", flush=True)


async def main():
    server = serve(*sys.argv[1:2]).start()
    print(f"listening on port {server.port}", flush=True)
    await server.run(answer)


asyncio.run(main())
