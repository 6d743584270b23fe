# SPDX-License-Identifier: Apache-2.0
"""A session of the stand-in of OpenAI Realtime."""
import asyncio
import base64

import standin
from openai_session import Refused, Session
from standin import AudioFormat, SpeechDetector


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
        self.answering = asyncio.create_task(standin.until_closed(self.ask_tool() if tool else self.speak()))

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
        asyncio.create_task(standin.until_closed(self.speech_started()))

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
