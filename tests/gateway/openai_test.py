# SPDX-License-Identifier: Apache-2.0
"""The dialect openai before a stand-in that satisfies the published client."""
import unittest

from agents import FRAME_MS, AgentCase


class OpenAi(AgentCase):
    script = "openai_standin.py"
    dialect = "openai"
    path = "/v1/realtime?model=gpt-realtime"
    session = {"instructions": "Be brief.", "audio": {"output": {"voice": "marin"}}}
    steps_of_set_up = ("connected", "created", "updated")
    steps_of_answer = ("answer", "first-audio", "mid-answer", "answer-done")

    def test_audio_goes_both_ways(self):
        self.check_audio_goes_both_ways()

    def test_audio_goes_both_ways_as_mu_law(self):
        mu_law = {"format": {"type": "audio/pcmu"}}
        self.session = {"audio": {"input": mu_law, "output": mu_law}}
        self.check_audio_goes_both_ways()

    def test_barge_in_truncates_at_what_was_heard(self):
        standin = self.check_barge_in("--late", "3")
        truncated = standin.wait_for("summary")["truncated"]
        self.assertEqual(len(truncated), 1)
        heard_ms, = truncated.values()
        self.assertAlmostEqual(self.heard_ms(), heard_ms, delta=FRAME_MS)
        print(f"truncated at {heard_ms} ms, and {self.heard_ms():.1f} ms were heard")

    def test_a_function_is_reported(self):
        self.check_a_function_is_reported(("look_up", {"word": "tone"}))

    def test_the_fallback_answers_when_the_set_up_fails(self):
        self.check_the_fallback_answers()

    def test_the_call_goes_on_when_the_back_end_breaks_off(self):
        self.check_the_call_goes_on_when_the_back_end_breaks_off()

    def test_keys_reach_the_model(self):
        standin = self.standin("--answer-ms", "200")
        self.start(standin)
        self.line.wait_for("backend_connected")
        for key in "42#":
            self.phone.press(key)
        standin.wait_for_step("answer-done")
        texts = [part["text"] for message in standin.received("conversation.item.create")
                 for part in message["item"]["content"]]
        self.assertTrue(any("42#" in text for text in texts), texts)
        self.finish(standin)


if __name__ == "__main__":
    unittest.main()
