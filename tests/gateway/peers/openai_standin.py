# SPDX-License-Identifier: Apache-2.0
"""Stands in for OpenAI Realtime (/v1/realtime) and OpenAI Live (/v1/live/sessions).

It detects speech, answers with a tone, is interrupted, and checks each message of the client, with the types of the
published `openai` package where that is installed.
"""
import asyncio
import base64
import itertools
import json
import urllib.parse

import standin
from standin import AudioFormat, Connection, SpeechDetector

try:
    import pydantic
    from openai.types.live import ClientEvent as LiveClientEvent
    from openai.types.realtime import RealtimeClientEvent

    def checker(union):
        adapter = pydantic.TypeAdapter(union)
        return adapter.validate_python
except ImportError:
    RealtimeClientEvent = LiveClientEvent = None

    def checker(union):
        return lambda message: message


STEPS = ["connected", "created", "updated", "answer", "first-audio", "mid-answer", "answer-done", "interrupted"]
TOKENS_MAX = 500


class Refused(Exception):
    """What the client sent is an error of the service: code, text."""


class Session:
    """What both services have in common."""

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


class Realtime(Session):
    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.format = self.out_format = AudioFormat("pcm", 24000)
        self.detector = SpeechDetector(self.format)
        self.interrupts = True
        self.answering = None  # the task
        self.response_id = None
        self.sent_ms = {}  # by item
        self.truncated = {}
        self.calls = set()
        self.asked_tool = False
        self.updated = False

    def end(self):
        if self.answering:
            self.answering.cancel()

    def summary(self):
        return {"sent_ms": {name: round(ms) for name, ms in self.sent_ms.items()}, "truncated": self.truncated}

    async def begin(self):
        await self.connection.step("connected")
        self.session = {"type": "realtime", "id": self.next_id("sess"), "object": "realtime.session"}
        await self.send("session.created", session=self.session)
        await self.connection.step("created")

    async def expire(self):
        await self.send_error("session_expired", "Your session hit the maximum duration.")

    async def take(self, message):
        kind = message["type"]
        if kind == "session.update":
            await self.update(message["session"])
        elif kind == "input_audio_buffer.append":
            await self.hear(self.audio_of(message))
        elif kind == "conversation.item.truncate":
            await self.truncate(message)
        elif kind == "conversation.item.create":
            await self.create_item(message["item"])
        elif kind == "response.create":
            if self.answering:
                raise Refused("conversation_already_has_active_response", "an answer is in progress")
            self.answer()
        elif kind == "response.cancel":
            if not self.answering:
                raise Refused("response_cancel_not_active", "no answer is in progress")
            await self.cancel("client_cancelled")
        elif kind not in ("input_audio_buffer.clear", "input_audio_buffer.commit"):
            raise Refused("unknown_event", f"{kind} is not served here")

    async def update(self, session):
        if session.get("type") != "realtime":
            raise Refused("missing_required_parameter", "session.type is not realtime")
        audio = session.get("audio", {})
        self.format = self.read_format(audio.get("input", {}))
        self.out_format = self.read_format(audio.get("output", {}))
        self.detector = SpeechDetector(self.format)
        turns = audio.get("input", {}).get("turn_detection", {"type": "server_vad"})
        self.interrupts = turns is not None and turns.get("interrupt_response", True)
        self.session.update(session)
        self.updated = True
        await self.send("session.updated", session=self.session)
        await self.connection.step("updated")

    @staticmethod
    def read_format(side):
        wanted = side.get("format", {"type": "audio/pcm", "rate": 24000})
        coding = {"audio/pcm": "pcm", "audio/pcmu": "pcmu", "audio/pcma": "pcma"}.get(wanted.get("type"))
        if coding is None:
            raise Refused("invalid_value", f"no such format: {wanted}")
        if coding == "pcm" and wanted.get("rate", 24000) != 24000:
            raise Refused("invalid_value", "audio/pcm has 24000 Hz")
        if coding != "pcm" and "rate" in wanted:
            raise Refused("unknown_parameter", "G.711 has no rate here")
        return AudioFormat(coding, 24000 if coding == "pcm" else 8000)

    async def hear(self, payload):
        if not self.updated:
            self.journal.mistake("audio before session.updated, in a format that may change")
        for event in self.detector.add(payload):
            if event == "started":
                await self.speech_started()
            else:
                await self.send("input_audio_buffer.speech_stopped", audio_end_ms=self.detector.heard_ms,
                                item_id=self.user_item)
                await self.send("input_audio_buffer.committed", item_id=self.user_item, previous_item_id=None)
                if not self.answering:
                    self.answer()

    async def speech_started(self):
        self.user_item = self.next_id("item")
        await self.send("input_audio_buffer.speech_started", audio_start_ms=self.detector.heard_ms,
                        item_id=self.user_item)
        if self.interrupts and self.answering:
            await self.cancel("turn_detected")
        if self.interrupts:
            await self.connection.step("interrupted")

    async def cancel(self, reason):
        self.answering.cancel()
        self.answering = None
        for _ in range(self.options.late):
            await self.send_piece(self.out_format.tone(standin.PIECE_MS))
        await self.send("response.output_audio.done", **self.place)
        await self.send_done("cancelled", {"type": "cancelled", "reason": reason})

    async def send_piece(self, payload):
        self.sent_ms[self.place["item_id"]] += self.out_format.ms(len(payload))
        await self.send("response.output_audio.delta", quiet=True, delta=base64.b64encode(payload).decode(),
                        **self.place)

    async def send_done(self, status, details=None):
        await self.send("response.done", response={"id": self.response_id, "object": "realtime.response",
                                                   "status": status, "status_details": details, "output": []})

    def answer(self):
        tool = self.options.tool and not self.asked_tool
        self.asked_tool |= tool
        self.response_id = self.next_id("resp")
        self.place = {"response_id": self.response_id, "item_id": self.next_id("item"), "output_index": 0,
                      "content_index": 0}
        self.answering = asyncio.create_task(self.guarded(self.ask_tool() if tool else self.speak()))

    async def guarded(self, what):
        try:
            await what
        except standin.Closed:
            pass

    async def ask_tool(self):
        call_id = self.next_id("call")
        await self.send("response.created", response={"id": self.response_id, "status": "in_progress", "output": []})
        self.calls.add(call_id)
        await self.send("response.function_call_arguments.done", response_id=self.response_id,
                        item_id=self.place["item_id"], output_index=0, call_id=call_id, name="look_up",
                        arguments='{"word":"tone"}')
        self.answering = None
        await self.send_done("completed")

    async def speak(self):
        await asyncio.sleep(self.options.slow_ms / 1000)
        await self.connection.step("answer")
        await self.send("response.created", response={"id": self.response_id, "status": "in_progress", "output": []})
        self.sent_ms[self.place["item_id"]] = 0
        half_ms = self.options.answer_ms // 2
        for start_ms, payload in self.out_format.pieces(self.options.answer_ms):
            await asyncio.sleep(self.options.slow_ms / 1000)
            await self.send_piece(payload)
            if start_ms == 0:
                await self.connection.step("first-audio")
                if self.options.barge_in_ms:
                    asyncio.get_running_loop().call_later(self.options.barge_in_ms / 1000, self.interrupt_later)
            elif start_ms <= half_ms < start_ms + standin.PIECE_MS:
                await self.connection.step("mid-answer")
            await asyncio.sleep(standin.PIECE_MS / 1000 / standin.AHEAD)
        await self.send("response.output_audio.done", **self.place)
        await self.send("response.output_audio_transcript.done", transcript="A tone.", **self.place)
        self.answering = None
        await self.send_done("completed")
        await self.connection.step("answer-done")

    def interrupt_later(self):
        asyncio.create_task(self.guarded(self.speech_started()))

    async def truncate(self, message):
        item, end = message["item_id"], message["audio_end_ms"]
        if item not in self.sent_ms:
            raise Refused("item_not_found", f"no item {item}")
        if end > self.sent_ms[item]:
            raise Refused("invalid_value", f"audio_end_ms is {end}; the item has {self.sent_ms[item]:.0f} ms")
        self.truncated[item] = end
        await self.send("conversation.item.truncated", item_id=item, content_index=message["content_index"],
                        audio_end_ms=end)

    async def create_item(self, item):
        if item["type"] == "function_call_output":
            if item["call_id"] not in self.calls:
                raise Refused("item_not_found", f"no call {item['call_id']}")
            self.calls.remove(item["call_id"])
        item = {"id": self.next_id("item"), **item}
        await self.send("conversation.item.added", item=item, previous_item_id=None)
        await self.send("conversation.item.done", item=item, previous_item_id=None)


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


async def handle(socket, options, journal):
    address = urllib.parse.urlsplit(socket.request.path)
    if not socket.request.headers.get("Authorization", "").startswith("Bearer "):
        journal.mistake("no Authorization: Bearer")
    if address.path.endswith("/realtime"):
        if "model" not in urllib.parse.parse_qs(address.query):
            journal.mistake("no model in the address")
        await Realtime(socket, options, journal, checker(RealtimeClientEvent)).run()
    elif address.path.endswith("/live/sessions"):
        if address.query:
            journal.mistake("a query in the address")
        await Live(socket, options, journal, checker(LiveClientEvent)).run()
    else:
        journal.mistake(f"no such path: {address.path}")


if __name__ == "__main__":
    standin.run(standin.parser(__doc__, STEPS).parse_args(), handle)
