# SPDX-License-Identifier: Apache-2.0
"""A live Asterisk between a phone and the examples: by AudioSocket() and by Dial(AudioSocket/...)."""

import array
import os
import pathlib
import sys
import wave

import pytest
from processes import COMMAND, example

if not COMMAND:
    pytest.skip("AUDIOSOCKET_COMMAND is not set", allow_module_level=True)
TESTS = pathlib.Path(__file__).resolve().parents[2]
sys.path += [str(TESTS / "gateway"), str(TESTS / "gateway" / "peers")]
os.environ.setdefault("GATEWAY_PEERS", "")  # which is not used here

from pbx import Pbx, Phone
from speeches import speech

SOUND = speech(21, 16_000)  # two seconds, no sample of which is 0

both_ways = pytest.mark.parametrize("way", ["application", "channel"])


class AsteriskBefore:
    """An Asterisk whose calls go to this address."""

    def __init__(self, tmp_path, address):
        self.pbx = Pbx(str(tmp_path / "asterisk"), address)

    def __enter__(self):
        return self.pbx

    def __exit__(self, *_):
        self.pbx.kill()


def welcome_file(path):
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, 8000, 0, "NONE", ""))
        file.writeframes(array.array("h", SOUND).tobytes())


@both_ways
def test_what_the_phone_says_comes_back_and_the_phone_hangs_up(way, tmp_path):
    with example("echo.py", folder=tmp_path) as (server, address), AsteriskBefore(tmp_path, address) as pbx:
        phone = Phone(pbx, way)
        phone.say(SOUND)
        # Half of it: an echo is live, and drops what a machine that stood still could not send in time.
        phone.wait_for_sound(len(SOUND) // 2)
        assert phone.sound()[:800] == SOUND[:800]
        phone.hang_up()
        phone.close()
        assert pbx.complaints() == []
        assert server.interrupt() == 0  # it waits until its calls have ended


@both_ways
def test_menu_plays_and_hears_that_the_phone_hangs_up(way, tmp_path):
    welcome_file(tmp_path / "welcome.wav")
    with example("menu.py", "welcome.wav", folder=tmp_path) as (server, address), AsteriskBefore(tmp_path, address) as pbx:
        phone = Phone(pbx, way)
        phone.wait_for_sound(len(SOUND))
        assert phone.sound()[: len(SOUND)] == SOUND
        phone.hang_up()
        phone.close()
        assert server.interrupt() == 0
        # The recording is complete: it has the caller's side and ours.
        recordings = list(tmp_path.glob("*-*-*-*.wav"))
        assert len(recordings) == 1
        with wave.open(str(recordings[0])) as recording:
            assert recording.getnframes() >= len(SOUND)


@both_ways
def test_menu_reads_the_digits_of_the_phone_and_hangs_up(way, tmp_path):
    welcome_file(tmp_path / "welcome.wav")
    with example("menu.py", "welcome.wav", folder=tmp_path) as (server, address), AsteriskBefore(tmp_path, address) as pbx:
        pbx.rx(f"channel originate Local/{way}@meet extension digits@phone")
        pressed = [server.line("(.*) pressed (.*)").groups() for _ in range(3)]
        assert [digit for _, digit in pressed] == ["0", "1", "2"]
        pbx.wait_for_log(f"{pressed[0][0]}: the dialplan goes on")
        assert pbx.complaints() == []
