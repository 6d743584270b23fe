# SPDX-License-Identifier: Apache-2.0
"""Runs each example for real: `audiosocket call` calls the servers."""

import json
import sys
import wave

import pytest
from processes import COMMAND, EXAMPLES, Running, example, run_command

pytestmark = pytest.mark.skipif(not COMMAND, reason="AUDIOSOCKET_COMMAND is not set")


def call(address, *options, folder):
    """Calls the example, and returns the report."""
    done = run_command(COMMAND, "call", address, "--json", *options, folder=folder)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def sound_file(path, milliseconds):
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, 8000, 0, "NONE", ""))
        file.writeframes((b"\x00\x20" * 4 + b"\x00\xe0" * 4) * milliseconds)


def test_echo_sends_the_sound_back_and_ends_in_order(tmp_path):
    sound_file(tmp_path / "said.wav", 1000)
    with example("echo.py", folder=tmp_path) as (server, address):
        call(address, "--play", "said.wav", "--record", "heard.wav", "--duration", "1.5", folder=tmp_path)
        with wave.open(str(tmp_path / "heard.wav")) as heard:
            loud = sum(1 for sample in memoryview(heard.readframes(100_000)).cast("h") if abs(sample) > 4000)
        assert loud > 4000
        assert server.interrupt() == 0


def test_menu_reads_digits_and_records(tmp_path):
    sound_file(tmp_path / "welcome.wav", 20_000)
    with example("menu.py", "welcome.wav", folder=tmp_path) as (server, address):
        report = call(address, "--dtmf", "19", "--dtmf-after", "0.5", "--duration", "60", folder=tmp_path)
        call_id, digit = server.line("(.*) pressed (.*)").groups()
        assert digit == "1"
        assert server.line("pressed (.*)")[1] == "9"
        assert "peer hung up" in json.dumps(report)
        with wave.open(str(tmp_path / f"{call_id}.wav")) as recording:
            assert recording.getnchannels() == 2 and recording.getnframes() > 0


def test_speech_stops_when_the_caller_speaks(tmp_path):
    sound_file(tmp_path / "said.wav", 1000)
    with example("speech.py", folder=tmp_path) as (server, address):
        report = call(address, "--play", "said.wav", "--duration", "60", folder=tmp_path)
        assert 0 <= int(server.line("heard ([0-9]+) ms")[1]) < 10_000
        assert "peer hung up" in json.dumps(report)


def test_transcription_gets_all_audio(tmp_path):
    sound_file(tmp_path / "said.wav", 1000)
    with example("transcribe.py", folder=tmp_path) as (server, address):
        call(address, "--play", "said.wav", "--duration", "1.5", folder=tmp_path)
        assert float(server.line("([0-9.]+) seconds of speech")[1]) >= 1.4


def test_load_reports(tmp_path):
    server = Running(*(COMMAND, "serve", "--listen", "127.0.0.1:0", "--echo", "--json"), folder=tmp_path)
    try:
        address = server.line('"address":"([^"]*)"')[1]
        done = run_command(sys.executable, EXAMPLES / "load.py", address, "20", folder=tmp_path)
    finally:
        server.end()
    assert done.returncode == 0, done.stderr
    assert "20 calls, 0 failed" in done.stdout and "jitter" in done.stdout
    # A server that is gone is reported, and is no exception.
    done = run_command(sys.executable, EXAMPLES / "load.py", address, "2", folder=tmp_path)
    assert done.returncode == 0 and "0 calls, 2 failed: " in done.stdout, done.stderr
