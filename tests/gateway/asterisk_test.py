# SPDX-License-Identifier: Apache-2.0
"""A live Asterisk between a phone and the gateway, and a bot behind it. Each end hears what the other end sends,
sample for sample."""
import json
import os
import unittest

from calls import GatewayCase, eventually
from pbx import Pbx, Phone
from pcm_bot import PcmBot
from speeches import ANSWER, GOODBYE, speech

FRAME_SAMPLES = 160
SAMPLES_A_MS = 8

OURS = speech(11, 16000)
THEIRS = speech(12, 16000)
LONG = speech(13, 240000)  # 30 s


class Call:
    way = None
    rate_hz = 8000

    def setUp(self):
        super().setUp()
        self.bot = PcmBot()
        self.addCleanup(self.bot.stop)
        with open(self.path("session.json"), "w", encoding="utf-8") as file:
            json.dump({"sampleRate": self.rate_hz}, file)
        self.line = self.gateway("pcm", f"ws://127.0.0.1:{self.bot.port}/", "--session", self.path("session.json"))
        self.pbx = self.keep(Pbx(os.path.join(self.folder, "asterisk"), self.line.address))

    def tearDown(self):
        self.assertEqual(self.pbx.complaints(), [])

    def call(self):
        self.phone = Phone(self.pbx, self.way, self.rate_hz)
        self.addCleanup(self.phone.close)
        eventually(self.bot.in_call, "the bot is called")
        # Both sides hear each other before the conversation starts.
        eventually(lambda: len(self.bot.heard()) > 0, "the bot hears the phone")
        self.call_id = self.line.wait_for("started")["id"]

    def test_samples_are_whole_both_ways(self):
        self.call()
        self.bot.say(OURS)
        self.phone.say(THEIRS)
        self.phone.wait_for_sound(len(OURS))
        eventually(lambda: sum(sample != 0 for sample in self.bot.heard()) >= len(THEIRS), "the bot hears it all")
        self.phone.hang_up()
        self.assert_in_order(OURS, self.phone.heard())
        self.assert_in_order(THEIRS, self.bot.heard())
        self.assertEqual(self.line.end_of_call()["messages_ignored"], 0)


class NarrowbandCall(Call):
    def test_a_mark_comes_when_what_is_before_it_was_played(self):
        self.call()
        self.bot.say(LONG[:8000])
        self.bot.send("mark", name="second")
        self.bot.say(LONG[8000:])
        eventually(lambda: self.bot.find("mark", name="second"), "the mark comes back")
        self.bot.send("killAudio")
        self.bot.say(ANSWER)
        eventually(lambda: self.phone.sound()[-len(ANSWER):] == ANSWER, "the phone hears the answer")
        self.assertEqual(self.bot.find("mark", name="second")["event"], "playout")
        sound = self.phone.sound()
        prompt = len(sound) - len(ANSWER)
        self.assert_in_order(LONG[:prompt] + ANSWER, sound)
        self.assertGreaterEqual(prompt, 8000, "the mark came too early")
        self.assertLess(prompt, len(LONG), "the mark came when all was played")
        print(f"the mark came back, and the audio stopped, {(prompt - 8000) / SAMPLES_A_MS:.0f} ms after its place")

    def test_an_interruption_stops_at_the_millisecond_that_is_reported(self):
        self.call()
        self.bot.play(LONG, "long")
        self.phone.wait_for_sound(4000)
        self.bot.send("killAudio")
        self.bot.say(ANSWER)
        eventually(lambda: self.phone.sound()[-len(ANSWER):] == ANSWER, "the phone hears the answer")
        done = eventually(lambda: self.bot.find("playDone", id="long"), "the end of the clip is reported")
        sound = self.phone.sound()
        prompt = len(sound) - len(ANSWER)
        self.assert_in_order(LONG[:prompt] + ANSWER, sound)
        self.assertLess(prompt, len(LONG))
        self.assertAlmostEqual(int(done["playbackMilliseconds"]) * SAMPLES_A_MS, prompt, delta=FRAME_SAMPLES)

    def test_digits_arrive_in_order(self):
        self.pbx.rx(f"channel originate Local/{self.way}@meet extension digits@phone")
        eventually(lambda: len(self.bot.digits()) >= 16, "the bot gets 16 digits")
        self.assertEqual(self.bot.digits(), "0123456789*#ABCD")
        self.pbx.rx("channel request hangup all")
        self.line.wait_for("ended")

    def test_the_last_word_is_whole_and_the_dialplan_goes_on(self):
        self.call()
        self.bot.say(GOODBYE)
        self.bot.hang_up()
        self.pbx.wait_for_log(f"{self.call_id}: the dialplan goes on")
        self.phone.wait_for_hang_up()
        self.assert_in_order(GOODBYE, self.phone.heard())
        self.assertEqual(self.line.wait_for("ended")["reason"], "hung up")


class Application(NarrowbandCall, GatewayCase):
    """AudioSocket()"""

    way = "application"


class Channel(NarrowbandCall, GatewayCase):
    """Dial(AudioSocket/...)"""

    way = "channel"


class Wideband(Call, GatewayCase):
    """Dial(AudioSocket/...) with c(slin16)"""

    way = "slin16"
    rate_hz = 16000


if __name__ == "__main__":
    unittest.main()
