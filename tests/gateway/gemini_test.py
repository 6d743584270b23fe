# SPDX-License-Identifier: Apache-2.0
"""The dialect gemini before a stand-in that satisfies the published client."""
import unittest

from agents import AgentCase


class Gemini(AgentCase):
    script = "gemini_standin.py"
    dialect = "gemini"
    path = "/ws/google.ai.generativelanguage.v1beta.GenerativeService.BidiGenerateContent"
    session = {"model": "models/gemini-live", "systemInstruction": {"parts": [{"text": "Be brief."}]}}
    steps_of_set_up = ("connected", "setup")
    steps_of_answer = ("answer", "first-audio", "mid-answer", "answer-done")

    def test_audio_goes_both_ways(self):
        self.check_audio_goes_both_ways()

    def test_barge_in_stops_the_answer(self):
        self.check_barge_in()

    def test_a_function_is_reported(self):
        self.check_a_function_is_reported(("look_up", {"word": "tone"}))

    def test_the_fallback_answers_when_the_set_up_fails(self):
        self.check_the_fallback_answers()

    def test_the_call_goes_on_when_the_back_end_breaks_off(self):
        self.check_the_call_goes_on_when_the_back_end_breaks_off()

    def test_the_end_of_a_connection_is_survived(self):
        standin = self.standin("--answer-ms", "400", "--go-away-after-ms", "1000", "--go-away-left-ms", "5000",
                               "--go-aways", "1")
        self.start(standin)
        standin.wait_for("resumed")
        self.speak()
        standin.wait_for_step("answer-done")
        self.finish(standin)
        self.assertEqual(self.line.events("backend_lost"), [])


if __name__ == "__main__":
    unittest.main()
