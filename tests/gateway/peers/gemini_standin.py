# SPDX-License-Identifier: Apache-2.0
"""Stands in for Gemini Live (BidiGenerateContent).

It detects speech, answers with a tone, is interrupted, announces the end of a connection, resumes sessions, and checks
each message of the client.
"""
import asyncio
import base64
import itertools
import json
import urllib.parse

import standin
from standin import AudioFormat, Connection, SpeechDetector

STEPS = ["connected", "setup", "answer", "first-audio", "mid-answer", "answer-done", "interrupted", "go-away"]

SETUP_FIELDS = {"model", "generationConfig", "systemInstruction", "tools", "realtimeInputConfig", "sessionResumption",
                "contextWindowCompression", "inputAudioTranscription", "outputAudioTranscription", "proactivity",
                "explicitVadSignal", "historyConfig", "safetySettings", "labels"}
INPUT_FIELDS = {"audio", "text", "audioStreamEnd", "activityStart", "activityEnd", "mediaChunks", "video"}

# Sessions that can be resumed, by handle: how many answers they had.
sessions = {}
handles = itertools.count(1)


def camel_case(value):
    """The service accepts field names as fieldName and as field_name. This converts all of them to fieldName."""
    if isinstance(value, list):
        return [camel_case(inner) for inner in value]
    if not isinstance(value, dict):
        return value
    named = {}
    for name, inner in value.items():
        first, *rest = name.split("_")
        named[first + "".join(part.capitalize() for part in rest)] = inner if name == "response" else camel_case(inner)
    return named


class Refused(Exception):
    """The service closes the connection for this: code 1007 or 1008, text."""


class Session:
    def __init__(self, socket, options, journal):
        self.connection = Connection(socket, options, journal, binary=options.binary)
        self.socket = socket
        self.options = options
        self.journal = journal
        self.format = AudioFormat("pcm", 16000)
        self.out_format = AudioFormat("pcm", 24000)
        self.detector = SpeechDetector(self.format)
        self.received_ms = 0.0
        self.sent_ms = 0.0
        self.answers = 0
        self.answering = None
        self.calls = {}
        self.asked_tool = False
        self.resumable = False
        self.leaving = None

    async def run(self):
        try:
            await self.connection.step("connected")
            await self.set_up(camel_case(json.loads(await self.socket.recv())))
            if self.options.go_away_after_ms and self.options.go_aways > 0:
                self.options.go_aways -= 1
                self.leaving = asyncio.create_task(standin.until_closed(self.go_away()))
            async for text in self.socket:
                await self.take(camel_case(json.loads(text)))
        except Refused as refusal:
            code, text = refusal.args
            self.journal.mistake(text)
            await self.socket.close(code, text)
        except (ValueError, KeyError, TypeError) as error:
            self.journal.mistake(repr(error))
            await self.socket.close(1007, "Request contains an invalid argument.")
        finally:
            for task in (self.answering, self.leaving):
                if task:
                    task.cancel()
            self.journal.write("summary", received_ms=round(self.received_ms), sent_ms=round(self.sent_ms),
                               answers=self.answers)

    async def set_up(self, message):
        self.journal.write("received", message=message)
        if list(message) != ["setup"]:
            raise Refused(1007, "the first message is not setup")
        setup = message["setup"]
        if unknown := set(setup) - SETUP_FIELDS:
            raise Refused(1007, f"unknown fields of setup: {sorted(unknown)}")
        if "/" not in setup["model"]:
            raise Refused(1008, f"{setup['model']} is not found")
        if setup.get("generationConfig", {}).get("responseModalities") != ["AUDIO"]:
            raise Refused(1007, "the model answers with audio only")
        self.resumable = "sessionResumption" in setup
        handle = setup.get("sessionResumption", {}).get("handle")
        if handle is not None:
            if handle not in sessions:
                raise Refused(1008, "session not found")
            self.answers = sessions[handle]
            self.journal.write("resumed", handle=handle, answers=self.answers)
        await asyncio.sleep(self.options.slow_ms / 1000)
        await self.connection.send({"setupComplete": {}})
        await self.connection.step("setup")
        await self.send_handle()

    async def send_handle(self):
        if not self.resumable:
            return
        handle = f"handle-{next(handles)}"
        sessions[handle] = self.answers
        await self.connection.send({"sessionResumptionUpdate": {"newHandle": handle, "resumable": True}})

    async def take(self, message):
        if len(message) != 1:
            raise Refused(1007, f"a message with {len(message)} fields")
        (kind, value), = message.items()
        if kind == "realtimeInput":
            await self.take_input(value)
        elif kind == "toolResponse":
            self.journal.write("received", message=message)
            for response in value["functionResponses"]:
                if self.calls.pop(response["id"], None) != response["name"]:
                    raise Refused(1007, f"no such function call: {response}")
                if not isinstance(response["response"], dict):
                    raise Refused(1007, "the response of a function is not an object")
            self.answer()
        elif kind == "clientContent":
            self.journal.write("received", message=message)
            self.answer()
        else:
            raise Refused(1007, f"unknown message: {kind}")

    async def take_input(self, value):
        if unknown := set(value) - INPUT_FIELDS:
            raise Refused(1007, f"unknown fields of realtimeInput: {sorted(unknown)}")
        if "text" in value:
            self.journal.write("received", message={"realtimeInput": value})
            await self.interrupt()
            self.answer()
        if "audio" not in value:
            return
        if value["audio"]["mimeType"] != "audio/pcm;rate=16000":
            raise Refused(1007, f"audio of the type {value['audio']['mimeType']}")
        payload = base64.b64decode(value["audio"]["data"].replace("-", "+").replace("_", "/"), validate=True)
        self.received_ms += self.format.ms(len(payload))
        for event in self.detector.add(payload):
            if event == "started":
                await self.interrupt()
            elif not self.answering:
                await self.connection.send({"serverContent": {"inputTranscription": {"text": "Hello."}}})
                self.answer()

    async def interrupt(self):
        if not self.answering:
            return
        self.answering.cancel()
        self.answering = None
        await self.connection.send({"serverContent": {"interrupted": True}})
        await self.connection.send({"serverContent": {"turnComplete": True}})
        await self.connection.step("interrupted")
        await self.send_handle()

    def answer(self):
        tool = self.options.tool and not self.asked_tool
        self.asked_tool |= tool
        self.answering = asyncio.create_task(standin.until_closed(self.ask_tool() if tool else self.speak()))

    async def ask_tool(self):
        self.calls["call-1"] = "look_up"
        self.answering = None
        await self.connection.send(
            {"toolCall": {"functionCalls": [{"id": "call-1", "name": "look_up", "args": {"word": "tone"}}]}})

    async def speak(self):
        await asyncio.sleep(self.options.slow_ms / 1000)
        await self.connection.step("answer")
        if self.resumable:
            await self.connection.send({"sessionResumptionUpdate": {}})
        half_ms = self.options.answer_ms // 2
        for start_ms, payload in self.out_format.pieces(self.options.answer_ms):
            await asyncio.sleep(self.options.slow_ms / 1000)
            part = {"inlineData": {"mimeType": "audio/pcm;rate=24000", "data": base64.b64encode(payload).decode()}}
            self.sent_ms += self.out_format.ms(len(payload))
            await self.connection.send({"serverContent": {"modelTurn": {"parts": [part]}}}, quiet=True)
            if start_ms == 0:
                await self.connection.step("first-audio")
                if self.options.barge_in_ms:
                    asyncio.get_running_loop().call_later(self.options.barge_in_ms / 1000, self.interrupt_later)
            elif start_ms <= half_ms < start_ms + standin.PIECE_MS:
                await self.connection.step("mid-answer")
            await asyncio.sleep(standin.PIECE_MS / 1000 / standin.AHEAD)
        await self.connection.send({"serverContent": {"outputTranscription": {"text": "A tone."}}})
        await self.connection.send({"serverContent": {"generationComplete": True}})
        self.answering = None
        self.answers += 1
        await self.connection.send({"serverContent": {"turnComplete": True}, "usageMetadata": {"totalTokenCount": 1}})
        await self.send_handle()
        await self.connection.step("answer-done")

    def interrupt_later(self):
        asyncio.create_task(standin.until_closed(self.interrupt()))

    async def go_away(self):
        await asyncio.sleep(self.options.go_away_after_ms / 1000)
        left_s = self.options.go_away_left_ms / 1000
        await self.connection.send({"goAway": {"timeLeft": f"{left_s:g}s"}})
        await self.connection.step("go-away")
        await asyncio.sleep(left_s)
        self.journal.write("time is over")
        await self.socket.close(1008, "The connection has reached its longest time.")


async def handle(socket, options, journal):
    address = urllib.parse.urlsplit(socket.request.path)
    if not address.path.endswith("BidiGenerateContent"):
        journal.mistake(f"no such path: {address.path}")
    headers = socket.request.headers
    has_key = "key" in urllib.parse.parse_qs(address.query) or "x-goog-api-key" in headers
    if not has_key and not headers.get("Authorization", "").startswith("Bearer "):
        journal.mistake("no key in the address, and no header with one")
    await Session(socket, options, journal).run()


if __name__ == "__main__":
    arguments = standin.parser(__doc__, STEPS)
    arguments.add_argument("--binary", action="store_true", help="send JSON in binary messages")
    arguments.add_argument("--go-away-after-ms", type=int, default=0, help="announce the end after so long; 0: never")
    arguments.add_argument("--go-away-left-ms", type=int, default=5000, help="the time that is left then")
    arguments.add_argument("--go-aways", type=int, default=1000000, help="in how many connections")
    standin.run(arguments.parse_args(), handle)
