# SPDX-License-Identifier: Apache-2.0
"""The dialect elevenlabs before a stand-in that satisfies the published client."""
import unittest

from agents import AgentCase


class ElevenLabs(AgentCase):
    script = "elevenlabs_standin.py"
    dialect = "elevenlabs"
    path = "/v1/convai/conversation?agent_id=agent_1"
    steps_of_set_up = ("connected", "initiated")
    steps_of_answer = ("answer", "first-audio", "mid-answer", "answer-done")

    def test_audio_goes_both_ways(self):
        self.check_audio_goes_both_ways()

    def test_audio_goes_both_ways_in_the_formats_of_the_agent(self):
        for there, back in (("ulaw_8000", "ulaw_8000"), ("pcm_8000", "pcm_44100"), ("pcm_48000", "pcm_24000")):
            with self.subTest(f"{there}, {back}"):
                self.check_audio_goes_both_ways(1000, "--input-format", there, "--output-format", back)

    def test_barge_in_stops_the_answer_and_what_comes_late_of_it(self):
        self.check_barge_in("--late", "3")

    def test_a_function_is_reported(self):
        self.check_a_function_is_reported(("look_up", {"word": "tone"}))

    def test_pings_are_answered(self):
        standin = self.standin()
        self.start(standin)
        self.line.wait_for("backend_connected")
        self.speak()
        standin.wait_for_step("answer")
        self.finish(standin)
        self.assertGreaterEqual(standin.wait_for("summary")["pongs"], 1)

    def test_the_fallback_answers_when_the_set_up_fails(self):
        self.check_the_fallback_answers()

    def test_the_call_goes_on_when_the_back_end_breaks_off(self):
        self.check_the_call_goes_on_when_the_back_end_breaks_off()


if __name__ == "__main__":
    unittest.main()
