#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The AudioSocket part of the package asterisk-ai-voice-agent, measured beside `audiosocket gateway`.

Usage: voice_agent_loopback.py PORT. The agent connects to no back end over WebSocket, so its speech recognition, model
and synthesis are replaced by a queue: what its transport reads is what its transport plays. Its pacing and its five
frames of silence before it speaks stay.
"""
import asyncio
import sys

from asterisk_ai_voice_agent.transport import AudioSocketTransport


async def call(reader, writer):
    transport = AudioSocketTransport(reader, writer)
    if not await transport.handshake():
        return
    heard = asyncio.Queue()

    async def answer():
        while (pcm := await heard.get()) is not None:
            yield pcm

    async def play():
        try:
            await transport.play(answer(), lambda: False)
        except ConnectionError:
            pass

    playing = asyncio.create_task(play())
    while (pcm := await transport.read_audio()) is not None:
        if pcm:
            heard.put_nowait(pcm)
    heard.put_nowait(None)
    await playing
    await transport.close()


async def main():
    server = await asyncio.start_server(call, "127.0.0.1", int(sys.argv[1]))
    async with server:
        await server.serve_forever()


asyncio.run(main())
