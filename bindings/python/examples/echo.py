# SPDX-License-Identifier: Apache-2.0
"""Answers each call with its own sound.   echo.py [HOST:PORT]"""

import asyncio
import sys

from audiosocket_cpp import Call, serve


async def answer(call: Call) -> None:
    async for piece in call.audio(ms=20):
        call.queue(piece, rate=call.audio_rate)


async def main() -> None:
    server = serve(*sys.argv[1:2], live=True, calls_max=10_000).start()
    print(f"listening on port {server.port}", flush=True)
    await server.run(answer, drain=10)


if __name__ == "__main__":
    try:
        asyncio.run(main())
    except KeyboardInterrupt:
        pass
