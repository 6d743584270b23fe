# SPDX-License-Identifier: Apache-2.0
"""Stands in for Deepgram Voice Agent (/v1/agent/converse).

It detects speech, answers with a tone, is interrupted, and checks each message of the client, with the types of the
published `deepgram-sdk` where that is installed.
"""
import asyncio
import json
import urllib.parse

import standin
from standin import AudioFormat, Connection, SpeechDetector

try:
    import pydantic
    from deepgram.agent.v1 import types as sdk

    MODELS = {"Settings": sdk.AgentV1Settings, "KeepAlive": sdk.AgentV1KeepAlive,
              "InjectUserMessage": sdk.AgentV1InjectUserMessage, "InjectAgentMessage": sdk.AgentV1InjectAgentMessage,
              "FunctionCallResponse": sdk.AgentV1SendFunctionCallResponse}
    CHECKS = {kind: pydantic.TypeAdapter(model) for kind, model in MODELS.items()}
except ImportError:
    CHECKS = {}

STEPS = ["connected", "welcome", "applied", "answer", "first-audio", "mid-answer", "answer-done", "interrupted"]
ENCODINGS = {"linear16": "pcm", "mulaw": "pcmu", "alaw": "pcma"}


class Refused(Exception):
    """The client's message is an error for the service: code, text. The service closes the connection."""


class Session:
    def __init__(self, socket, options, journal):
        self.connection = Connection(socket, options, journal)
        self.socket = socket
        self.options = options
        self.journal = journal
        self.detector = None  # from Settings on
        self.received_ms = self.sent_ms = 0.0
        self.answering = None  # the task
        self.calls = {}
        self.asked_tool = False

    async def send(self, kind, **more):
        await self.connection.send({"type": kind, **more})

    async def run(self):
        try:
            await self.connection.step("connected")
            await self.send("Welcome", request_id="00000000-0000-0000-0000-000000000001")
            await self.connection.step("welcome")
            async for message in self.socket:
                await self.take(message)
        except (Refused, ValueError, KeyError, TypeError) as error:
            code, text = error.args if isinstance(error, Refused) else ("UNPARSABLE_CLIENT_MESSAGE", repr(error))
            self.journal.mistake(text)
            await self.send("Error", description=text, code=code)
            await self.socket.close(1008, text[:100])
        finally:
            if self.answering:
                self.answering.cancel()
            self.journal.write("summary", received_ms=round(self.received_ms), sent_ms=round(self.sent_ms))

    async def take(self, message):
        if isinstance(message, bytes):
            return await self.hear(message)
        message = json.loads(message)
        kind = message["type"]
        self.journal.write("received", message=standin.shortened(message))
        if kind in CHECKS:
            CHECKS[kind].validate_python(message)
        if kind == "Settings":
            await self.set_up(message)
        elif self.detector is None:
            raise Refused("SETTINGS_NOT_APPLIED", f"{kind} before Settings")
        elif kind == "InjectUserMessage":
            await self.send("ConversationText", role="user", content=message["content"])
            if not self.answering:
                self.answer()
        elif kind == "FunctionCallResponse":
            if self.calls.pop(message["id"], None) != message["name"]:
                raise Refused("FUNCTION_CALL_NOT_FOUND", f"no such function call: {message}")
            self.answer()
        elif kind not in ("KeepAlive", "InjectAgentMessage"):
            raise Refused("UNPARSABLE_CLIENT_MESSAGE", f"unknown message: {kind}")

    async def set_up(self, settings):
        if self.detector is not None:
            raise Refused("SETTINGS_ALREADY_APPLIED", "Settings twice")
        agent = settings["agent"]
        if isinstance(agent, dict) and not {"listen", "think", "speak"} <= set(agent):
            raise Refused("INVALID_SETTINGS", f"agent has only {sorted(agent)}")
        self.format = self.read_format(settings["audio"]["input"])
        self.out_format = self.read_format(settings["audio"]["output"])
        if settings["audio"]["output"].get("container", "none") != "none":
            raise Refused("INVALID_SETTINGS", "a container")
        self.detector = SpeechDetector(self.format)
        await asyncio.sleep(self.options.slow_ms / 1000)
        await self.send("SettingsApplied")
        await self.connection.step("applied")
        greeting = isinstance(agent, dict) and agent.get("greeting")
        if greeting:
            self.answer(greeting)

    @staticmethod
    def read_format(side):
        if side["encoding"] not in ENCODINGS:
            raise Refused("INVALID_SETTINGS", f"no such encoding: {side}")
        return AudioFormat(ENCODINGS[side["encoding"]], side["sample_rate"])

    async def hear(self, payload):
        if self.detector is None:
            raise Refused("SETTINGS_NOT_APPLIED", "audio before Settings")
        self.received_ms += self.format.ms(len(payload))
        for event in self.detector.add(payload):
            if event == "started":
                await self.speech_started()
            elif not self.answering:
                await self.send("ConversationText", role="user", content="Hello.")
                self.answer()

    async def speech_started(self):
        was_answering = self.answering
        if self.answering:
            self.answering.cancel()
            self.answering = None
        await self.send("UserStartedSpeaking")
        if was_answering:
            await self.connection.step("interrupted")

    def answer(self, words="A tone."):
        tool = self.options.tool and not self.asked_tool
        self.asked_tool |= tool
        self.answering = asyncio.create_task(standin.until_closed(self.ask_tool() if tool else self.speak(words)))

    async def ask_tool(self):
        self.calls["call-1"] = "look_up"
        self.answering = None
        await self.send("FunctionCallRequest", functions=[
            {"id": "call-1", "name": "look_up", "arguments": '{"word":"tone"}', "client_side": True}])

    async def speak(self, words):
        await asyncio.sleep(self.options.slow_ms / 1000)
        await self.connection.step("answer")
        await self.send("AgentThinking", content="It wants a tone.")
        await self.send("ConversationText", role="assistant", content=words)
        await self.send("AgentStartedSpeaking", total_latency=0.1, tts_latency=0.05, ttt_latency=0.05)
        half_ms = self.options.answer_ms // 2
        for start_ms, payload in self.out_format.pieces(self.options.answer_ms):
            await asyncio.sleep(self.options.slow_ms / 1000)
            await self.socket.send(payload)
            self.sent_ms += self.out_format.ms(len(payload))
            if start_ms == 0:
                await self.connection.step("first-audio")
            elif start_ms <= half_ms < start_ms + standin.PIECE_MS:
                await self.connection.step("mid-answer")
            await asyncio.sleep(standin.PIECE_MS / 1000 / standin.AHEAD)
        self.answering = None
        await self.send("FrustrationDetected", count=1, escalated=False)
        await self.send("LatencyReport", total_latency=0.1)
        await self.send("AgentAudioDone")
        await self.connection.step("answer-done")


async def handle(socket, options, journal):
    if not socket.request.headers.get("Authorization", "").startswith(("Token ", "Bearer ")):
        journal.mistake("no Authorization: Token")
    if urllib.parse.urlsplit(socket.request.path).path != "/v1/agent/converse":
        journal.mistake(f"no such path: {socket.request.path}")
    await Session(socket, options, journal).run()


if __name__ == "__main__":
    standin.run(standin.parser(__doc__, STEPS).parse_args(), handle)
