# SPDX-License-Identifier: Apache-2.0
"""A bot in the dialect pcm, within a test, which controls it."""
import array
import asyncio
import base64
import json
import threading

from websockets import ConnectionClosed
from websockets.asyncio.server import serve


class PcmBot:
    def __init__(self):
        self.messages = []  # texts of the gateway, as objects
        self.closed = threading.Event()
        self._heard = bytearray()
        self._socket = None
        ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve(ready)), daemon=True)
        self._thread.start()
        assert ready.wait(60)

    async def _serve(self, ready):
        self._loop = asyncio.get_running_loop()
        self._over = asyncio.Event()
        async with serve(self._call, "127.0.0.1", 0) as server:
            self.port = server.sockets[0].getsockname()[1]
            ready.set()
            await self._over.wait()

    async def _call(self, connection):
        self._socket = connection
        try:
            async for message in connection:
                if isinstance(message, bytes):
                    self._heard += message
                else:
                    self.messages.append(json.loads(message))
        except ConnectionClosed:
            pass
        self.closed.set()

    def _do(self, what):
        return asyncio.run_coroutine_threadsafe(what, self._loop).result()

    def in_call(self):
        return self._socket is not None

    def heard(self):
        data = bytes(self._heard)
        return array.array("h", data[:len(data) // 2 * 2])

    def say(self, samples):
        """In pieces of 100 ms, as fast as the connection takes them."""
        data = array.array("h", samples).tobytes()
        for start in range(0, len(data), 1600):
            self._do(self._socket.send(data[start:start + 1600]))

    def send(self, kind, **data):
        self._do(self._socket.send(json.dumps({"type": kind, **({"data": data} if data else {})})))

    def play(self, samples, name):
        content = base64.b64encode(array.array("h", samples).tobytes()).decode()
        self.send("playAudio", audioContent=content, audioContentType="raw", sampleRate=8000, id=name, queuePlay=True)

    def hang_up(self):
        self._do(self._socket.close())

    def digits(self):
        return "".join(message["dtmf"] for message in list(self.messages) if message.get("event") == "dtmf")

    def find(self, kind, **data):
        """The message of this type with these members in its data, if it has come."""
        for message in list(self.messages):
            if message.get("type") == kind and data.items() <= message["data"].items():
                return message["data"]
        return None

    def stop(self):
        self._loop.call_soon_threadsafe(self._over.set)
        self._thread.join()
