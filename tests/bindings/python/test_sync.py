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


def test_generator_runs_on_the_thread_that_plays_it():
    threads = []
    with serve("127.0.0.1:0") as server, connect(f"127.0.0.1:{server.port}") as caller, next(server) as callee:

        def speech():
            for _ in range(3):
                threads.append(threading.current_thread())
                if threads[-1] is threading.main_thread():
                    caller.send_dtmf("5")
                    assert callee.next_event(timeout=60).digit == "5"  # which waits
                yield TONE

        assert callee.play(speech(), 8000).sent_ms == 600
        assert set(threads) == {threading.main_thread()}

        def broken():
            yield TONE
            raise ValueError("the synthesis failed")

        with pytest.raises(ValueError, match="synthesis"):
            callee.play(broken(), 8000)
        assert callee.play([TONE], 8000).sent_ms == 200


def test_clear_ends_a_generator():
    with serve("127.0.0.1:0") as server, connect(f"127.0.0.1:{server.port}") as caller, next(server) as callee:

        def endless():
            while True:
                yield TONE

        threading.Thread(target=lambda: (next(caller.audio(ms=100)), callee.clear())).start()
        assert not callee.play(endless(), 8000).completed


def test_wait_in_the_event_loop_of_the_package_is_refused():
    script = """
from audiosocket_cpp import sync
server = sync.serve("127.0.0.1:0")
caller = sync.connect(f"127.0.0.1:{server.port}")
async def wait():
    caller.mark()
try:
    sync._loop.run(wait())
except RuntimeError as failure:
    assert "functions of audiosocket_cpp.sync wait" in str(failure)
else:
    raise SystemExit(1)
"""
    assert subprocess.run([sys.executable, "-c", script], timeout=120).returncode == 0


def test_several_threads_take_the_calls_of_one_server():
    server = serve("127.0.0.1:0")
    taken = []
    threads = [threading.Thread(target=lambda: taken.extend(server), daemon=True) for _ in range(4)]
    for thread in threads:
        thread.start()
    callers = [connect(f"127.0.0.1:{server.port}") for _ in range(8)]
    for caller in callers:
        assert caller.play(TONE, 8000).completed
    while len(taken) < len(callers):
        threads[0].join(0.01)
    server.close()
    for thread in threads:
        thread.join(60)
        assert not thread.is_alive()
    assert {call.id for call in taken} == {caller.id for caller in callers}


def test_interpreter_ends_while_threads_use_calls():
    script = """
import threading
from audiosocket_cpp import AudioSocketError
from audiosocket_cpp.sync import connect, serve
server = serve("127.0.0.1:0")
calls = [connect(f"127.0.0.1:{server.port}") for _ in range(10)]
calls += [next(server) for _ in calls]
started = threading.Semaphore(0)
def hear(call):
    for piece in call.audio():
        started.release()
def call_again():
    while True:
        connect(f"127.0.0.1:{server.port}")
        next(server)
        started.release()
for call in calls:
    threading.Thread(target=hear, args=(call,), daemon=True).start()
threading.Thread(target=call_again, daemon=True).start()
for _ in range(100):
    started.acquire()
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stderr) == (0, "")
