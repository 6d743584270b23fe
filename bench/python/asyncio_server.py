# SPDX-License-Identifier: Apache-2.0
"""The least that an AudioSocket server in pure asyncio does: what bench/python/compare and the tests measure beside.

One task a call paces its frames by absolute deadlines, which is better than most servers in the field do.

  asyncio_server.py echo|playback [--hold-gil MS]
"""

import asyncio
import struct
import sys

from busy import hold_the_interpreter

FRAME = 320  # 20 ms of slin
PERIOD = 0.020


async def read_into(reader, heard):
    try:
        while True:
            kind, length = struct.unpack("!BH", await reader.readexactly(3))
            payload = await reader.readexactly(length)
            if kind == 0x00:
                return
            if kind == 0x10:
                heard.append(payload)
                del heard[:-10]
    except (asyncio.IncompleteReadError, ConnectionError):
        return


async def answer(mode, reader, writer):
    heard = []
    reading = asyncio.create_task(read_into(reader, heard))
    loop = asyncio.get_running_loop()
    due = loop.time()
    try:
        while not reading.done():
            payload = bytes(FRAME)
            if mode == "playback":
                payload = b"\x10\x20" * (FRAME // 2)
            elif heard:
                payload = heard.pop(0)
            writer.write(struct.pack("!BH", 0x10, len(payload)) + payload)
            due += PERIOD
            await asyncio.sleep(due - loop.time())
    except ConnectionError:
        pass
    finally:
        reading.cancel()
        writer.close()


async def main():
    mode = sys.argv[1]
    server = await asyncio.start_server(lambda r, w: answer(mode, r, w), "127.0.0.1", 0, backlog=2000)
    print(server.sockets[0].getsockname()[1], flush=True)
    hold_the_interpreter(sys.argv)
    await server.serve_forever()


asyncio.run(main())
