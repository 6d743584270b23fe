# SPDX-License-Identifier: Apache-2.0
"""Shared by the tests with stand-ins of voice services. The service's own published client is satisfied with each
stand-in (peers/*_sdk_test.py); here it faces the gateway."""
import itertools
import json
import math
import os
import sys

from calls import GatewayCase, Process, TREE, eventually

# A tone that every stand-in takes for speech, and silence that marks its end.
SPEECH = [int(6000 * math.sin(i * 0.3)) for i in range(4000)]
PAUSE = [0] * 6400

FRAME_MS = 20

# Samples of the tones that are louder than this are neither the silence of A-law nor a resampler's additions at the
# ends.
LOUD = 500

KEY = "key-of-the-tests"


class Standin(Process):
    """A stand-in as a process, with its journal."""

    def __init__(self, script, *options):
        super().__init__([sys.executable, os.path.join(TREE, "tests", "gateway", "peers", script), *options])
        self.port = json.loads(self.wait_for_line('"listening"'))["port"]

    def journal(self, what=None):
        entries = [json.loads(line) for line in list(self.lines)]
        return [entry for entry in entries if what in (None, entry["what"])]

    def wait_for(self, what, count=1):
        return eventually(lambda: self.journal(what)[count - 1:count], f"{what} in the journal\n{self.said()}")[0]

    def wait_for_step(self, name, count=1):
        eventually(lambda: len([e for e in self.journal("step") if e["name"] == name]) >= count,
                   f"step {name}\n{self.said()}")

    def received(self, kind):
        """The messages of the client that have this type, or this one member."""
        messages = [entry["message"] for entry in self.journal("received")]
        return [message for message in messages if kind in (message.get("type"), *message)]

    def mistakes(self):
        return [entry for entry in self.journal() if entry["what"] in ("mistake", "broken")]


class AgentCase(GatewayCase):
    """Calls to a stand-in. A derived class says which, and in what dialect."""

    script = dialect = None
    path = "/"
    session = None  # the set-up, as an object
    answer_hz = 440
    # The steps at which the connection breaks off: before the first answer, and after.
    steps_of_set_up = ()
    steps_of_answer = ()

    def standin(self, *options):
        return self.keep(Standin(self.script, *options))

    def start(self, *standins):
        places = [f"ws://127.0.0.1:{one.port}{self.path}" for one in standins]
        options = ["--key-env", "GATEWAY_TEST_KEY"]
        os.environ["GATEWAY_TEST_KEY"] = KEY
        if self.session is not None:
            name = os.path.join(self.folder, "session.json")
            with open(name, "w", encoding="utf-8") as file:
                json.dump(self.session, file)
            options += ["--session", name]
        for place in places[1:]:
            options += ["--fallback", place]
        self.line = self.gateway(self.dialect, places[0], *options)
        self.phone = self.live_caller(self.line)

    def speak(self):
        self.phone.say(SPEECH + PAUSE)

    def speak_until(self, condition, what):
        """Speaks again after a while, because a lost back end takes the speech that it has heard with it."""
        def look():
            if not condition() and self.phone.has_said_all():
                self.phone.say(SPEECH + PAUSE * 4)
            return condition()
        eventually(look, what)

    def heard_ms(self):
        """How much of the tone the caller has heard. A sine passes through zero within few samples."""
        sound = [abs(sample) > LOUD for sample in self.phone.heard()]
        gaps = [len(list(run)) for loud, run in itertools.groupby(sound) if not loud]
        within = sum(gap for gap in gaps if gap < 8)
        return (sum(sound) + within) / 8

    def crossings_a_second(self):
        sound = [sample for sample in self.phone.heard() if abs(sample) > LOUD]
        crossings = sum((left < 0) != (right < 0) for left, right in zip(sound, sound[1:]))
        return crossings * 1000 / self.heard_ms()

    def finish(self, standin):
        """Ends the call, and checks that the stand-in has found no mistake."""
        self.phone.hang_up()
        counted = self.line.end_of_call()
        standin.wait_for("summary")
        self.assertEqual(standin.mistakes(), [])
        self.assertEqual(counted["messages_ignored"], 0, self.line.events("message_ignored"))
        self.assertNotIn(KEY, self.line.said())
        return counted

    def check_audio_goes_both_ways(self, answer_ms=1000, *options):
        standin = self.standin("--answer-ms", str(answer_ms), *options)
        self.start(standin)
        self.speak()
        standin.wait_for_step("answer-done")
        eventually(lambda: self.heard_ms() >= answer_ms - FRAME_MS, f"the caller hears {answer_ms} ms")
        self.assertAlmostEqual(self.crossings_a_second(), 2 * self.answer_hz, delta=10)
        self.finish(standin)
        self.assertAlmostEqual(self.heard_ms(), answer_ms, delta=FRAME_MS)
        self.assertGreaterEqual(standin.wait_for("summary")["received_ms"], len(SPEECH) / 8)
        self.assertTrue(self.line.events("backend_connected"))

    def check_barge_in(self, *options):
        """Returns the stand-in, after the caller has interrupted a long answer and hung up."""
        standin = self.standin("--answer-ms", "600000", *options)
        self.start(standin)
        self.speak()
        eventually(lambda: self.heard_ms() >= 500, "the caller hears half a second")
        self.phone.say(SPEECH * 1000)  # to the end of the call: the stand-in no longer answers
        standin.wait_for_step("interrupted")
        eventually(lambda: not any(self.phone.heard()[-1600:]), "the caller hears nothing more")
        counted = self.finish(standin)
        self.assertGreaterEqual(counted["barge_ins"], 1)
        self.assertLess(self.heard_ms(), 600000)
        return standin

    def check_a_function_is_reported(self, arguments):
        standin = self.standin("--answer-ms", "200", "--tool")
        self.start(standin)
        self.speak()
        event = self.line.wait_for("tool_call")
        self.assertTrue(event["tool_id"])
        self.assertEqual((event["name"], json.loads(event["arguments"])), arguments)
        self.speak()
        standin.wait_for_step("answer-done")
        self.finish(standin)

    def check_the_fallback_answers(self):
        for step in self.steps_of_set_up:
            with self.subTest(step):
                faulty = self.standin("--close-at", step, "--closes", "1000")
                good = self.standin("--answer-ms", "400")
                self.start(faulty, good)
                self.speak_until(lambda: self.heard_ms() >= 400 - FRAME_MS, "the caller hears the answer")
                self.finish(good)
                self.assertEqual(len(self.line.events("backend_lost")), 2)
                self.assertEqual(faulty.mistakes(), [])

    def check_the_call_goes_on_when_the_back_end_breaks_off(self):
        for step, code in [(step, 1011) for step in self.steps_of_answer] + [("mid-answer", 1006)]:
            with self.subTest(f"{step}, {code}"):
                standin = self.standin("--close-at", step, "--close-code", str(code), "--answer-ms", "400")
                self.start(standin)
                self.speak()
                standin.wait_for("closing")
                standin.wait_for("connected", 2)
                self.speak()
                standin.wait_for_step("answer-done", 2 if step == "answer-done" else 1)
                self.finish(standin)
                self.assertEqual(self.line.events("no_backend"), [])
