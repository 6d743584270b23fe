# SPDX-License-Identifier: Apache-2.0
"""The bots of examples/bots, on the libraries `websockets` (Python) and `ws` (Node), behind the gateway."""
import os
import shutil
import sys
import unittest

from calls import GatewayCase, Process, PEERS, TREE, write_wav
from speeches import speech


class EchoBot:
    def test_echo_comes_back_bit_exact(self):
        said = speech(1, 16000)
        caller = self.caller(self.bot_gateway(), play=write_wav(self.path("said.wav"), said))
        caller.wait_for_sound(len(said))
        caller.hang_up()
        self.assert_in_order(said, caller.heard())

    def test_a_key_clears_and_its_mark_comes_back(self):
        gateway = self.bot_gateway()
        said = write_wav(self.path("said.wav"), speech(1, 400000))
        caller = self.caller(gateway, play=said, keys="5")
        self.bot.wait_for_line("digit 5")
        self.bot.wait_for_line("played stopped")
        caller.hang_up()
        self.assertEqual(gateway.end_of_call()["messages_ignored"], 0)

    def test_calls_follow_each_other(self):
        gateway = self.bot_gateway()
        said = speech(1, 1600)
        for number in range(1, 4):
            caller = self.caller(gateway, play=write_wav(self.path("said.wav"), said))
            caller.wait_for_sound(len(said))
            caller.hang_up()
            self.assert_in_order(said, caller.heard())
            gateway.wait_for("ended", number)
            id_digits = gateway.wait_for("started", number)["id"].replace("-", "")
            self.bot.wait_for_line(f"call CA{id_digits} {{}}")
        self.assertEqual(self.bot.errors, [])

    def test_a_bot_that_dies_ends_the_call_in_order(self):
        gateway = self.bot_gateway("--connect-timeout", "5")
        said = write_wav(self.path("said.wav"), speech(1, 400000))
        caller = self.caller(gateway, play=said)
        caller.wait_for_sound(8000)
        self.bot.kill()
        report = caller.wait_for_hang_up()
        self.assertEqual(report["end"]["reason"], "peer hung up")
        self.assertTrue(gateway.events("backend_lost") and gateway.events("no_backend"))

    def bot_gateway(self, *options):
        self.bot = self.keep(Process(self.bot_command()))
        port = self.bot.wait_for_line("listening on port").split()[-1]
        return self.gateway("twilio", f"ws://127.0.0.1:{port}/", *options)


class Python(EchoBot, GatewayCase):
    def bot_command(self):
        return [sys.executable, "-u", os.path.join(TREE, "examples", "bots", "echo_bot.py"), "0"]


class Node(EchoBot, GatewayCase):
    def bot_command(self):
        try:
            with open(os.path.join(PEERS, "npm.skipped"), encoding="utf-8") as reason:
                self.skipTest(reason.read().strip())
        except FileNotFoundError:
            pass
        # Node looks for packages beside the script.
        shutil.copy(os.path.join(TREE, "examples", "bots", "echo_bot.mjs"), self.folder)
        os.symlink(os.path.join(PEERS, "npm", "node_modules"), self.path("node_modules"))
        return ["node", self.path("echo_bot.mjs"), "0"]


if __name__ == "__main__":
    unittest.main()
