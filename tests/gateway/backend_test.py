# SPDX-License-Identifier: Apache-2.0
"""`audiosocket backend` satisfies the published clients of the services that it stands in for."""
import base64
import json
import ssl
import threading
import unittest

from calls import COMMAND, PATIENCE_S, GatewayCase, Process, write_wav
from standin_process import events_until, make_certificate, silence, speech

ARGUMENTS = {"item": "bread"}
TOOL = ("--tool", "price", "--tool-arguments", json.dumps(ARGUMENTS))


class Backend(Process):
    """`audiosocket backend` for one connection."""

    def __init__(self, dialect, *options):
        super().__init__([COMMAND, "backend", "--dialect", dialect, "--listen", "127.0.0.1:0", "--json",
                          "--exit-after", "1", *options])
        self.address = f"127.0.0.1:{json.loads(self.wait_for_line('listening'))['port']}"

    def events(self, name):
        found = [json.loads(line) for line in self.lines]
        return [event for event in found if event["event"] == name]


class BackendCase(GatewayCase):
    def backend(self, dialect, *options):
        self.server = self.keep(Backend(dialect, *options))
        return self.server

    def answer(self, ms=500):
        """A file of so many milliseconds that is played to the client."""
        return write_wav(self.path("answer.wav"), [1000, -1000] * (4 * ms))

    def finish(self):
        """Waits until the client has ended the connection without a mistake. Returns its last event."""
        code = self.server.wait()
        self.assertEqual((code, self.server.events("violation")), (0, []), self.server.said())
        return self.server.events("ended")[0]

    def result(self):
        return self.server.events("tool_result")[0]["result"]


def needs(module):
    """Skips the test if the client of the service is not installed."""
    try:
        __import__(module)
        return lambda case: case
    except ImportError as missing:
        return unittest.skip(f"no {module}: {missing}")


@needs("openai")
class OpenAi(BackendCase):
    def connect(self, *options, dialect="openai"):
        from openai import OpenAI
        server = self.backend(dialect, *options)
        client = OpenAI(api_key="none", websocket_base_url=f"ws://{server.address}/v1")
        return client.live.connect() if dialect == "openai-live" else client.realtime.connect(model="gpt-realtime-2.1")

    def set_up(self, connection, **audio):
        connection.session.update(session={"type": "realtime", "audio": audio})
        events_until(self, connection, "session.updated")

    def talk(self, connection, payload):
        for start in range(0, len(payload), 960):
            connection.input_audio_buffer.append(audio=base64.b64encode(payload[start:start + 960]).decode())

    def test_realtime_echo_in_two_formats(self):
        with self.connect() as connection:
            self.set_up(connection, output={"format": {"type": "audio/pcmu"}})
            self.talk(connection, speech(24000))
            heard = 0
            while heard < 3000:  # of 3200: the resampler holds some back
                event = events_until(self, connection, "response.output_audio.delta")[-1]
                heard += len(base64.b64decode(event.delta))
        self.assertEqual(self.finish()["heard_ms"], 400)

    def test_realtime_interruption_and_truncation(self):
        with self.connect("--play", self.answer(60000), "--barge-in") as connection:
            self.set_up(connection)
            item = events_until(self, connection, "response.output_audio.done")[-1].item_id
            events_until(self, connection, "response.done")
            self.talk(connection, speech(24000))
            events_until(self, connection, "input_audio_buffer.speech_started")
            connection.conversation.item.truncate(item_id=item, content_index=0, audio_end_ms=70)
            self.assertEqual(events_until(self, connection, "conversation.item.truncated")[-1].audio_end_ms, 70)
        self.finish()

    def test_realtime_function(self):
        with self.connect(*TOOL) as connection:
            self.set_up(connection)
            call = events_until(self, connection, "response.function_call_arguments.done")[-1]
            self.assertEqual((call.name, json.loads(call.arguments)), ("price", ARGUMENTS))
            connection.conversation.item.create(
                item={"type": "function_call_output", "call_id": call.call_id, "output": "three euros"})
            events_until(self, connection, "conversation.item.done")
        self.finish()
        self.assertEqual(self.result(), "three euros")

    def test_realtime_errors_keep_the_session(self):
        with self.connect() as connection:
            connection.session.update(session={"type": "realtime", "audio": {"input": {"format": {
                "type": "audio/pcm", "rate": 8000}}}})
            self.assertEqual(connection.recv().type, "session.created")
            error = connection.recv()
            self.assertEqual((error.type, error.error.type), ("error", "invalid_request_error"))
            self.set_up(connection)
        self.assertEqual(self.server.wait(), 1)

    def test_live_call(self):
        with self.connect("--play", self.answer(), "--tool", "price", dialect="openai-live") as connection:
            connection.session.start(session={"model": "gpt-live-1.1",
                                              "audio": {"format": {"type": "audio/pcm", "rate": 16000}}})
            self.assertEqual(connection.recv().type, "session.started")
            delegation = connection.recv().delegation
            connection.session.commentary.append(content="three euros", delegation_id=delegation.id)
            loud = 0
            while loud < 200:  # ms
                connection.session.input_audio.append(audio=base64.b64encode(silence(16000, 20)).decode())
                event = events_until(self, connection, "session.output_audio.delta")[-1]
                loud += 20 * any(base64.b64decode(event.delta))
            connection.session.close()
            self.assertEqual(events_until(self, connection, "session.closed")[-1].reason, "close_requested")
        self.finish()
        self.assertEqual(self.result(), "three euros")


@needs("google.genai")
class Gemini(BackendCase, unittest.IsolatedAsyncioTestCase):
    def connect(self, *options, model="gemini-live", **config):
        from google import genai
        certificate = make_certificate(self.folder)  # with a key, the client speaks TLS only
        server = self.backend("gemini", "--certificate", certificate, *options)
        client = genai.Client(api_key="none", http_options=genai.types.HttpOptions(
            base_url=f"https://{server.address}",
            async_client_args={"ssl": ssl.create_default_context(cafile=certificate)}))
        return client.aio.live.connect(model=model, config={"response_modalities": ["AUDIO"], **config})

    async def talk(self, session, payload):
        from google.genai import types
        for start in range(0, len(payload), 640):
            await session.send_realtime_input(
                audio=types.Blob(data=payload[start:start + 640], mime_type="audio/pcm;rate=16000"))

    async def test_turn_and_interruption(self):
        async with self.connect("--play", self.answer(60000), "--barge-in") as session:
            messages = [message async for message in session.receive()]  # of one turn
            self.assertEqual(sum(len(message.data or b"") for message in messages), 60000 * 48)
            await self.talk(session, speech(16000))
            async for message in session.receive():
                if message.server_content and message.server_content.interrupted:
                    break
        self.finish()

    async def test_function(self):
        from google.genai import types
        async with self.connect(*TOOL, tools=[{"function_declarations": [{"name": "price"}]}]) as session:
            async for message in session.receive():
                if message.tool_call:
                    break
            call = message.tool_call.function_calls[0]
            self.assertEqual((call.name, call.args), ("price", ARGUMENTS))
            await session.send_tool_response(function_responses=[
                types.FunctionResponse(id=call.id, name=call.name, response={"output": "three euros"})])
        self.finish()
        self.assertEqual(json.loads(self.result()), {"output": "three euros"})

    async def test_end_is_announced_and_the_session_goes_on_with_its_handle(self):
        from google.genai import errors, types
        handle = None
        with self.assertRaises(errors.APIError) as ended:
            async with self.connect("--session-limit", "0.2",
                                    session_resumption=types.SessionResumptionConfig()) as session:
                left = None
                while True:
                    async for message in session.receive():
                        if message.session_resumption_update and message.session_resumption_update.new_handle:
                            handle = message.session_resumption_update.new_handle
                        left = message.go_away.time_left if message.go_away else left
        self.assertEqual(ended.exception.code, 1008)
        self.assertEqual(left, "0.100s")
        self.finish()
        async with self.connect(session_resumption=types.SessionResumptionConfig(handle=handle)):
            pass
        self.finish()
        with self.assertRaises(errors.APIError) as refused:
            async with self.connect(session_resumption=types.SessionResumptionConfig(handle="unknown")):
                pass
        self.assertEqual(refused.exception.code, 1008)


@needs("deepgram")
class Deepgram(BackendCase):
    def connect(self, *options):
        from deepgram import DeepgramClient
        from deepgram.environment import DeepgramClientEnvironment
        address = self.backend("deepgram", *options).address
        environment = DeepgramClientEnvironment(base=f"http://{address}", production=f"ws://{address}",
                                                agent=f"ws://{address}", agent_rest=f"http://{address}")
        return DeepgramClient(api_key="none", environment=environment).agent.v1.connect()

    def set_up(self, connection, **audio):
        from deepgram.agent.v1 import types
        agent = {"listen": {"provider": {"type": "deepgram", "version": "v1", "model": "nova-3"}},
                 "think": {"provider": {"type": "open_ai", "model": "gpt-4o-mini"}, "prompt": "Be brief."},
                 "speak": {"provider": {"type": "deepgram", "model": "aura-2-thalia-en"}}}
        connection.send_settings(types.AgentV1Settings.model_validate(
            {"type": "Settings", "agent": agent, "audio": audio}))

    def until(self, connection, wanted):
        """Reads messages up to one of this type. Returns it, and how many bytes of audio came before it."""
        from deepgram.agent.v1 import types
        heard = 0
        while True:
            message = connection.recv()
            if isinstance(message, bytes):
                heard += len(message)
            elif message.type == wanted:
                self.assertIsInstance(message, getattr(types, f"AgentV1{wanted}"))
                return message, heard

    def test_answer_and_interruption(self):
        with self.connect("--play", self.answer(500), "--barge-in") as connection:
            self.until(connection, "Welcome")
            self.set_up(connection, input={"encoding": "linear16", "sample_rate": 16000},
                        output={"encoding": "mulaw", "sample_rate": 8000, "container": "none"})
            self.until(connection, "SettingsApplied")
            self.until(connection, "AgentStartedSpeaking")
            self.assertEqual(self.until(connection, "AgentAudioDone")[1], 4000)
            connection.send_keep_alive()
            connection.send_media(speech(16000))
            self.until(connection, "UserStartedSpeaking")
        self.finish()

    def test_function(self):
        from deepgram.agent.v1 import types
        with self.connect(*TOOL) as connection:
            self.set_up(connection)
            call, = self.until(connection, "FunctionCallRequest")[0].functions
            self.assertEqual((call.name, json.loads(call.arguments), call.client_side), ("price", ARGUMENTS, True))
            connection.send_function_call_response(
                types.AgentV1SendFunctionCallResponse(id=call.id, name=call.name, content="three euros"))
        self.finish()
        self.assertEqual(self.result(), "three euros")

    def test_settings_that_are_refused(self):
        with self.connect() as connection:
            self.set_up(connection, input={"encoding": "opus", "sample_rate": 48000})
            self.assertEqual(self.until(connection, "Error")[0].code, "INVALID_SETTINGS")
        self.assertEqual(self.server.wait(), 1)


@needs("elevenlabs")
class ElevenLabs(BackendCase):
    def start(self, *options, tools=None):
        from elevenlabs.client import ElevenLabs as Client
        from elevenlabs.conversational_ai.conversation import AudioInterface, Conversation

        class Sound(AudioInterface):
            """Keeps what it hears."""

            def __init__(self):
                self.ready, self.interrupted, self.pinged = (threading.Event() for _ in range(3))
                self.changed = threading.Condition()
                self.heard = 0

            def start(self, input_callback):
                self.say = input_callback
                self.ready.set()

            def stop(self):
                pass

            def output(self, audio):
                with self.changed:
                    self.heard += len(audio)
                    self.changed.notify_all()

            def interrupt(self):
                self.interrupted.set()

            def wait_for(self, size):
                with self.changed:
                    return self.changed.wait_for(lambda: self.heard >= size, PATIENCE_S)

        self.sound = Sound()
        self.ends = []
        address = self.backend("elevenlabs", *options).address
        self.conversation = Conversation(
            Client(api_key="none", base_url=f"http://{address}"), "agent_1", requires_auth=False,
            audio_interface=self.sound, client_tools=tools, callback_disconnect=self.ends.append,
            callback_latency_measurement=lambda _: self.sound.pinged.set())
        self.conversation.start_session()
        self.addCleanup(self.conversation.end_session)
        self.assertTrue(self.sound.ready.wait(PATIENCE_S))

    def end(self):
        self.conversation.end_session()
        self.conversation.wait_for_session_end()
        return self.finish()

    def test_answer_and_interruption(self):
        self.start("--play", self.answer(), "--barge-in")
        self.assertTrue(self.sound.wait_for(16000))
        self.sound.say(speech(16000))
        self.assertTrue(self.sound.interrupted.wait(PATIENCE_S))
        self.assertEqual(self.end()["heard_ms"], 400)

    def test_echo(self):
        self.start()
        self.sound.say(speech(16000))
        self.assertTrue(self.sound.wait_for(len(speech(16000))))
        self.end()

    def test_function(self):
        from elevenlabs.conversational_ai.conversation import ClientTools
        tools = ClientTools()
        tools.register("price", lambda parameters: f"three euros for {parameters['item']}")
        self.start(*TOOL, tools=tools)
        self.server.wait_for_line("tool_result")
        self.end()
        self.assertEqual(self.result(), "three euros for bread")

    def test_longest_time_is_an_orderly_end(self):
        self.start("--session-limit", "0.2")
        self.conversation.wait_for_session_end()
        self.finish()
        self.assertEqual(self.ends[0].close_code, 1000)


if __name__ == "__main__":
    unittest.main()
