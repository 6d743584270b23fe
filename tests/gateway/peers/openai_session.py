# SPDX-License-Identifier: Apache-2.0
"""Shared by the stand-ins of OpenAI Realtime and OpenAI Live."""
import asyncio
import base64
import itertools
import json

import standin
from standin import Connection

try:
    import pydantic

    def checker(union):
        """Returns a function that raises if a message has none of these types."""
        return pydantic.TypeAdapter(union).validate_python
except ImportError:
    def checker(union):
        return lambda message: message


class Refused(Exception):
    """The client's message is an error for the service: code, text."""


class Session:
    """Shared by both services."""

    def __init__(self, socket, options, journal, check):
        self.connection = Connection(socket, options, journal)
        self.socket = socket
        self.options = options
        self.journal = journal
        self.check = check
        self.ids = itertools.count(1)
        self.received_ms = 0.0

    def next_id(self, kind):
        return f"{kind}_{next(self.ids):06d}"

    async def send(self, kind, quiet=False, **more):
        await self.connection.send({"type": kind, "event_id": self.next_id("event"), **more}, quiet)

    async def handle(self, text):
        message = None
        try:
            if not isinstance(text, str):
                raise Refused("invalid_json", "a binary message")
            message = json.loads(text)
            self.check(message)
            if not message["type"].endswith("append") or "audio" not in message:
                self.journal.write("received", message=standin.shortened(message))
            await self.take(message)
        except Refused as refusal:
            self.journal.mistake(": ".join(refusal.args))
            await self.send_error(*refusal.args)
        except (ValueError, KeyError, TypeError) as error:
            self.journal.mistake(f"{text[:200]!r}: {error}")
            await self.send_error("invalid_value", str(error))

    async def send_error(self, code, text):
        await self.send("error", error={"type": "invalid_request_error", "code": code, "message": text, "param": None,
                                        "event_id": None})

    def audio_of(self, message):
        payload = base64.b64decode(message["audio"], validate=True)
        self.received_ms += self.format.ms(len(payload))
        return payload

    async def expire_later(self):
        await asyncio.sleep(self.options.expire_after_ms / 1000)
        await self.expire()
        await self.socket.close(1001, "the session has expired")

    async def run(self):
        expiry = None
        try:
            await self.begin()
            if self.options.expire_after_ms:
                expiry = asyncio.create_task(self.expire_later())
            async for text in self.socket:
                await self.handle(text)
        finally:
            if expiry:
                expiry.cancel()
            self.end()
            self.journal.write("summary", received_ms=round(self.received_ms), **self.summary())

    def end(self):
        pass

    def summary(self):
        return {}
