# SPDX-License-Identifier: Apache-2.0
"""Stands in for ElevenLabs Conversational AI (/v1/convai/conversation).

It detects speech, answers with a tone, is interrupted, pings, and checks each message of the client. The agent decides
the audio formats.
"""
import asyncio
import base64
import itertools
import json
import urllib.parse

import standin
from standin import AudioFormat, Connection, SpeechDetector

STEPS = ["connected", "initiated", "answer", "first-audio", "mid-answer", "answer-done", "interrupted"]
INITIATION_FIELDS = {"type", "conversation_config_override", "custom_llm_extra_body", "dynamic_variables",
                     "source_info", "user_id"}
PING_S = 0.5


def read_format(name):
    coding, rate_hz = name.split("_")
    return AudioFormat({"pcm": "pcm", "ulaw": "pcmu"}[coding], int(rate_hz))


class Refused(Exception):
    """The service closes the connection for this."""


class Session:
    def __init__(self, socket, options, journal):
        self.connection = Connection(socket, options, journal)
        self.socket = socket
        self.options = options
        self.journal = journal
        self.format = read_format(options.input_format)
        self.out_format = read_format(options.output_format)
        self.detector = SpeechDetector(self.format)
        self.received_ms = self.sent_ms = 0.0
        self.initiated = False
        self.answering = self.pinging = None
        self.event_ids = itertools.count(1)
        self.pings = set()
        self.pongs = 0
        self.calls = set()
        self.asked_tool = False

    async def send(self, kind, event=None, quiet=False):
        names = {"user_transcript": "user_transcription_event", "client_tool_call": kind}
        await self.connection.send({"type": kind, names.get(kind, f"{kind}_event"): event}, quiet)

    async def run(self):
        try:
            await self.connection.step("connected")
            async for message in self.socket:
                await self.take(json.loads(message))
        except (Refused, ValueError, KeyError, TypeError) as error:
            self.journal.mistake(repr(error))
            await self.socket.close(1008, str(error)[:100])
        finally:
            for task in (self.answering, self.pinging):
                if task:
                    task.cancel()
            self.journal.write("summary", received_ms=round(self.received_ms), sent_ms=round(self.sent_ms),
                               pongs=self.pongs)

    async def take(self, message):
        if "user_audio_chunk" in message:
            if len(message) > 1:
                raise Refused("audio has other fields as well")
            return await self.hear(base64.b64decode(message["user_audio_chunk"], validate=True))
        kind = message["type"]
        if kind != "pong":
            self.journal.write("received", message=standin.shortened(message))
        if kind == "conversation_initiation_client_data":
            await self.initiate(message)
        elif kind == "pong":
            self.pings.remove(message["event_id"])
            self.pongs += 1
        elif kind == "client_tool_result":
            self.calls.remove(message["tool_call_id"])
            if not isinstance(message["is_error"], bool):
                raise Refused("is_error is not a boolean")
            self.answer()
        elif kind == "user_message":
            await self.interrupt()
            self.answer()
        elif kind not in ("user_activity", "contextual_update", "feedback"):
            raise Refused(f"unknown message: {kind}")

    async def initiate(self, message):
        if self.initiated:
            raise Refused("initiated twice")
        if unknown := set(message) - INITIATION_FIELDS:
            raise Refused(f"unknown fields: {sorted(unknown)}")
        self.initiated = True
        await asyncio.sleep(self.options.slow_ms / 1000)
        await self.send("conversation_initiation_metadata", {
            "conversation_id": "conv_1", "agent_output_audio_format": self.options.output_format,
            "user_input_audio_format": self.options.input_format})
        await self.connection.step("initiated")
        self.pinging = asyncio.create_task(standin.until_closed(self.ping()))

    async def ping(self):
        for number in itertools.count(1):
            self.pings.add(number)
            await self.send("ping", {"event_id": number, "ping_ms": None if number == 1 else 20}, quiet=True)
            await asyncio.sleep(PING_S)

    async def hear(self, payload):
        if not self.initiated:
            raise Refused("audio before conversation_initiation_client_data")
        self.received_ms += self.format.ms(len(payload))
        for event in self.detector.add(payload):
            if event == "started":
                await self.interrupt()
            elif not self.answering:
                await self.send("user_transcript", {"user_transcript": "Hello."})
                self.answer()

    async def interrupt(self):
        if not self.answering:
            return
        self.answering.cancel()
        self.answering = None
        await self.send("interruption", {"event_id": self.event_id, "reason": "user"})
        for _ in range(self.options.late):
            await self.send_piece(self.out_format.tone(standin.PIECE_MS))
        await self.send("agent_response_correction",
                        {"original_agent_response": "A tone.", "corrected_agent_response": "A..."})
        await self.connection.step("interrupted")

    def answer(self):
        tool = self.options.tool and not self.asked_tool
        self.asked_tool |= tool
        self.answering = asyncio.create_task(standin.until_closed(self.ask_tool() if tool else self.speak()))

    async def ask_tool(self):
        self.calls.add("call-1")
        self.answering = None
        await self.send("client_tool_call", {"tool_name": "look_up", "tool_call_id": "call-1",
                                             "parameters": {"word": "tone"}, "event_id": next(self.event_ids)})

    async def send_piece(self, payload):
        self.sent_ms += self.out_format.ms(len(payload))
        await self.send("audio", {"audio_base_64": base64.b64encode(payload).decode(), "event_id": self.event_id},
                        quiet=True)

    async def speak(self):
        await asyncio.sleep(self.options.slow_ms / 1000)
        await self.connection.step("answer")
        await self.send("agent_response", {"agent_response": "A tone."})
        half_ms = self.options.answer_ms // 2
        for start_ms, payload in self.out_format.pieces(self.options.answer_ms):
            await asyncio.sleep(self.options.slow_ms / 1000)
            self.event_id = next(self.event_ids)
            await self.send_piece(payload)
            if start_ms == 0:
                await self.connection.step("first-audio")
            elif start_ms <= half_ms < start_ms + standin.PIECE_MS:
                await self.connection.step("mid-answer")
            await asyncio.sleep(standin.PIECE_MS / 1000 / standin.AHEAD)
        self.answering = None
        await self.connection.step("answer-done")


async def handle(socket, options, journal):
    address = urllib.parse.urlsplit(socket.request.path)
    if address.path != "/v1/convai/conversation":
        journal.mistake(f"no such path: {address.path}")
    if "agent_id" not in urllib.parse.parse_qs(address.query):
        journal.mistake("no agent_id in the address")
    await Session(socket, options, journal).run()


if __name__ == "__main__":
    arguments = standin.parser(__doc__, STEPS)
    arguments.add_argument("--input-format", default="pcm_16000", help="what the agent hears")
    arguments.add_argument("--output-format", default="pcm_16000", help="what the agent says")
    standin.run(arguments.parse_args(), handle)
