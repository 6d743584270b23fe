# SPDX-License-Identifier: Apache-2.0
"""The same server as asyncio_server.py, with the package audiosocket_cpp.

  package_server.py echo|playback [--hold-gil MS]
"""

import asyncio
import sys

from audiosocket_cpp import Clip, serve
from busy import hold_the_interpreter

MINUTE = Clip(b"\x10\x20" * 8000 * 60, 8000)


async def echo(call):
    async for piece in call.audio(ms=20):
        call.queue(piece, 8000)


async def play(call):
    while True:
        await call.play(MINUTE)


async def main():
    server = serve("127.0.0.1:0", calls_max=20000, live=sys.argv[1] == "echo").start()
    print(server.port, flush=True)
    hold_the_interpreter(sys.argv)
    await server.run(echo if sys.argv[1] == "echo" else play)


asyncio.run(main())
