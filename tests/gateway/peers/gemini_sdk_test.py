# SPDX-License-Identifier: Apache-2.0
"""The stand-in of Gemini Live satisfies the service's own published client."""
import ssl
import tempfile
import unittest

from standin_process import StandinProcess, make_certificate, silence, speech

try:
    import websockets
    from google import genai
    from google.genai import errors, types
except ImportError as missing:
    raise unittest.SkipTest(f"pip install google-genai websockets ({missing})")


class Gemini(unittest.IsolatedAsyncioTestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.folder.cleanup)
        cls.certificate = make_certificate(cls.folder.name)

    def connect(self, *options, **config):
        # With a key, the client speaks TLS only.
        self.standin = StandinProcess("gemini_standin.py", "--certificate", self.certificate, *options)
        self.addCleanup(self.standin.stop)
        tls = ssl.create_default_context(cafile=self.certificate)
        client = genai.Client(api_key="none", http_options=types.HttpOptions(
            base_url=f"https://127.0.0.1:{self.standin.port}", async_client_args={"ssl": tls}))
        return client.aio.live.connect(model="gemini-live", config={"response_modalities": ["AUDIO"], **config})

    async def talk(self, session, payload):
        for start in range(0, len(payload), 640):
            await session.send_realtime_input(
                audio=types.Blob(data=payload[start:start + 640], mime_type="audio/pcm;rate=16000"))

    async def turn(self, session):
        """Returns the messages of one turn."""
        return [message async for message in session.receive()]

    async def test_a_call(self):
        for binary in ([], ["--binary"]):
            async with self.connect("--answer-ms", "500", *binary) as session:
                await self.talk(session, speech(16000) + silence(16000))
                messages = await self.turn(session)
                self.assertEqual(sum(len(message.data or b"") for message in messages), 24000)
                self.assertTrue(messages[-1].server_content.turn_complete)
            self.assertEqual(self.standin.finish()["received_ms"], 1200)

    async def test_an_interruption(self):
        async with self.connect("--answer-ms", "600000") as session:
            await session.send_realtime_input(text="Speak.")
            interrupted = False
            async for message in session.receive():
                if message.data and not interrupted:
                    await self.talk(session, speech(16000))
                interrupted |= bool(message.server_content and message.server_content.interrupted)
            self.assertTrue(interrupted)
        self.assertLess(self.standin.finish()["sent_ms"], 600000)

    async def test_a_function(self):
        async with self.connect("--tool", "--answer-ms", "200") as session:
            await session.send_realtime_input(text="Speak.")
            async for message in session.receive():
                if message.tool_call:
                    call = message.tool_call.function_calls[0]
                    await session.send_tool_response(function_responses=[
                        types.FunctionResponse(id=call.id, name=call.name, response={"output": "a tone"})])
            self.assertEqual(call.args, {"word": "tone"})
        self.standin.finish()

    async def test_the_end_of_a_connection_is_announced_and_handles_are_given(self):
        async with self.connect("--answer-ms", "200", "--go-away-after-ms", "1", "--go-away-left-ms", "60000",
                                session_resumption=types.SessionResumptionConfig()) as session:
            await session.send_realtime_input(text="Speak.")
            messages = await self.turn(session)
            self.assertIn("60s", [m.go_away.time_left for m in messages if m.go_away])
            handles = [m.session_resumption_update for m in messages if m.session_resumption_update]
            self.assertTrue(any(update.resumable and update.new_handle for update in handles))
        self.standin.finish()

    async def test_a_handle_that_is_unknown_is_refused(self):
        with self.assertRaises(errors.APIError) as refused:
            async with self.connect(session_resumption=types.SessionResumptionConfig(handle="unknown")):
                pass
        self.assertEqual(refused.exception.code, 1008)

    async def test_a_close_at_each_step(self):
        for step in ("setup", "answer", "first-audio", "mid-answer", "answer-done"):
            with self.subTest(step), self.assertRaises((errors.APIError, websockets.ConnectionClosed)):
                async with self.connect("--close-at", step, "--answer-ms", "400") as session:
                    await session.send_realtime_input(text="Speak.")
                    while True:
                        await self.turn(session)


if __name__ == "__main__":
    unittest.main()
