# SPDX-License-Identifier: Apache-2.0
"""Sounds, reads and iterations that something else ends, and what a call keeps meanwhile."""

import asyncio
import gc
import tempfile
import types
import wave

import pytest
from audiosocket_cpp import BadArgument, Digit, PlayResult, Recorded
from audiosocket_cpp import _call as call_module
from audiosocket_cpp import _native as native
from conftest import heard, in_a_call, logged, replaced, run, tone


@run
async def test_what_is_played_after_a_read_that_was_cancelled_is_heard():
    async with in_a_call() as (callee, caller):

        async def ask():
            try:
                await callee.read_digits(4, prompt=tone(60_000), rate=8000)
            except asyncio.CancelledError:  # as asyncio.timeout does
                return await callee.play(tone(40), 8000)

        asking = asyncio.create_task(ask())
        await heard(caller, 800)
        asking.cancel()
        assert await asking == PlayResult(40, 0, True)


@run
async def test_what_is_played_after_a_cancel_is_heard_and_the_sound_is_not():
    with tempfile.TemporaryDirectory() as folder:
        with wave.open(f"{folder}/answer.wav", "wb") as file:
            file.setparams((1, 2, 8000, 0, "NONE", ""))
            file.writeframes(tone(40).tobytes())
        for answer in (tone(40), [tone(40)], f"{folder}/answer.wav"):
            for clear in (False, True):
                async with in_a_call() as (callee, caller):
                    speaking = asyncio.create_task(callee.play(tone(60_000), 8000))
                    await heard(caller, 800)
                    if clear:
                        callee.clear()
                    speaking.cancel()
                    assert (await callee.play(answer, 8000)) == PlayResult(40, 0, True)


@run
async def test_what_is_queued_after_a_cancel_is_heard():
    async with in_a_call() as (callee, caller):
        speaking = asyncio.create_task(callee.play(tone(60_000), 8000))
        await heard(caller, 800)
        speaking.cancel()
        callee.queue(tone(20_000), 8000)
        callee.queue(tone(20_000), 8000)
        await asyncio.gather(speaking, return_exceptions=True)
        while callee.queued_ms > 40_000:  # the thread of the call clears
            await asyncio.sleep(0.001)
        assert callee.queued_ms > 20_000


@run
async def test_what_is_played_after_a_stream_that_was_cancelled_is_heard():
    never = asyncio.Event()

    async def speech():
        yield tone(100)
        await never.wait()

    async with in_a_call() as (callee, caller):
        speaking = asyncio.create_task(callee.play(speech(), 8000))
        await heard(caller, 160)
        speaking.cancel()
        assert (await callee.play(tone(40), 8000)) == PlayResult(40, 0, True)
        assert (await callee.play([tone(300)], 8000)) == PlayResult(300, 0, True)  # a stream of its own


@run
async def test_cancel_stops_what_was_queued_behind_the_sound_before():
    async with in_a_call() as (callee, caller):
        first = asyncio.create_task(callee.play(tone(60_000), 8000))
        behind = asyncio.create_task(callee.play(tone(60_000), 8000))
        await heard(caller, 800)
        first.cancel()
        assert (await behind).sent_ms == 0


@run
async def test_mark_that_is_cancelled_stops_nothing():
    async with in_a_call() as (callee, caller):
        callee.queue(tone(60_000), 8000)
        marking = asyncio.create_task(callee.mark())
        await asyncio.sleep(0)
        marking.cancel()
        await asyncio.gather(marking, return_exceptions=True)
        callee.queue(tone(20), 8000)
        await heard(caller, 1600)  # more than the last sound


@run
async def test_generator_that_raises_ends_its_stream():
    def broken():
        yield tone(100)
        raise ValueError("the synthesis failed")

    async with in_a_call() as (callee, _):
        with pytest.raises(ValueError, match="synthesis"):
            await callee.play(broken(), 8000)
        assert (await callee.play((tone(100) for _ in range(3)), 8000)) == PlayResult(300, 0, True)


@run
async def test_buffer_may_change_while_it_is_played():
    async with in_a_call() as (callee, caller):
        data = bytearray(tone(60_000).tobytes())
        playing = asyncio.create_task(callee.play(data, 8000))
        await heard(caller, 160)
        data.clear()
        callee.clear()
        await playing

        def pieces():
            piece = bytearray(tone(100).tobytes())
            for _ in range(3):
                yield piece
                piece.extend(b"\0\0")

        assert (await callee.play(pieces(), 8000)).completed


@run
async def test_digits_that_nothing_reads_are_bounded_and_counted():
    async with in_a_call() as (callee, _):
        callee._add(Recorded("call.wav", ""))
        for i in range(70):
            callee._on_event(types.SimpleNamespace(type=native.EVENT_DTMF, digit=b"%d" % (i % 10), position=i))
        assert callee.statistics().digits_unread_lost == 6
        assert await callee.next_event() == Recorded("call.wav", "")
        positions = [(await callee.next_event()).position for _ in range(64)]
        assert positions == list(range(6, 70))


@run
async def test_read_digits_takes_digits_only():
    async with in_a_call() as (callee, caller):
        callee._add(Recorded("call.wav", ""))
        caller.send_dtmf("12")
        assert await callee.read_digits(2) == "12"
        assert await callee.next_event() == Recorded("call.wav", "")


@run
async def test_failure_of_a_prompt_that_a_digit_stopped_is_logged():
    unread = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: unread.append(context["message"]))

    async def prompt(ms):
        try:
            yield tone(ms)
            await asyncio.Event().wait()
        finally:
            raise ValueError("the synthesis failed")

    for ms in (100, 60_000):  # its generator waits, or its piece is being played
        with logged() as texts:
            async with in_a_call() as (callee, caller):
                asking = asyncio.create_task(callee.read_digits(1, prompt=prompt(ms), rate=8000))
                await heard(caller, 160)
                caller.send_dtmf("1")
                assert await asking == "1"
                while not texts:
                    await asyncio.sleep(0)
        assert texts == ["a prompt that was stopped has failed"]
    gc.collect()
    assert not unread


@run
async def test_audio_has_no_empty_piece_where_its_rate_becomes_known_between_two_questions():
    async with in_a_call() as (callee, caller):
        caller.queue(tone(2000), 8000)
        while not callee.audio_rate:
            await callee._changes()
        library = call_module.lib
        asked = []

        def not_yet(function):
            def answer(handle):
                asked.append(function)
                return 0 if len(asked) == 1 else function(handle)

            return answer

        with replaced(
            call_module,
            audiosocket_call_available=not_yet(library.audiosocket_call_available),
            audiosocket_call_audio_rate=not_yet(library.audiosocket_call_audio_rate),
        ):
            asyncio.get_running_loop().call_soon(callee._notify)
            async for piece in callee.audio():
                assert len(piece) == 160
                break


@run
async def test_arguments_are_refused_with_what_is_expected():
    async with in_a_call() as (callee, caller):
        for options, text in (
            ({"rate": 7999}, "8,000 to 192,000.*7999"),
            ({"ms": 5}, "10 to 1,000.*5"),
            ({"ms": 1001}, "10 to 1,000.*1001"),
        ):
            with pytest.raises(BadArgument, match=text):
                await anext(callee.audio(**options))
        for digits in ("é", "1x", "12 "):
            with pytest.raises(BadArgument, match="0-9, A-D"):
                caller.send_dtmf(digits)
        caller.send_dtmf("5")  # none of the others was sent
        event = await callee.next_event()
        assert isinstance(event, Digit) and event.digit == "5"


@run
async def test_call_that_another_task_closes_ends_iterations():
    async with in_a_call() as (callee, _):

        async def collect():
            return [event async for event in callee]

        collecting = asyncio.create_task(collect())
        await asyncio.sleep(0)
        callee.close()
        callee.clear()
        assert await collecting == []
