# SPDX-License-Identifier: Apache-2.0
"""The dialect openai-live before a stand-in that satisfies the published client."""
import unittest

from agents import AgentCase, eventually


class OpenAiLive(AgentCase):
    script = "openai_standin.py"
    dialect = "openai-live"
    path = "/v1/live/sessions"
    session = {"model": "gpt-live-1", "instructions": "Be brief."}
    steps_of_set_up = ("connected", "created")

    def test_audio_goes_both_ways_in_each_format(self):
        for format in ({"type": "audio/pcm", "rate": 16000}, {"type": "audio/pcm", "rate": 24000},
                       {"type": "audio/pcmu", "rate": 8000}, {"type": "audio/pcma", "rate": 8000}):
            with self.subTest(str(format)):
                self.session = {"model": "gpt-live-1", "audio": {"format": format}}
                standin = self.standin("--answer-ms", "3000")
                self.start(standin)
                self.speak()
                # Audio that comes late on a busy machine is left out here.
                eventually(lambda: self.heard_ms() >= 1000, "the caller hears the answer")
                self.finish(standin)
                self.assertAlmostEqual(self.crossings_a_second(), 880, delta=15)

    def test_a_delegation_is_reported(self):
        standin = self.standin("--tool", "--answer-ms", "400")
        self.start(standin)
        self.speak()
        self.assertTrue(self.line.wait_for("tool_call")["tool_id"])
        self.finish(standin)

    def test_the_session_is_closed_in_order(self):
        standin = self.standin()
        self.start(standin)
        self.line.wait_for("backend_connected")
        self.finish(standin)
        self.assertEqual(len(standin.received("session.close")), 1)

    def test_the_fallback_answers_when_the_set_up_fails(self):
        self.check_the_fallback_answers()


if __name__ == "__main__":
    unittest.main()
