# SPDX-License-Identifier: Apache-2.0
"""The dialect deepgram before a stand-in that satisfies the published client."""
import unittest

from agents import AgentCase, eventually

AGENT = {"listen": {"provider": {"type": "deepgram", "version": "v1", "model": "nova-3"}},
         "think": {"provider": {"type": "open_ai", "model": "gpt-4o-mini"}, "prompt": "Be brief."},
         "speak": {"provider": {"type": "deepgram", "model": "aura-2-thalia-en"}}}


class Deepgram(AgentCase):
    script = "deepgram_standin.py"
    dialect = "deepgram"
    path = "/v1/agent/converse"
    session = {"agent": AGENT}
    steps_of_set_up = ("connected", "welcome", "applied")
    steps_of_answer = ("answer", "first-audio", "mid-answer", "answer-done")

    def test_audio_goes_both_ways(self):
        self.check_audio_goes_both_ways()

    def test_audio_goes_both_ways_as_mu_law(self):
        mu_law = {"encoding": "mulaw", "sample_rate": 8000}
        self.session = {"agent": AGENT, "audio": {"input": mu_law, "output": mu_law}}
        self.check_audio_goes_both_ways()

    def test_the_greeting_is_heard(self):
        self.session = {"agent": {**AGENT, "greeting": "Good morning."}}
        standin = self.standin("--answer-ms", "400")
        self.start(standin)
        eventually(lambda: self.heard_ms() >= 380, "the caller hears the greeting")
        self.finish(standin)

    def test_barge_in_stops_the_answer(self):
        self.check_barge_in()

    def test_a_function_is_reported(self):
        self.check_a_function_is_reported(("look_up", {"word": "tone"}))

    def test_keys_reach_the_agent(self):
        standin = self.standin("--answer-ms", "200")
        self.start(standin)
        self.line.wait_for("backend_connected")
        for key in "42#":
            self.phone.press(key)
        standin.wait_for_step("answer-done")
        self.assertIn("42#", standin.received("InjectUserMessage")[0]["content"])
        self.finish(standin)

    def test_the_fallback_answers_when_the_set_up_fails(self):
        self.check_the_fallback_answers()

    def test_the_call_goes_on_when_the_back_end_breaks_off(self):
        self.check_the_call_goes_on_when_the_back_end_breaks_off()


if __name__ == "__main__":
    unittest.main()
