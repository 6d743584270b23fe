# SPDX-License-Identifier: Apache-2.0
"""Calls between a server and a caller of the package, on loopback."""

import asyncio
import tempfile
import uuid
import wave

import pytest
from audiosocket_cpp import (
    BadArgument,
    BadSoundFile,
    CallEnded,
    CallFailed,
    Clip,
    Digit,
    Ended,
    EndReason,
    QueueFull,
    Recorded,
    SystemFailure,
    connect,
    serve,
)
from conftest import heard, in_a_call, run, tone


@run
async def test_both_ends_know_the_id_and_the_peer():
    async with serve("127.0.0.1:0") as server:
        number = uuid.uuid4()
        async with await connect(f"127.0.0.1:{server.port}", number) as caller:
            async with await anext(aiter(server)) as callee:
                assert callee.id == caller.id == number
                assert caller.peer == f"127.0.0.1:{server.port}"
                assert callee.rate == 8000
                assert server.calls_in_progress == 1
                assert str(number) in repr(callee)


@run
async def test_play_returns_when_it_was_played():
    async with in_a_call() as (callee, caller):
        listening = asyncio.create_task(heard(caller, 1600))
        result = await callee.play(tone(200), 8000)
        assert (result.sent_ms, result.cut_ms, result.completed) == (200, 0, True)
        assert await listening >= 1600


@run
async def test_sound_of_any_kind_is_played():
    numpy = pytest.importorskip("numpy")
    async with in_a_call() as (callee, _):
        pcm = tone(100)
        for sound in (pcm, pcm.tobytes(), bytearray(pcm.tobytes()), memoryview(pcm), numpy.array(pcm, numpy.int16)):
            assert (await callee.play(sound, 8000)).sent_ms == 100
        every_other = numpy.array(tone(200), numpy.int16)[::2]
        assert (await callee.play(every_other, 8000)).sent_ms == 100
        assert (await callee.play(Clip(pcm, 8000))).sent_ms == 100


@run
async def test_sound_that_is_no_sound_is_refused_with_what_is_expected():
    numpy = pytest.importorskip("numpy")
    async with in_a_call() as (callee, _):
        with pytest.raises(BadArgument, match="not whole 16-bit samples"):
            await callee.play(b"123", 8000)
        with pytest.raises(BadArgument, match="format f"):
            await callee.play(numpy.zeros(80, numpy.float32), 8000)
        with pytest.raises(BadArgument, match="not int"):
            await callee.play(5, 8000)
        with pytest.raises(BadArgument, match="need their rate"):
            await callee.play(tone(100))
        with pytest.raises(BadArgument, match="4,000 to 768,000|rate"):
            await callee.play(tone(100), 100)
        with pytest.raises((SystemFailure, BadSoundFile), match="missing.wav"):
            await callee.play("missing.wav")
        assert (await callee.play(tone(20), 8000)).completed  # the call goes on


@run
async def test_clear_cuts_off_and_says_how_much():
    async with in_a_call() as (callee, caller):
        playing = asyncio.create_task(callee.play(tone(60_000), 8000))
        await heard(caller, 800)
        callee.clear()
        result = await playing
        assert not result.completed
        assert result.sent_ms >= 100 and result.sent_ms + result.cut_ms == 60_000


@run
async def test_task_that_is_cancelled_stops_its_sound():
    async with in_a_call() as (callee, caller):
        playing = asyncio.create_task(callee.play(tone(60_000), 8000))
        await heard(caller, 800)
        playing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await playing
        assert (await callee.play(tone(40), 8000)).completed  # and not a minute later


@run
async def test_stream_is_played_while_it_is_made():
    async with in_a_call() as (callee, caller):

        async def speech():
            for _ in range(4):
                await asyncio.sleep(0)
                yield tone(250, 16_000)

        assert (await callee.play(speech(), 16_000)).sent_ms == 1000
        assert (await callee.play((tone(100) for _ in range(3)), 8000)).sent_ms == 300
        assert (await callee.play([], 8000)).completed


@run
async def test_clear_ends_a_stream_and_its_generator():
    closed = asyncio.Event()

    async def endless():
        try:
            while True:
                yield tone(500)
        finally:
            closed.set()

    async with in_a_call() as (callee, caller):
        playing = asyncio.create_task(callee.play(endless(), 8000))
        await heard(caller, 800)
        callee.clear()
        assert not (await playing).completed
        await asyncio.wait_for(closed.wait(), 30)


@run
async def test_clear_ends_a_stream_whose_next_piece_is_being_made():
    for first in ([], [tone(100), tone(200)]):
        more = asyncio.Event()

        async def speech(first=first, more=more):
            for piece in first:
                yield piece
            await more.wait()
            yield tone(60_000)

        async with in_a_call() as (callee, caller):
            playing = asyncio.create_task(callee.play(speech(), 8000))
            if first:
                await heard(caller, 160)
            else:
                await asyncio.sleep(0)
            callee.clear()
            more.set()
            result = await playing
            assert not result.completed
            assert result.sent_ms + result.cut_ms == (300 if first else 0)
            assert (await callee.play(tone(40), 8000)).completed


@run
async def test_clear_stops_a_file_that_is_being_read():
    with tempfile.TemporaryDirectory() as folder:
        with wave.open(f"{folder}/long.wav", "wb") as file:
            file.setparams((1, 2, 8000, 0, "NONE", ""))
            file.writeframes(tone(60_000).tobytes())
        async with in_a_call() as (callee, _):
            playing = asyncio.create_task(callee.play(f"{folder}/long.wav"))
            await asyncio.sleep(0)
            callee.clear()
            assert (await playing).sent_ms < 1000


@run
async def test_queue_has_a_bound():
    async with in_a_call(playout_queue=0.5) as (callee, _):
        with pytest.raises(QueueFull):
            for _ in range(10):
                callee.queue(tone(100), 8000)
        await callee.mark()
        assert callee.queued_ms == 0


@run
async def test_digits_arrive_in_order_and_before_the_end():
    async with in_a_call() as (callee, caller):
        caller.send_dtmf("12#")
        ending = asyncio.create_task(callee.wait_ended())
        events = []
        async for event in callee:
            events.append(event)
            if len(events) == 3:
                await caller.hang_up()
        assert [e.digit for e in events[:3] if isinstance(e, Digit)] == ["1", "2", "#"]
        assert isinstance(events[3], Ended) and len(events) == 4
        assert await ending == events[3] == callee.ended
        with pytest.raises(CallEnded):
            await callee.next_event()
        with pytest.raises(CallEnded):
            await callee.play(tone(100), 8000)
        callee.clear()  # harmless


@run
async def test_read_digits_stops_the_prompt_and_ends_by_key_count_and_time():
    async with in_a_call() as (callee, caller):
        asking = asyncio.create_task(callee.read_digits(5, prompt=tone(60_000), rate=8000))
        await heard(caller, 800)
        caller.send_dtmf("42#")
        assert await asking == "42"
        caller.send_dtmf("123")
        assert await callee.read_digits(3) == "123"
        assert await callee.read_digits(3, timeout=0.05) == ""
        caller.send_dtmf("7")
        assert await callee.next_event() == Digit("7", pytest.approx(0, abs=10**9))  # a wait that ended took nothing


@run
async def test_wait_that_is_cancelled_loses_no_event():
    async with in_a_call() as (callee, caller):
        with pytest.raises(TimeoutError):
            await callee.next_event(timeout=0.01)
        waiting = asyncio.create_task(callee.next_event())
        await asyncio.sleep(0)
        waiting.cancel()
        caller.send_dtmf("5")
        event = await callee.next_event()
        assert isinstance(event, Digit) and event.digit == "5"


@run
async def test_audio_comes_in_pieces_of_the_length_and_rate_that_were_asked_for():
    async with in_a_call() as (callee, caller):
        caller.queue(tone(2000), 8000)
        pieces = 0
        async for piece in callee.audio(rate=16_000, ms=100):
            assert piece.format == "h" and len(piece) == 1600
            pieces += 1
            if pieces == 5:
                break
        async for piece in callee.audio(ms=20):
            assert len(piece) == 160
            break


@run
async def test_audio_ends_with_the_call_and_gives_the_rest():
    async with in_a_call() as (callee, caller):
        caller.queue(tone(70), 8000)
        ending = asyncio.create_task(caller.hang_up(when_played=True))
        lengths = [len(piece) async for piece in callee.audio(rate=8000, ms=50)]
        assert all(length == 400 for length in lengths[:-1])
        await ending


@run
async def test_recording_is_complete_before_the_end():
    with tempfile.TemporaryDirectory() as folder:
        async with in_a_call() as (callee, _):
            callee.record(f"{folder}/call.wav")
            with pytest.raises(BadArgument, match="already"):
                callee.record(f"{folder}/other.wav")
            await callee.play(tone(300), 8000)
            await callee.hang_up()
            recorded = await callee.next_event()
            assert recorded == Recorded(f"{folder}/call.wav", "")
            assert (await Clip.load(recorded.path)).duration_ms >= 280


@run
async def test_statistics_count():
    async with in_a_call() as (callee, caller):
        await callee.play(tone(200), 8000)
        await callee.hang_up()
        assert callee.statistics().frames_sent >= 10
        assert callee.statistics().underruns == 0
        assert (await caller.wait_ended()).reason == EndReason.PEER_HUNG_UP


@run
async def test_connection_that_fails_raises():
    async with serve("127.0.0.1:0") as server:
        port = server.port
    with pytest.raises(CallFailed, match="cannot connect"):
        for _ in range(100):  # the server closes in the background
            (await connect(f"127.0.0.1:{port}")).close()
    with pytest.raises(BadArgument):
        await connect("9092")
    with pytest.raises(BadArgument, match="malformed|UUID|uuid"):
        await connect("127.0.0.1:9092", "no id")
    with pytest.raises(BadArgument, match="colour"):
        await connect("127.0.0.1:9092", colour="red")
    with pytest.raises(BadArgument, match='ptime "25ms"|ptime'):
        serve("127.0.0.1:0", ptime=0.025).start()


@run
async def test_server_whose_port_is_taken_raises():
    async with serve("127.0.0.1:0") as server:
        with pytest.raises(SystemFailure, match=str(server.port)):
            serve(f"127.0.0.1:{server.port}").start()


@run
async def test_run_answers_with_a_task_a_call_and_drains():
    answered = []

    async def answer(call):
        answered.append(call.id)
        if len(answered) == 2:
            raise RuntimeError("this one fails, and no other")
        await call.play(tone(100), 8000)

    server = serve("127.0.0.1:0")
    server.start()
    serving = asyncio.create_task(server.run(answer, drain=5))
    for _ in range(3):
        async with await connect(f"127.0.0.1:{server.port}") as caller:
            assert (await caller.wait_ended()).reason == EndReason.PEER_HUNG_UP
    assert len(answered) == 3
    serving.cancel()
    with pytest.raises(asyncio.CancelledError):
        await serving
    assert server.port == 0


@run
async def test_drain_hangs_up_what_is_left():
    async with in_a_call() as (callee, caller):
        pass
    async with serve("127.0.0.1:0") as server:
        async with await connect(f"127.0.0.1:{server.port}") as caller:
            async with await anext(aiter(server)):
                assert await server.drain(0) == 1
                assert (await caller.wait_ended()).reason == EndReason.PEER_HUNG_UP


@run
async def test_call_that_is_dropped_is_hung_up():
    async with serve("127.0.0.1:0") as server:
        async with await connect(f"127.0.0.1:{server.port}") as caller:
            callee = await anext(aiter(server))
            del callee
            assert (await caller.wait_ended()).reason == EndReason.PEER_HUNG_UP


@run
async def test_call_that_was_closed_says_so():
    async with in_a_call() as (callee, _):
        playing = asyncio.create_task(callee.play(tone(60_000), 8000))
        await asyncio.sleep(0)
        callee.close()
        callee.close()
        with pytest.raises(CallEnded):
            await playing
        with pytest.raises(CallEnded):
            callee.queue(tone(20), 8000)
        assert "closed" in repr(callee)


def test_loop_after_loop_works():
    async def one_call():
        async with in_a_call() as (callee, _):
            assert (await callee.play(tone(20), 8000)).completed

    for _ in range(20):
        asyncio.run(one_call())
