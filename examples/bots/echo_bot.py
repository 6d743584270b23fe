#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A bot that speaks Twilio Media Streams: sends back what it hears, and stops when a key is pressed.

    pip install websockets
    python3 echo_bot.py [PORT]
    audiosocket gateway --dialect twilio --backend ws://127.0.0.1:8765/
"""
import asyncio
import json
import sys

from websockets import ConnectionClosed
from websockets.asyncio.server import serve


async def call(socket):
    stream = None
    async for text in socket:
        message = json.loads(text)
        event = message["event"]
        if event == "start":
            stream = message["streamSid"]
            print("call", message["start"]["callSid"], message["start"]["customParameters"])
        elif event == "media":  # 20 ms of mu-law as base64: sent back unchanged
            await socket.send(json.dumps({"event": "media", "streamSid": stream,
                                          "media": {"payload": message["media"]["payload"]}}))
        elif event == "dtmf":
            print("digit", message["dtmf"]["digit"])
            await socket.send(json.dumps({"event": "clear", "streamSid": stream}))  # stop playing at once
            await socket.send(json.dumps({"event": "mark", "streamSid": stream, "mark": {"name": "stopped"}}))
        elif event == "mark":  # all audio before it has been played
            print("played", message["mark"]["name"])
        elif event == "stop":
            print("call over")


async def safe_call(socket):
    try:
        await call(socket)
    except ConnectionClosed:  # the caller hung up while we spoke
        pass


async def main():
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 8765
    async with serve(safe_call, "127.0.0.1", port) as server:
        print("listening on port", server.sockets[0].getsockname()[1])
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
