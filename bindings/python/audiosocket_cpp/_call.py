# SPDX-License-Identifier: Apache-2.0
"""A call in progress."""

from __future__ import annotations

import asyncio
import collections
import logging
import os
import time
import uuid
from collections.abc import AsyncIterable, AsyncIterator, Iterable
from types import TracebackType
from typing import Any

from . import _native as native
from ._engine import Engine
from ._errors import AudioSocketError, BadArgument, CallEnded, CallFailed, error_of
from ._events import Digit, Ended, EndReason, Event, PlayResult, Recorded, Statistics
from ._native import check, ffi, lib, text_of
from ._sound import Clip, samples_of

logger = logging.getLogger("audiosocket_cpp")

# Pieces of a stream that is made while it plays are at most this long, so that little is copied at once.
_PIECE_MS = 1000


class Call:
    """A call: what `serve` and `connect` give.

    The library keeps it alive: it sends a frame every 20 ms and reads at once, on a thread that never runs Python code.
    Use it in the event loop that it came from. Drop it, or leave `async with call:`, and it is hung up in order.
    """

    def __init__(self, engine: Engine, pointer: Any) -> None:
        self._engine = engine
        self._pointer = pointer
        self._events: collections.deque[Event] = collections.deque()
        self._waiters: set[asyncio.Future[None]] = set()  # for an event, for audio, or for the end
        self._connected: asyncio.Future[None] | None = None
        self._ended: Ended | None = None
        self._tickets = 0
        self._results: dict[int, asyncio.Future[Any]] = {}
        self._freed = False
        engine.add(pointer, self)

    # --- What is known of the call ---

    @property
    def id(self) -> uuid.UUID:
        """The id that the calling side sent. Not unique: the dialplan chooses it."""
        return uuid.UUID(text_of(lib.audiosocket_call_id(self._handle())))

    @property
    def peer(self) -> str:
        """The address of the other end, HOST:PORT."""
        return text_of(lib.audiosocket_call_peer(self._handle()))

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
        return Statistics(**{name: getattr(counted, name) for name in Statistics.__dataclass_fields__})

    def __repr__(self) -> str:
        state = "closed" if self._freed else self._ended.reason.name.lower() if self._ended else "in progress"
        return f"<audiosocket_cpp.Call {'' if self._freed else self.id} {state}>"

    # --- What arrives ---

    def __aiter__(self) -> AsyncIterator[Event]:
        return self._iterate()

    async def _iterate(self) -> AsyncIterator[Event]:
        while True:
            event = await self.next_event()
            yield event
            if isinstance(event, Ended):
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
        waiter = asyncio.get_running_loop().create_future()
        self._waiters.add(waiter)
        try:
            waited = {waiter} if beside is None else {waiter, beside}
            await asyncio.wait(waited, timeout=timeout, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._waiters.discard(waiter)

    async def audio(self, rate: int = 0, ms: int = 20) -> AsyncIterator[memoryview]:
        """Yields the received audio in pieces of `ms` milliseconds (10 to 1,000), until the call ends.

        Each piece is a memoryview of 16-bit samples (format h) at `rate` Hz, or at the rate of the call for 0. The last
        one may be shorter. Audio that is not taken in time is dropped, oldest first (option receive_queue).
        """
        check(lib.audiosocket_call_set_audio(self._handle(), rate, ms))
        while not self._freed:
            whole = (rate or int(lib.audiosocket_call_audio_rate(self._pointer))) * ms // 1000
            available = int(lib.audiosocket_call_available(self._pointer))
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
        lib.audiosocket_call_read(self._pointer, ffi.from_buffer("int16_t[]", data), count)
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
        prompt, and again from each digit. Raises CallEnded when the caller hangs up.
        """
        digits = ""
        playing = asyncio.ensure_future(self.play(prompt, rate)) if prompt is not None else None
        deadline = time.monotonic() + timeout
        try:
            while len(digits) < count:
                if playing is not None and playing.done():
                    playing.result()
                    playing = None
                    deadline = time.monotonic() + timeout
                if not self._events:
                    if self._ended is not None:
                        raise CallEnded("the call has ended: " + self._ended.text)
                    left = None if playing is not None else deadline - time.monotonic()
                    if left is not None and left <= 0:
                        break
                    await self._changes(left, playing)
                    continue
                event = self._events.popleft()
                if not isinstance(event, Digit):
                    continue
                if playing is not None:
                    self.clear()
                    playing = None
                if event.digit == end:
                    break
                digits += event.digit
                deadline = time.monotonic() + timeout
        finally:
            if playing is not None:
                playing.cancel()
        return digits

    async def wait_ended(self) -> Ended:
        """Waits until the call is over. Events stay where they are."""
        while self._ended is None:
            if self._freed:
                raise CallEnded("the call was closed")
            await self._changes()
        return self._ended

    # --- What is played ---

    async def play(self, sound: Any, rate: int = 0) -> PlayResult:
        """Plays a sound behind what is queued, and returns when it was played to its end or cut off.

        `sound` is the path of a sound file, a Clip, samples (bytes, array('h'), numpy int16 and other buffers), or an
        iterable or asynchronous iterable of samples, which is streamed while it is made. `rate` in Hz belongs to
        samples. A task that is cancelled here stops the sound, and what is queued behind it, as `clear` does.
        """
        if isinstance(sound, Clip):
            return await self._play_clip(sound)
        if isinstance(sound, (str, os.PathLike)):
            return await self._play_clip(await Clip.load(sound))
        if isinstance(sound, AsyncIterable):
            return await self._play_stream(sound, rate)
        try:
            memoryview(sound)
        except TypeError:
            if isinstance(sound, Iterable):
                return await self._play_stream(_from_iterable(sound), rate)
        samples = samples_of(sound)
        self._need_rate(rate)
        return await self._played(lambda ticket: lib.audiosocket_call_play(self._handle(), samples, len(samples), rate, ticket))

    def queue(self, samples: Any, rate: int) -> None:
        """Queues samples behind what is queued, and does not wait. Raises QueueFull beyond the option playout_queue."""
        data = samples_of(samples)
        check(lib.audiosocket_call_play(self._handle(), data, len(data), rate, 0))

    async def mark(self) -> PlayResult:
        """Waits until all that is queued now was sent, or cut off."""
        return await self._played(lambda ticket: lib.audiosocket_call_mark(self._handle(), ticket))

    def clear(self) -> None:
        """Stops what is being played, within one frame, and empties the queue. Does nothing after the end."""
        self._unless_ended(lib.audiosocket_call_clear(self._handle()))

    def pause(self) -> None:
        """Sends silence until `resume`."""
        check(lib.audiosocket_call_pause(self._handle()))

    def resume(self) -> None:
        """Goes on with what was paused."""
        check(lib.audiosocket_call_resume(self._handle()))

    async def _play_clip(self, clip: Clip) -> PlayResult:
        return await self._played(lambda ticket: lib.audiosocket_call_play_clip(self._handle(), clip._clip, ticket))

    async def _play_stream(self, pieces: AsyncIterable[Any], rate: int) -> PlayResult:
        self._need_rate(rate)
        most = rate * _PIECE_MS // 1000
        result = PlayResult(0, 0, True)
        wrote = False
        try:
            async for piece in pieces:
                samples = samples_of(piece)
                for first in range(0, len(samples), most):
                    part = samples[first : min(first + most, len(samples))]
                    cut = await self._ticket(
                        lambda ticket, part=part: lib.audiosocket_call_write(self._handle(), part, len(part), rate, ticket)
                    )
                    wrote = True
                    if cut is not None:
                        return PlayResult(cut.sent_ms, cut.cut_ms, False)
            if wrote:
                result = await self._ticket(lambda ticket: lib.audiosocket_call_finish(self._handle(), ticket))
        except asyncio.CancelledError:
            self._clear_quietly()
            raise
        return result

    async def _played(self, start: Any) -> PlayResult:
        try:
            result: PlayResult = await self._ticket(start)
            return result
        except asyncio.CancelledError:
            self._clear_quietly()
            raise

    async def _ticket(self, start: Any) -> Any:
        """Starts an operation with a ticket, and waits for its event. None: what was written is in the queue."""
        self._tickets += 1
        ticket = self._tickets
        check(start(ticket))
        future = asyncio.get_running_loop().create_future()
        self._results[ticket] = future
        try:
            return await future
        finally:
            self._results.pop(ticket, None)

    @staticmethod
    def _need_rate(rate: int) -> None:
        if rate <= 0:
            raise BadArgument("samples need their rate: play(samples, rate=8000)")

    def _clear_quietly(self) -> None:
        if not self._freed:
            lib.audiosocket_call_clear(self._pointer)

    # --- The rest ---

    def send_dtmf(self, digits: str) -> None:
        """Sends digits, on the calling side only."""
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
        if self._freed:
            return
        self._freed = True
        lib.audiosocket_call_free(self._pointer)
        self._wake(self._ended or Ended(EndReason.HUNG_UP, "the call was closed", False))
        self._engine.remove(self._pointer)

    async def __aenter__(self) -> Call:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __del__(self) -> None:
        if not getattr(self, "_freed", True):
            self.close()

    @staticmethod
    def _unless_ended(code: int) -> None:
        if code != CallEnded.code:
            check(code)

    def _handle(self) -> Any:
        if self._freed:
            raise CallEnded("the call was closed")
        return self._pointer

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
        self._notify()
        for future in list(self._results.values()):
            if not future.done():
                future.set_exception(CallEnded("the call has ended: " + end.text))

    def _add(self, event: Event) -> None:
        self._events.append(event)
        self._notify()

    def _notify(self) -> None:
        for waiter in self._waiters:
            _finish(waiter)


def _finish(waiter: asyncio.Future[None] | None) -> None:
    if waiter is not None and not waiter.done():
        waiter.set_result(None)


async def _from_iterable(pieces: Iterable[Any]) -> AsyncIterator[Any]:
    for piece in pieces:
        yield piece


__all__ = ["Call", "AudioSocketError"]
