# SPDX-License-Identifier: Apache-2.0
"""Pipecat as the bot: its telephony transport and its TwilioFrameSerializer."""
import os
import sys
import unittest
import uuid

from calls import GatewayCase, Process, eventually, register
from speeches import ANSWER, GOODBYE, SPEECH, speech

# Pipecat sends 40 ms at once.
PIECE_SAMPLES = 320

BOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "peers", "pipecat_bot.py")


class Pipecat(GatewayCase):
    @classmethod
    def setUpClass(cls):
        cls.bot = Process([sys.executable, "-u", BOT])
        cls.addClassCleanup(cls.bot.kill)
        cls.port = cls.bot.wait_for_line("listening on port").split()[-1]

    def setUp(self):
        super().setUp()
        self.pipecat_gateway = self.gateway("twilio", f"ws://127.0.0.1:{self.port}/ws")
        self.id = str(uuid.uuid4())
        register(self.pipecat_gateway, self.id, from_number="100", to_number="200",
                 admin=f"http://{self.pipecat_gateway.admin}")
        self.phone = self.live_caller(self.pipecat_gateway, self.id)
        self.bot.wait_for_line(f"call twilio {self.call_sid()} 100 200")

    def call_sid(self):
        return "CA" + self.id.replace("-", "")

    def tearDown(self):
        if not self._outcome.success:
            print(f"--- the bot said\n{self.bot.said()}")

    def test_audio_goes_both_ways_bit_exact(self):
        said = speech(1, 16000)
        self.phone.say(said)
        self.phone.wait_for_sound(len(said))
        self.phone.hang_up()
        self.assert_in_order(said, self.phone.heard())
        self.assertEqual(self.pipecat_gateway.end_of_call()["messages_ignored"], 0)

    def test_an_interruption_stops_the_speech(self):
        self.phone.press("1")
        self.phone.wait_for_sound(16000)
        self.phone.press("5")
        eventually(lambda: self.phone.sound()[-len(ANSWER):] == ANSWER, "the caller hears the answer")
        self.phone.hang_up()
        speech_heard = self.phone.sound()[:-len(ANSWER)]
        whole = next((i for i, (left, right) in enumerate(zip(SPEECH, speech_heard)) if left != right),
                     len(speech_heard))
        # A piece that Pipecat was sending may follow its interruption.
        self.assertLessEqual(len(speech_heard) - whole, PIECE_SAMPLES)

    def test_the_end_of_the_pipeline_hangs_up_after_the_last_word(self):
        self.phone.press("9")
        self.phone.wait_for_hang_up()
        self.assert_in_order(GOODBYE, self.phone.heard())
        self.bot.wait_for_line(f"Successfully terminated Twilio call {self.call_sid()}")
        self.assertEqual(self.pipecat_gateway.wait_for("ended")["reason"], "hung up")

    def test_a_pipeline_that_is_cancelled_hangs_up(self):
        self.phone.press("1")
        self.phone.wait_for_sound(160)
        self.phone.press("0")
        self.phone.wait_for_hang_up()
        self.bot.wait_for_line(f"Successfully terminated Twilio call {self.call_sid()}")

    def test_a_caller_who_hangs_up_ends_the_pipeline(self):
        self.phone.press("1")
        self.phone.wait_for_sound(160)
        before = self.bot.lines.count("call over")
        self.phone.hang_up()
        eventually(lambda: self.bot.lines.count("call over") > before, "the pipeline ends")


if __name__ == "__main__":
    unittest.main()
