# SPDX-License-Identifier: Apache-2.0
"""The stand-in of OpenAI satisfies the service's own published client."""
import base64
import unittest

from standin_process import StandinProcess, events_until, silence, speech

try:
    import websockets
    from openai import OpenAI
except ImportError as missing:
    raise unittest.SkipTest(f"pip install openai websockets ({missing})")


def b64(payload):
    return base64.b64encode(payload).decode()


class Realtime(unittest.TestCase):
    def connect(self, *options):
        self.standin = StandinProcess("openai_standin.py", *options)
        self.addCleanup(self.standin.stop)
        address = f"ws://127.0.0.1:{self.standin.port}/v1"
        self.client = OpenAI(api_key="none", websocket_base_url=address)
        return self.client.realtime.connect(model="gpt-realtime-2.1")

    def set_up(self, connection, **audio):
        self.assertEqual(events_until(self, connection, "session.created")[0].session.type, "realtime")
        connection.session.update(session={"type": "realtime", "audio": audio})
        events_until(self, connection, "session.updated")

    def talk(self, connection, payload):
        for start in range(0, len(payload), 960):
            connection.input_audio_buffer.append(audio=b64(payload[start:start + 960]))

    def test_a_call(self):
        with self.connect("--answer-ms", "500") as connection:
            self.set_up(connection)
            self.talk(connection, speech(24000) + silence(24000))
            events = events_until(self, connection, "response.done")
            kinds = [event.type for event in events]
            self.assertEqual(kinds[:2], ["input_audio_buffer.speech_started", "input_audio_buffer.speech_stopped"])
            audio = b"".join(base64.b64decode(e.delta) for e in events if e.type == "response.output_audio.delta")
            self.assertEqual(len(audio), 24000)
            self.assertEqual(events[-1].response.status, "completed")
        self.assertEqual(self.standin.finish()["received_ms"], 1200)

    def test_g711(self):
        with self.connect("--answer-ms", "500") as connection:
            self.set_up(connection, input={"format": {"type": "audio/pcmu"}}, output={"format": {"type": "audio/pcma"}})
            connection.response.create()
            events = events_until(self, connection, "response.done")
            audio = b"".join(base64.b64decode(e.delta) for e in events if e.type == "response.output_audio.delta")
            self.assertEqual(len(audio), 4000)
        self.standin.finish()

    def test_an_interruption_and_a_truncation(self):
        with self.connect("--answer-ms", "600000", "--late", "2") as connection:
            self.set_up(connection)
            connection.response.create()
            events_until(self, connection, "response.output_audio.delta")
            self.talk(connection, speech(24000))
            events = events_until(self, connection, "response.done")
            self.assertIn("input_audio_buffer.speech_started", [event.type for event in events])
            self.assertEqual(events[-1].response.status_details.reason, "turn_detected")
            item = next(e.item_id for e in events if e.type == "response.output_audio.delta")
            connection.conversation.item.truncate(item_id=item, content_index=0, audio_end_ms=70)
            self.assertEqual(events_until(self, connection, "conversation.item.truncated")[-1].audio_end_ms, 70)
        self.assertEqual(self.standin.finish()["truncated"], {item: 70})

    def test_a_function(self):
        with self.connect("--tool", "--answer-ms", "200") as connection:
            self.set_up(connection)
            connection.response.create()
            call = events_until(self, connection, "response.function_call_arguments.done")[-1]
            self.assertEqual(call.name, "look_up")
            events_until(self, connection, "response.done")
            connection.conversation.item.create(
                item={"type": "function_call_output", "call_id": call.call_id, "output": "a tone"})
            events_until(self, connection, "conversation.item.done")
            connection.response.create()
            self.assertEqual(events_until(self, connection, "response.done")[-1].response.status, "completed")
        self.standin.finish()

    def test_a_truncation_behind_the_end_is_an_error(self):
        with self.connect("--answer-ms", "200") as connection:
            self.set_up(connection)
            connection.response.create()
            item = events_until(self, connection, "response.output_audio.done")[-1].item_id
            events_until(self, connection, "response.done")
            connection.conversation.item.truncate(item_id=item, content_index=0, audio_end_ms=201)
            self.assertEqual(connection.recv().type, "error")

    def test_a_session_that_expires(self):
        with self.connect("--expire-after-ms", "100") as connection:
            connection.recv()
            self.assertEqual(connection.recv().error.code, "session_expired")

    def test_a_close_at_each_step(self):
        for step in ("connected", "created", "updated", "first-audio", "mid-answer", "answer-done"):
            with self.subTest(step), self.assertRaises(websockets.ConnectionClosed) as closed:
                with self.connect("--close-at", step, "--close-code", "1011", "--answer-ms", "400") as connection:
                    connection.session.update(session={"type": "realtime"})
                    connection.response.create()
                    while True:
                        connection.recv()
            self.assertEqual(closed.exception.rcvd.code, 1011)


class Live(unittest.TestCase):
    def test_a_call(self):
        standin = StandinProcess("openai_standin.py", "--answer-ms", "200", "--tool")
        self.addCleanup(standin.stop)
        client = OpenAI(api_key="none", websocket_base_url=f"ws://127.0.0.1:{standin.port}/v1")
        with client.live.connect() as connection:
            connection.session.start(session={"model": "gpt-live-1.1",
                                              "audio": {"format": {"type": "audio/pcm", "rate": 16000}}})
            self.assertEqual(connection.recv().type, "session.started")
            connection.session.input_audio.append(audio=b64(speech(16000) + silence(16000)))
            while (event := connection.recv()).type != "session.delegation.created":
                self.assertIn(event.type, ("session.output_audio.delta", "session.input_transcript.delta"))
            connection.session.commentary.append(content="A tone.", delegation_id=event.delegation.id)
            loud = 0
            while loud < 5:
                event = connection.recv()
                if event.type == "session.output_audio.delta" and any(base64.b64decode(event.delta)):
                    loud += 1
            connection.session.close()
            while (event := connection.recv()).type != "session.closed":
                pass
            self.assertEqual(event.reason, "close_requested")
        standin.finish()


if __name__ == "__main__":
    unittest.main()
