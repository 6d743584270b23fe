# SPDX-License-Identifier: Apache-2.0
"""The stand-in of Deepgram Voice Agent satisfies the service's own published client."""
import unittest

from standin_process import StandinProcess, silence, speech

try:
    import websockets
    from deepgram import DeepgramClient
    from deepgram.agent.v1 import types as sdk
    from deepgram.environment import DeepgramClientEnvironment
except ImportError as missing:
    raise unittest.SkipTest(f"pip install deepgram-sdk websockets ({missing})")

AGENT = {"listen": {"provider": {"type": "deepgram", "version": "v1", "model": "nova-3"}},
         "think": {"provider": {"type": "open_ai", "model": "gpt-4o-mini"}, "prompt": "Be brief."},
         "speak": {"provider": {"type": "deepgram", "model": "aura-2-thalia-en"}}}


def settings(rate_hz=16000, encoding="linear16", **agent):
    return sdk.AgentV1Settings.model_validate({
        "type": "Settings", "agent": {**AGENT, **agent},
        "audio": {"input": {"encoding": encoding, "sample_rate": rate_hz},
                  "output": {"encoding": encoding, "sample_rate": rate_hz, "container": "none"}}})


class Deepgram(unittest.TestCase):
    def connect(self, *options):
        self.standin = StandinProcess("deepgram_standin.py", *options)
        self.addCleanup(self.standin.stop)
        address = f"127.0.0.1:{self.standin.port}"
        environment = DeepgramClientEnvironment(base=f"http://{address}", production=f"ws://{address}",
                                                agent=f"ws://{address}", agent_rest=f"http://{address}")
        return DeepgramClient(api_key="none", environment=environment).agent.v1.connect()

    def until(self, connection, wanted):
        """Reads messages up to one of this type. Returns it, and the audio before it."""
        audio = b""
        while True:
            message = connection.recv()
            if isinstance(message, bytes):
                audio += message
            elif message.type == wanted:
                self.assertIsInstance(message, getattr(sdk, f"AgentV1{wanted}"))
                return message, audio

    def test_a_call(self):
        with self.connect("--answer-ms", "500") as connection:
            connection.send_settings(settings())
            self.until(connection, "Welcome")
            self.until(connection, "SettingsApplied")
            connection.send_media(speech(16000) + silence(16000))
            self.until(connection, "UserStartedSpeaking")
            self.until(connection, "AgentStartedSpeaking")
            _, audio = self.until(connection, "FrustrationDetected")
            self.assertEqual(len(audio), 16000)
            self.until(connection, "LatencyReport")
            self.until(connection, "AgentAudioDone")
            connection.send_keep_alive()
        self.assertEqual(self.standin.finish()["received_ms"], 1200)

    def test_a_greeting_and_an_interruption(self):
        with self.connect("--answer-ms", "600000") as connection:
            connection.send_settings(settings(8000, "mulaw", greeting="Good morning."))
            self.assertEqual(self.until(connection, "ConversationText")[0].content, "Good morning.")
            connection.send_media(b"\x20\xa0" * 1600)
            self.until(connection, "UserStartedSpeaking")
        self.assertLess(self.standin.finish()["sent_ms"], 600000)

    def test_a_function(self):
        with self.connect("--tool", "--answer-ms", "200") as connection:
            connection.send_settings(settings())
            self.until(connection, "SettingsApplied")
            connection.send_inject_user_message(sdk.AgentV1InjectUserMessage(content="Speak."))
            call, = self.until(connection, "FunctionCallRequest")[0].functions
            self.assertEqual((call.name, call.arguments, call.client_side), ("look_up", '{"word":"tone"}', True))
            connection.send_function_call_response(
                sdk.AgentV1SendFunctionCallResponse(id=call.id, name=call.name, content="a tone"))
            self.until(connection, "AgentAudioDone")
        self.standin.finish()

    def test_audio_before_the_settings_is_an_error(self):
        with self.connect() as connection:
            connection.send_media(silence(16000))
            self.assertEqual(self.until(connection, "Error")[0].code, "SETTINGS_NOT_APPLIED")

    def test_a_close_at_each_step(self):
        for step in ("connected", "welcome", "applied", "answer", "first-audio", "mid-answer", "answer-done"):
            with self.subTest(step), self.assertRaises(websockets.ConnectionClosed):
                with self.connect("--close-at", step, "--answer-ms", "400") as connection:
                    connection.send_settings(settings(greeting="Good morning."))
                    while True:
                        connection.recv()


if __name__ == "__main__":
    unittest.main()
