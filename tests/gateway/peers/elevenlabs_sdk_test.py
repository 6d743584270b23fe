# SPDX-License-Identifier: Apache-2.0
"""The stand-in of ElevenLabs Conversational AI satisfies the service's own published client."""
import threading
import unittest

from standin_process import StandinProcess, silence, speech

try:
    from elevenlabs.client import ElevenLabs
    from elevenlabs.conversational_ai.conversation import AudioInterface, ClientTools, Conversation
except ImportError as missing:
    raise unittest.SkipTest(f"pip install elevenlabs ({missing})")

PATIENCE_S = 60


class Sound(AudioInterface):
    """Plays what it is given, and keeps what it hears."""

    def __init__(self):
        self.ready = threading.Event()
        self.interrupted = threading.Event()
        self.heard = b""
        self.changed = threading.Condition()

    def start(self, input_callback):
        self.say = input_callback
        self.ready.set()

    def stop(self):
        pass

    def output(self, audio):
        with self.changed:
            self.heard += audio
            self.changed.notify_all()

    def interrupt(self):
        self.interrupted.set()

    def wait_for(self, size):
        with self.changed:
            return self.changed.wait_for(lambda: len(self.heard) >= size, PATIENCE_S)


class ElevenLabsConversation(unittest.TestCase):
    def start(self, *options, tools=None):
        self.standin = StandinProcess("elevenlabs_standin.py", *options)
        self.addCleanup(self.standin.stop)
        self.sound = Sound()
        self.words = []
        self.ends = []
        self.conversation = Conversation(
            ElevenLabs(api_key="none", base_url=f"http://127.0.0.1:{self.standin.port}"), "agent_1",
            requires_auth=False, audio_interface=self.sound, client_tools=tools,
            callback_agent_response=lambda text: self.words.append(text),
            callback_agent_response_correction=lambda _, text: self.words.append(text),
            callback_user_transcript=lambda text: self.words.append(text),
            callback_disconnect=self.ends.append)
        self.conversation.start_session()
        self.addCleanup(self.conversation.end_session)
        self.assertTrue(self.sound.ready.wait(PATIENCE_S))

    def end(self):
        self.conversation.end_session()
        self.conversation.wait_for_session_end()
        return self.standin.finish()

    def test_a_call(self):
        self.start("--answer-ms", "500")
        self.sound.say(speech(16000) + silence(16000))
        self.assertTrue(self.sound.wait_for(16000))
        self.standin.wait_for_step("answer-done")
        self.assertEqual(self.words, ["Hello.", "A tone."])
        self.assertEqual(self.end()["received_ms"], 1200)

    def test_an_interruption(self):
        self.start("--answer-ms", "600000", "--late", "2")
        self.sound.say(speech(16000) + silence(16000))
        self.assertTrue(self.sound.wait_for(3200))
        self.sound.say(speech(16000))
        self.assertTrue(self.sound.interrupted.wait(PATIENCE_S))
        sent_ms = self.end()["sent_ms"]
        self.assertEqual(len(self.sound.heard) / 32, sent_ms - 200)  # not what came late

    def test_a_function(self):
        tools = ClientTools()
        tools.register("look_up", lambda parameters: parameters["word"])
        self.start("--tool", "--answer-ms", "200", tools=tools)
        self.conversation.send_user_message("Speak.")
        self.assertTrue(self.sound.wait_for(6400))
        self.end()

    def test_a_close_at_each_step(self):
        for step in ("initiated", "answer", "first-audio", "mid-answer", "answer-done"):
            with self.subTest(step):
                self.start("--close-at", step, "--answer-ms", "400")
                self.sound.say(speech(16000) + silence(16000))
                self.conversation.wait_for_session_end()
                self.assertEqual((self.ends[0].reason, self.ends[0].close_code), ("error", 1011))


if __name__ == "__main__":
    unittest.main()
