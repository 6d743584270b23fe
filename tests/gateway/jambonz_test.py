# SPDX-License-Identifier: Apache-2.0
"""The dialect pcm: a bot on @jambonz/sdk behind the gateway."""
import array
import json
import os
import shutil
import unittest
import uuid

from calls import PEERS, TREE, GatewayCase, Process, eventually, register
from speeches import ANSWER, GOODBYE, SPEECH, speech


class Jambonz(GatewayCase):
    def setUp(self):
        super().setUp()
        if os.path.exists(os.path.join(PEERS, "npm.skipped")):
            with open(os.path.join(PEERS, "npm.skipped"), encoding="utf-8") as reason:
                self.skipTest(reason.read().strip())
        for name, samples in (("speech", SPEECH), ("answer", ANSWER), ("goodbye", GOODBYE)):
            with open(self.path(name + ".slin"), "wb") as file:
                file.write(array.array("h", samples).tobytes())
        # Node looks for packages beside the script.
        shutil.copy(os.path.join(TREE, "tests", "gateway", "peers", "jambonz_bot.mjs"), self.folder)
        os.symlink(os.path.join(PEERS, "npm", "node_modules"), self.path("node_modules"))
        self.bot = self.keep(Process(["node", self.path("jambonz_bot.mjs"), self.folder]))
        port = self.bot.wait_for_line("listening on port").split()[-1]
        self.line = self.gateway("pcm", f"ws://127.0.0.1:{port}/listen")
        self.id = str(uuid.uuid4())
        register(self.line, self.id, **{"from": "100", "to": "200", "language": "de"})
        self.phone = self.live_caller(self.line, self.id)

    def finish(self):
        self.phone.hang_up()
        self.assertEqual(self.line.end_of_call()["messages_ignored"], 0, self.line.events("message_ignored"))
        self.assertEqual(self.bot.errors, [])

    def test_the_call_is_introduced(self):
        said = json.loads(self.bot.wait_for_line("call").split(" ", 1)[1])
        self.assertEqual({name: said[name] for name in ("callSid", "from", "to", "language", "sampleRate", "mixType",
                                                        "direction", "subprotocol")},
                         {"callSid": self.id, "from": "100", "to": "200", "language": "de", "sampleRate": 8000,
                          "mixType": "mono", "direction": "inbound", "subprotocol": "audio.drachtio.org"})
        self.finish()
        self.bot.wait_for_line("closed 1000")

    def test_audio_goes_both_ways_bit_exact(self):
        said = speech(1, 16000)
        self.phone.say(said)
        self.phone.wait_for_sound(len(said))
        self.finish()
        self.assert_in_order(said, self.phone.heard())

    def test_barge_in_and_marks(self):
        self.phone.press("1")
        self.bot.wait_for_line("mark half a second playout")
        self.phone.press("5")
        self.bot.wait_for_line("mark end cleared")
        self.bot.wait_for_line("mark answered playout")
        eventually(lambda: self.phone.sound()[-len(ANSWER):] == ANSWER, "the caller hears the answer")
        self.finish()
        sound = self.phone.sound()
        self.assert_in_order(SPEECH[:len(sound) - len(ANSWER)] + ANSWER, sound)

    def test_a_clip_is_played_and_its_end_reported(self):
        self.phone.press("7")
        done = json.loads(self.bot.wait_for_line("playDone").split(" ", 1)[1])
        self.phone.wait_for_sound(len(ANSWER))
        self.finish()
        self.assertEqual(done["id"], "clip")
        self.assert_in_order(ANSWER, self.phone.heard())

    def test_the_last_word_is_heard_before_the_hang_up(self):
        self.phone.press("9")
        self.phone.wait_for_hang_up()
        self.assert_in_order(GOODBYE, self.phone.heard())
        self.assertEqual(self.line.wait_for("ended")["reason"], "hung up")


if __name__ == "__main__":
    unittest.main()
