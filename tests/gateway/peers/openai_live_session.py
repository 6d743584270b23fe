# SPDX-License-Identifier: Apache-2.0
"""A session of the stand-in of OpenAI Live."""
import asyncio
import base64

import standin
from openai_session import Refused, Session
from standin import AudioFormat, SpeechDetector

TOKENS_MAX = 500


class Live(Session):
    """Speaks a tone whenever the caller has stopped to speak, and sends silence at the pace of real time otherwise."""

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.started = False
        self.delegations = set()
        self.asked_tool = False
        self.say = b""
        self.speaking = None

    def end(self):
        if self.speaking:
            self.speaking.cancel()

    async def begin(self):
        await self.connection.step("connected")

    async def expire(self):
        self.end()
        await self.send_closed("expired")

    async def send_closed(self, reason):
        await self.send("session.closed", reason=reason, session=self.resource(),
                        usage={"seconds": round(self.received_ms / 1000)})

    def resource(self):
        return {"id": "live_1", "expires_at": 4102444800, "model": self.model, "status": "active"}

    async def take(self, message):
        kind = message["type"]
        if not self.started and kind != "session.start":
            raise Refused("session_not_started", f"{kind} before session.started")
        if kind == "session.start":
            await self.start(message["session"])
        elif kind == "session.input_audio.append":
            await self.hear(self.audio_of(message))
        elif kind in ("session.commentary.append", "session.thinking.append", "session.instructions.append"):
            await self.append(kind, message)
        elif kind == "session.close":
            self.end()
            await self.send_closed("close_requested")
            await self.socket.close()
        else:
            raise Refused("unknown_event", f"{kind} is not served here")

    async def start(self, session):
        if self.started:
            raise Refused("already_started", "session.start twice")
        wanted = session.get("audio", {}).get("format", {"type": "audio/pcm", "rate": 24000})
        coding = wanted["type"].removeprefix("audio/")
        rates = (16000, 24000) if coding == "pcm" else (8000,)
        if coding not in ("pcm", "pcmu", "pcma") or wanted.get("rate") not in rates:
            raise Refused("invalid_value", f"no such format: {wanted}")
        self.format = AudioFormat(coding, wanted["rate"])
        self.detector = SpeechDetector(self.format)
        self.model = session["model"]
        self.started = True
        await self.send("session.started", session=self.resource())
        await self.connection.step("created")
        self.speaking = asyncio.create_task(self.speak())

    async def hear(self, payload):
        for event in self.detector.add(payload):
            now = self.detector.heard_ms
            if event == "started":
                self.say = b""
                continue
            await self.send("session.input_transcript.delta", delta="Hello.", start_ms=now - 100, end_ms=now)
            if self.options.tool and not self.asked_tool:
                self.asked_tool = True
                delegation = self.next_id("dlg")
                self.delegations.add(delegation)
                await self.send("session.delegation.created", offset_ms=now,
                                delegation={"id": delegation, "target": "client", "type": "delegation"})
            else:
                self.say = self.format.tone(self.options.answer_ms)

    async def append(self, kind, message):
        if "delegation_id" not in message:
            raise Refused("missing_required_parameter", "delegation_id (null where there is none)")
        if message["delegation_id"] is not None and message["delegation_id"] not in self.delegations:
            raise Refused("invalid_value", "no such delegation")
        if len(message["content"]) > 4 * TOKENS_MAX:  # English has about four characters a token
            raise Refused("string_above_max_length", "content has more than 500 tokens")
        await self.send(kind + "ed")
        if kind == "session.commentary.append":
            self.say = self.format.tone(self.options.answer_ms)

    async def speak(self):
        loop = asyncio.get_running_loop()
        piece = self.format.rate_hz * standin.WINDOW_MS // 1000 * self.format.sample_bytes
        silence = {"pcm": b"\0", "pcmu": b"\xff", "pcma": b"\xd5"}[self.format.coding] * piece
        due = loop.time()
        try:
            while True:
                payload, self.say = (self.say[:piece], self.say[piece:]) if self.say else (silence, b"")
                await self.send("session.output_audio.delta", quiet=True, delta=base64.b64encode(payload).decode())
                due += standin.WINDOW_MS / 1000
                await asyncio.sleep(max(0, due - loop.time()))
        except standin.websockets.ConnectionClosed:
            pass
