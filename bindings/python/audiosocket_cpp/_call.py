# SPDX-License-Identifier: Apache-2.0
"""A call in progress."""

from __future__ import annotations

import asyncio
import collections
import logging
import os
import time
import uuid
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Iterable
from types import TracebackType
from typing import Any

from . import _native as native
from ._engine import Engine
from ._errors import AudioSocketError, BadArgument, CallEnded, CallFailed, error_of
from ._events import Digit, Ended, EndReason, Event, PlayResult, Recorded, Statistics
from ._native import check, ffi, lib, text_of
from ._sound import Clip, samples_of

logger = logging.getLogger("audiosocket_cpp")

# Digits that nothing has read yet. Beyond, the oldest is dropped.
_DIGITS_MAX = 64
_DIGITS = frozenset("0123456789ABCD*#")

# Pieces of a stream that is made while it plays are at most this long, so that little is copied at once.
_PIECE_MS = 1000


class Call:
    """A call: what `serve` and `connect` give.

    The library keeps it alive: it sends a frame every 20 ms and reads at once, on a thread that never runs Python code.
    Use it in the event loop that it came from. Drop it, or leave `async with call:`, and it is hung up in order.
    """

    def __init__(self, engine: Engine, pointer: Any) -> None:
        self._engine = engine
        # Freed with the last reference: `close` drops that of the call, and another thread may be in a function of it.
        # So no reference is kept across an await.
        self._pointer = ffi.gc(pointer, lib.audiosocket_call_free)
        self._events: collections.deque[Event] = collections.deque()
        self._digits_lost = 0
        self._waiters: set[asyncio.Future[None]] = set()  # for an event, for audio, or for the end
        self._connected: asyncio.Future[None] | None = None
        self._ended: Ended | None = None
        self._clears = 0
        self._starts = 0  # of sounds
        self._cut_ms = 0  # what the last clear cut off
        self._tickets = 0
        self._results: dict[int, asyncio.Future[Any]] = {}
        self._sounding: set[asyncio.Future[Any]] = set()  # waits whose cancellation stops a sound
        self._user = engine.add(pointer, self)

    # --- What is known of the call ---

    @property
    def id(self) -> uuid.UUID:
        """The id that the calling side sent. Not unique: the dialplan chooses it."""
        handle = self._handle()  # keeps the text
        return uuid.UUID(text_of(lib.audiosocket_call_id(handle)))

    @property
    def peer(self) -> str:
        """The address of the other end, HOST:PORT."""
        handle = self._handle()
        return text_of(lib.audiosocket_call_peer(handle))

    @property
    def ended(self) -> Ended | None:
        """How the call ended; None while it is in progress."""
        return self._ended

    @property
    def rate(self) -> int:
        """The rate in Hz at which audio is sent to the peer. What is played may have any other."""
        return int(lib.audiosocket_call_send_rate(self._handle()))

    @property
    def audio_rate(self) -> int:
        """The rate in Hz of what `audio` yields; 0 before the first audio."""
        return int(lib.audiosocket_call_audio_rate(self._handle()))

    @property
    def queued_ms(self) -> int:
        """How much audio is queued and not sent yet."""
        return int(lib.audiosocket_call_queued_ms(self._handle()))

    def statistics(self) -> Statistics:
        """Returns the counters, as they were at most a second ago."""
        counted = ffi.new("audiosocket_statistics*")
        counted.struct_bytes = ffi.sizeof("audiosocket_statistics")
        check(lib.audiosocket_call_statistics(self._handle(), counted))
        fields = [name for name in Statistics.__dataclass_fields__ if name != "digits_unread_lost"]
        return Statistics(
            **{name: getattr(counted, name) for name in fields}, digits_unread_lost=self._digits_lost
        )

    def __repr__(self) -> str:
        try:
            state = self._ended.reason.name.lower() if self._ended else "in progress"
            return f"<audiosocket_cpp.Call {self.id} {state}>"
        except CallEnded:
            return "<audiosocket_cpp.Call closed>"

    # --- What arrives ---

    def __aiter__(self) -> AsyncIterator[Event]:
        return self._iterate()

    async def _iterate(self) -> AsyncIterator[Event]:
        try:
            while True:
                event = await self.next_event()
                yield event
                if isinstance(event, Ended):
                    return
        except CallEnded:  # another task has closed the call, or taken its end
            return

    async def next_event(self, timeout: float | None = None) -> Event:
        """Waits for the next event: Digit, Recorded or Ended. After Ended it raises CallEnded.

        Raises TimeoutError when none came within `timeout` seconds. A wait that is cancelled loses no event.
        """
        deadline = None if timeout is None else time.monotonic() + timeout
        while not self._events:
            if self._ended is not None:
                raise CallEnded("the call has ended: " + self._ended.text)
            left = None if deadline is None else deadline - time.monotonic()
            if left is not None and left <= 0:
                raise TimeoutError(f"no event within {timeout} s")
            await self._changes(left)
        return self._events.popleft()

    async def _changes(self, timeout: float | None = None, beside: asyncio.Future[Any] | None = None) -> None:
        """Waits until something has happened to the call, `beside` is done, or the time is over."""
        loop = asyncio.get_running_loop()
        waiter = loop.create_future()

        def wake(_: object = None) -> None:
            _finish(waiter)

        timer = None if timeout is None else loop.call_later(timeout, wake)
        if beside is not None:
            beside.add_done_callback(wake)
            self._sounding.add(waiter)
        self._waiters.add(waiter)
        self._engine.keep(waiter, self)
        try:
            await waiter
        finally:
            self._engine.release(waiter)
            self._waiters.discard(waiter)
            self._sounding.discard(waiter)
            if beside is not None:
                beside.remove_done_callback(wake)
            if timer is not None:
                timer.cancel()

    async def audio(self, rate: int = 0, ms: int = 20) -> AsyncIterator[memoryview]:
        """Yields the received audio in pieces of `ms` milliseconds (10 to 1,000), until the call ends.

        Each piece is a memoryview of 16-bit samples (format h) at `rate` Hz, or at the rate of the call for 0. The last
        one may be shorter. Audio that is not taken in time is dropped, oldest first (option receive_queue).
        """
        if rate != 0 and not 8000 <= rate <= 192_000:
            raise BadArgument(f"rate of audio: from 8,000 to 192,000 Hz, or 0, not {rate}")
        if not 10 <= ms <= 1000:
            raise BadArgument(f"ms of audio: from 10 to 1,000, not {ms}")
        check(lib.audiosocket_call_set_audio(self._handle(), rate, ms))
        while self._pointer is not None:
            # In this order: what is available has a rate.
            available = int(lib.audiosocket_call_available(self._handle()))
            whole = (rate or self.audio_rate) * ms // 1000
            if available >= max(whole, 1):
                yield self._read(whole)
            elif self._ended is None:
                await self._changes()
            else:
                if available > 0:
                    yield self._read(available)
                return

    def _read(self, count: int) -> memoryview:
        data = bytearray(2 * count)
        lib.audiosocket_call_read(self._handle(), ffi.from_buffer("int16_t[]", data), count)
        return memoryview(data).cast("h")

    async def read_digits(
        self,
        count: int = 1,
        *,
        prompt: Any = None,
        rate: int = 0,
        timeout: float = 8.0,
        end: str = "#",
    ) -> str:
        """Reads up to `count` digits. Returns what was pressed: fewer when `timeout` passed or `end` was pressed.

        `prompt` is played first, as `play` plays it; the first digit stops it. The time counts from the end of the
        prompt, and again from each digit. Raises CallEnded when the caller hangs up. Other events stay where they are.
        """
        digits = ""
        self._stop_cancelled()
        clears = self._clears
        playing = asyncio.ensure_future(self.play(prompt, rate)) if prompt is not None else None
        deadline = time.monotonic() + timeout
        try:
            while len(digits) < count:
                if playing is not None and playing.done():
                    playing.result()
                    playing = None
                    deadline = time.monotonic() + timeout
                digit = self._take_digit()
                if digit is None:
                    if self._ended is not None:
                        raise CallEnded("the call has ended: " + self._ended.text)
                    left = None if playing is not None else deadline - time.monotonic()
                    if left is not None and left <= 0:
                        break
                    await self._changes(left, playing)
                    continue
                if playing is not None:
                    self._stop_prompt(playing, clears)
                    playing = None
                if digit == end:
                    break
                digits += digit
                deadline = time.monotonic() + timeout
        finally:
            if playing is not None:
                self._stop_prompt(playing, clears)
        return digits

    def _take_digit(self) -> str | None:
        for i, event in enumerate(self._events):
            if isinstance(event, Digit):
                del self._events[i]
                return event.digit
        return None

    def _stop_prompt(self, playing: asyncio.Task[PlayResult], clears: int) -> None:
        # At once, and not when its task runs: what is played next must not be cut off.
        if not playing.done() and self._clears == clears:
            self._clear_quietly()
        playing.cancel()
        playing.add_done_callback(_log_failure_of_prompt)

    async def wait_ended(self) -> Ended:
        """Waits until the call is over. Events stay where they are."""
        while self._ended is None:
            self._handle()
            await self._changes()
        return self._ended

    # --- What is played ---

    async def play(self, sound: Any, rate: int = 0) -> PlayResult:
        """Plays a sound behind what is queued, and returns when it was played to its end or cut off.

        `sound` is the path of a sound file, a Clip, samples (bytes, array('h'), numpy int16 and other buffers), or an
        iterable or asynchronous iterable of samples, which is streamed while it is made. `rate` in Hz belongs to
        samples. A task that is cancelled here stops the sound, and what is queued behind it, as `clear` does. What is
        played after that is heard.
        """
        self._stop_cancelled()
        self._starts += 1
        if isinstance(sound, Clip):
            return await self._play_clip(sound)
        if isinstance(sound, (str, os.PathLike)):
            clears = self._clears
            clip = await Clip.load(sound)
            if self._clears != clears:
                return PlayResult(0, clip.duration_ms, False)
            return await self._play_clip(clip)
        if isinstance(sound, AsyncIterable):
            return await self._play_stream(sound, rate)
        if is_stream(sound):
            return await self._play_stream(_from_iterable(sound), rate)
        samples = samples_of(sound)
        self._need_rate(rate)
        ticket = self._next_ticket()
        check(lib.audiosocket_call_play(self._handle(), samples, len(samples), rate, ticket))
        del samples  # they were copied, and the application may change its buffer
        return await self._played(ticket)

    def queue(self, samples: Any, rate: int) -> None:
        """Queues samples behind what is queued, and does not wait. Raises QueueFull beyond the option playout_queue."""
        data = samples_of(samples)
        self._stop_cancelled()
        self._starts += 1
        check(lib.audiosocket_call_play(self._handle(), data, len(data), rate, 0))

    async def mark(self) -> PlayResult:
        """Waits until all that is queued now was sent, or cut off. A task that is cancelled here stops nothing."""
        ticket = self._next_ticket()
        check(lib.audiosocket_call_mark(self._handle(), ticket))
        result: PlayResult = await self._result(ticket, stops=False)
        return result

    def clear(self) -> None:
        """Stops what is being played, within one frame, and empties the queue. Does nothing after the end.

        A stream whose next piece is still being made ends as soon as that piece is there.
        """
        handle = self._pointer
        if handle is None:
            return
        self._note_clear()
        self._unless_ended(lib.audiosocket_call_clear(handle))

    def pause(self) -> None:
        """Sends silence until `resume`."""
        check(lib.audiosocket_call_pause(self._handle()))

    def resume(self) -> None:
        """Goes on with what was paused."""
        check(lib.audiosocket_call_resume(self._handle()))

    async def _play_clip(self, clip: Clip) -> PlayResult:
        ticket = self._next_ticket()
        check(lib.audiosocket_call_play_clip(self._handle(), clip._clip, ticket))
        return await self._played(ticket)

    async def _play_stream(self, pieces: AsyncIterable[Any], rate: int) -> PlayResult:
        self._need_rate(rate)
        most = rate * _PIECE_MS // 1000
        clears, starts = self._clears, self._starts
        result = PlayResult(0, 0, True)
        written = 0  # samples

        def cut_while_made() -> PlayResult:
            written_ms = written * 1000 // rate
            cut_ms = min(self._cut_ms, written_ms)
            return PlayResult(written_ms - cut_ms, cut_ms, False)

        try:
            async for piece in pieces:
                if self._clears != clears:
                    return cut_while_made()
                samples = samples_of(piece)
                for first in range(0, len(samples), most):
                    count = min(most, len(samples) - first)
                    ticket = self._next_ticket()
                    check(lib.audiosocket_call_write(self._handle(), samples + first, count, rate, ticket))
                    cut = await self._result(ticket)
                    written += count
                    if cut is not None:
                        return PlayResult(cut.sent_ms, cut.cut_ms, False)
                del samples  # the application may change its buffer for the next piece
            if self._clears != clears:
                return cut_while_made()
            if written:
                ticket = self._next_ticket()
                check(lib.audiosocket_call_finish(self._handle(), ticket))
                result = await self._result(ticket)
        except BaseException as failure:
            if self._clears == clears:
                if isinstance(failure, asyncio.CancelledError) and self._starts == starts:
                    self._clear_quietly()
                elif written:  # a clear would cut off what was played since
                    self._finish_quietly()
            raise
        finally:
            if isinstance(pieces, AsyncGenerator):
                await pieces.aclose()
        return result

    async def _played(self, ticket: int) -> PlayResult:
        clears = self._clears
        try:
            result: PlayResult = await self._result(ticket)
            return result
        except asyncio.CancelledError:
            if self._clears == clears:
                self._clear_quietly()
            raise

    def _next_ticket(self) -> int:
        self._tickets += 1
        return self._tickets

    async def _result(self, ticket: int, stops: bool = True) -> Any:
        """Waits for the event with this ticket. None: what was written is in the queue.

        `stops`: whether the cancellation of the wait stops a sound.
        """
        future = asyncio.get_running_loop().create_future()
        self._results[ticket] = future
        if stops:
            self._sounding.add(future)
        self._engine.keep(future, self)
        try:
            return await future
        finally:
            self._engine.release(future)
            self._sounding.discard(future)
            self._results.pop(ticket, None)

    def _stop_cancelled(self) -> None:
        """Clears now for tasks that were cancelled and have not run since. Later they would clear what comes next."""
        cancelled = [wait for wait in list(self._sounding) if wait.cancelled()]
        if cancelled:
            self._sounding.difference_update(cancelled)
            self._clear_quietly()

    @staticmethod
    def _need_rate(rate: int) -> None:
        if rate <= 0:
            raise BadArgument("samples need their rate: play(samples, rate=8000)")

    def _clear_quietly(self) -> None:
        handle = self._pointer
        if handle is not None:
            self._note_clear()
            lib.audiosocket_call_clear(handle)

    def _finish_quietly(self) -> None:
        """Ends a stream: what was written is heard, and what is written next is another stream."""
        if self._pointer is not None:
            lib.audiosocket_call_finish(self._handle(), self._next_ticket())

    def _note_clear(self) -> None:
        self._clears += 1
        self._cut_ms = self.queued_ms

    # --- The rest ---

    def send_dtmf(self, digits: str) -> None:
        """Sends digits, on the calling side only."""
        for digit in digits:
            if digit not in _DIGITS:
                raise BadArgument(f"digits are 0-9, A-D, * and #, not {digit!r}")
        for digit in digits:
            check(lib.audiosocket_call_send_dtmf(self._handle(), digit.encode()))

    def record(self, path: str | os.PathLike[str]) -> None:
        """Records both sides from now on into a WAV file of two channels. A Recorded event says when it is complete."""
        native.made(lib.audiosocket_call_record, self._handle(), os.fsencode(path))

    async def hang_up(self, when_played: bool = False) -> Ended:
        """Hangs up in order, at once or when all that is queued was played, and waits for the end."""
        function = lib.audiosocket_call_hang_up_when_played if when_played else lib.audiosocket_call_hang_up
        self._unless_ended(function(self._handle()))
        return await self.wait_ended()

    def close(self) -> None:
        """Hangs up in the background, and gives the call back. It cannot be used afterwards."""
        if self._pointer is None:
            return
        self._engine.remove(self._pointer)
        self._pointer = None
        self._engine.closed(self._user)
        self._wake(self._ended or Ended(EndReason.HUNG_UP, "the call was closed", False))

    async def __aenter__(self) -> Call:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __del__(self) -> None:
        if getattr(self, "_pointer", None) is not None:
            self._pointer = None
            self._engine.dropped(self._user)

    def _abandon(self) -> None:
        native.unowned(self._pointer)
        self._pointer = None

    @staticmethod
    def _unless_ended(code: int) -> None:
        if code != CallEnded.code:
            check(code)

    def _handle(self) -> Any:
        handle = self._pointer
        if handle is None:
            raise CallEnded("the call was closed")
        return handle

    # --- Called by the engine, in the loop ---

    def _on_event(self, event: Any) -> None:
        kind = event.type
        if kind == native.EVENT_AUDIO:
            self._notify()
        elif kind == native.EVENT_DTMF:
            self._add(Digit(event.digit.decode(), event.position))
        elif kind == native.EVENT_WRITTEN:
            self._resolve(event, None)
        elif kind in (native.EVENT_PLAYED, native.EVENT_CUT):
            self._resolve(event, PlayResult(event.sent_ms, event.cut_ms, kind == native.EVENT_PLAYED))
        elif kind == native.EVENT_RECORDED:
            text = text_of(event.text)
            self._add(Recorded("", text) if event.code else Recorded(text, ""))
        elif kind == native.EVENT_CONNECTED:
            _finish(self._connected)
        elif kind == native.EVENT_ENDED:
            self._on_end(Ended(EndReason(event.reason), text_of(event.text), event.code != native.OK))

    def _resolve(self, event: Any, result: PlayResult | None) -> None:
        future = self._results.get(event.ticket)
        if future is None or future.done():
            return
        if event.code not in (native.OK, CallEnded.code):
            future.set_exception(error_of(event.code, text_of(lib.audiosocket_code_text(event.code))))
        else:
            future.set_result(result)

    def _on_end(self, end: Ended) -> None:
        log = logger.warning if end.failed else logger.debug
        log("call %s with %s ended: %s", self.id, self.peer, end.text)
        if self._connected is not None and not self._connected.done():
            self._connected.set_exception(CallFailed("cannot connect: " + end.text))
        self._add(end)
        self._wake(end)

    def _wake(self, end: Ended) -> None:
        """Ends what waits for this call."""
        self._ended = end
        if not self._engine.has_loop():
            return
        self._notify()
        for future in list(self._results.values()):
            if not future.done():
                future.set_exception(CallEnded("the call has ended: " + end.text))

    def _add(self, event: Event) -> None:
        if isinstance(event, Digit) and sum(isinstance(one, Digit) for one in self._events) >= _DIGITS_MAX:
            self._take_digit()
            self._digits_lost += 1
        self._events.append(event)
        self._notify()

    def _notify(self) -> None:
        for waiter in self._waiters:
            _finish(waiter)


def _finish(waiter: asyncio.Future[None] | None) -> None:
    if waiter is not None and not waiter.done():
        waiter.set_result(None)


def is_stream(sound: Any) -> bool:
    """Whether a sound is an iterable that makes samples, which is not a buffer or a path."""
    if isinstance(sound, (str, os.PathLike, Clip)) or not isinstance(sound, Iterable):
        return False
    try:
        memoryview(sound)  # type: ignore[arg-type]
    except TypeError:
        return True
    return False


def _log_failure_of_prompt(task: asyncio.Task[PlayResult]) -> None:
    failure = None if task.cancelled() else task.exception()
    if failure is not None and not isinstance(failure, CallEnded):
        logger.warning("a prompt that was stopped has failed", exc_info=failure)


async def _from_iterable(pieces: Iterable[Any]) -> AsyncIterator[Any]:
    for piece in pieces:
        yield piece


__all__ = ["Call", "AudioSocketError"]
