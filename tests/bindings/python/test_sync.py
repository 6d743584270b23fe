# SPDX-License-Identifier: Apache-2.0
"""The style without an event loop."""

import array
import subprocess
import sys
import threading

import pytest
from audiosocket_cpp import CallEnded, CallFailed, Digit, EndReason
from audiosocket_cpp.sync import connect, serve

TONE = array.array("h", [4000, -4000] * 800)  # 200 ms


def test_script_answers_calls_on_threads():
    pressed = []

    def answer(call):
        with call:
            assert call.play(TONE, 8000).sent_ms == 200
            pressed.append(call.read_digits(2))
            assert call.hang_up().reason == EndReason.HUNG_UP
            with pytest.raises(CallEnded):
                call.play(TONE, 8000)

    with serve("127.0.0.1:0") as server:
        caller = connect(f"127.0.0.1:{server.port}")
        thread = threading.Thread(target=answer, args=(next(server),))
        thread.start()
        with caller:
            pieces = caller.audio(ms=100)
            assert len(next(pieces)) == 800
            caller.send_dtmf("42")
            assert list(caller)[-1].reason == EndReason.PEER_HUNG_UP
            assert caller.statistics().frames_received > 0
        thread.join(60)
    assert pressed == ["42"]


def test_events_wait_no_longer_than_the_timeout():
    with serve("127.0.0.1:0") as server, connect(f"127.0.0.1:{server.port}") as caller, next(server) as callee:
        with pytest.raises(TimeoutError):
            callee.next_event(timeout=0.01)
        caller.send_dtmf("9")
        event = callee.next_event(timeout=60)
        assert isinstance(event, Digit) and event.digit == "9"
        callee.queue(TONE, 8000)
        assert callee.mark().completed


def test_iteration_ends_when_the_server_is_closed():
    server = serve("127.0.0.1:0")
    threading.Timer(0.05, server.close).start()
    assert list(server) == []


def test_connection_that_fails_raises():
    with serve("127.0.0.1:0") as server:
        port = server.port
    with pytest.raises(CallFailed):
        for _ in range(100):  # the server closes in the background
            connect(f"127.0.0.1:{port}").close()


def test_interpreter_ends_with_calls_in_progress():
    script = """
from audiosocket_cpp.sync import connect, serve
server = serve("127.0.0.1:0")
caller = connect(f"127.0.0.1:{server.port}")
callee = next(server)
"""
    assert subprocess.run([sys.executable, "-X", "dev", "-c", script], timeout=120).returncode == 0
