# SPDX-License-Identifier: Apache-2.0
"""Speaks while the speech is made, and stops as soon as the caller speaks.   speech.py [HOST:PORT]"""

import array
import asyncio
import contextlib
import math
import sys
from collections.abc import AsyncIterator

from audiosocket_cpp import Call, serve

RATE = 16_000


async def synthesis() -> AsyncIterator[bytes]:
    """Stands for a speech synthesis that streams: ten seconds of a tone, in pieces that come faster than real time."""
    for start in range(0, 10 * RATE, RATE // 5):
        await asyncio.sleep(0.05)
        tone = (int(6000 * math.sin(i / 6)) for i in range(start, start + RATE // 5))
        yield array.array("h", tone).tobytes()


async def answer(call: Call) -> None:
    speaking = asyncio.create_task(call.play(synthesis(), rate=RATE))
    async for piece in call.audio(rate=RATE, ms=40):
        if speaking.done() or sum(map(abs, piece)) / len(piece) > 500:
            break
    call.clear()
    print(f"{call.id} heard {(await speaking).sent_ms} ms", flush=True)


async def main() -> None:
    server = serve(*sys.argv[1:2]).start()
    print(f"listening on port {server.port}", flush=True)
    await server.run(answer)


with contextlib.suppress(KeyboardInterrupt):
    asyncio.run(main())
