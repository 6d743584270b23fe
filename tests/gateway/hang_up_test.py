# SPDX-License-Identifier: Apache-2.0
"""The ways to hang up, with five seconds of sound in the queue."""
import unittest
import urllib.error
import urllib.request

from calls import PATIENCE_S, GatewayCase, eventually
from pcm_bot import PcmBot
from speeches import GOODBYE


class HangUp(GatewayCase):
    def setUp(self):
        super().setUp()
        self.bot = PcmBot()
        self.addCleanup(self.bot.stop)
        self.line = self.gateway("pcm", f"ws://127.0.0.1:{self.bot.port}/")
        self.phone = self.live_caller(self.line)
        eventually(self.bot.in_call, "the bot is called")
        self.bot.say(GOODBYE)
        self.phone.wait_for_sound(160)

    def request(self, method, path, body=None):
        request = urllib.request.Request(f"http://{self.line.admin}{path}", body, method=method)
        with urllib.request.urlopen(request, timeout=PATIENCE_S) as response:
            return response.status

    def twilio_path(self):
        return f"/2010-04-01/Accounts/AC1/Calls/CA{self.phone.id.replace('-', '')}.json"

    def test_the_close_of_the_bot_plays_what_is_queued(self):
        self.bot.hang_up()
        self.phone.wait_for_hang_up()
        self.assert_in_order(GOODBYE, self.phone.heard())

    def test_twilios_interface_plays_what_is_queued(self):
        self.assertEqual(self.request("POST", self.twilio_path(), b"Status=completed"), 200)
        self.phone.wait_for_hang_up()
        self.assert_in_order(GOODBYE, self.phone.heard())
        self.phone.close()
        self.line.wait_for("ended")
        with self.assertRaises(urllib.error.HTTPError) as ended:
            self.request("POST", self.twilio_path(), b"Status=completed")
        with ended.exception as answer:
            self.assertEqual(answer.code, 404)

    def test_delete_hangs_up_at_once(self):
        self.assertEqual(self.request("DELETE", f"/calls/{self.phone.id}"), 202)
        self.phone.wait_for_hang_up()
        self.assertLess(len(self.phone.sound()), len(GOODBYE))


if __name__ == "__main__":
    unittest.main()
