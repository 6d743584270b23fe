#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The smallest bridge from AudioSocket to a WebSocket in Python, measured beside `audiosocket gateway`.

Usage: asyncio_bridge.py PORT URL [AUTHORITIES]. It speaks raw PCM in binary messages, both ways (the dialect pcm), and
does nothing else: no pacing, no marks, no bounds, no fallback. AUTHORITIES is a file in PEM, for wss. It needs the
package `websockets`.
"""
import asyncio
import json
import ssl
import struct
import sys
import uuid

from websockets.asyncio.client import connect

HANGUP, ID, AUDIO = 0x00, 0x01, 0x10


async def call(reader, writer, url, tls):
    async def message():
        kind, length = struct.unpack("!BH", await reader.readexactly(3))
        return kind, await reader.readexactly(length)

    try:
        kind, payload = await message()
        if kind != ID:
            return
        async with connect(url, ssl=tls, compression=None, subprotocols=["audio.drachtio.org"]) as socket:
            await socket.send(json.dumps({"callSid": str(uuid.UUID(bytes=payload)), "sampleRate": 8000}))

            async def back():
                async for audio in socket:
                    if isinstance(audio, bytes):
                        writer.write(struct.pack("!BH", AUDIO, len(audio)) + audio)

            answering = asyncio.create_task(back())
            try:
                while True:
                    kind, payload = await message()
                    if kind == HANGUP:
                        break
                    if kind == AUDIO:
                        await socket.send(payload)
            finally:
                answering.cancel()
    except (asyncio.IncompleteReadError, ConnectionError):
        pass
    finally:
        writer.close()


async def main():
    port, url, *authorities = sys.argv[1:]
    tls = ssl.create_default_context(cafile=authorities[0]) if authorities else None
    server = await asyncio.start_server(lambda r, w: call(r, w, url, tls), "127.0.0.1", int(port))
    async with server:
        await server.serve_forever()


asyncio.run(main())
