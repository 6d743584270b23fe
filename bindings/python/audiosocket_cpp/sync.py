# SPDX-License-Identifier: Apache-2.0
"""The same calls for scripts without an event loop: each function waits.

    from threading import Thread
    from audiosocket_cpp.sync import serve

    def answer(call):
        with call:
            call.play("welcome.wav")
            print(call.read_digits(4))

    for call in serve("0.0.0.0:9092"):
        Thread(target=answer, args=(call,)).start()

An event loop runs on a thread of the package. A function may be called on any thread. Ctrl-C ends its wait.
"""

from __future__ import annotations

import asyncio
import atexit
import concurrent.futures
import os
import queue
import threading
import uuid
from collections.abc import AsyncIterator, Coroutine, Iterator
from typing import Any, TypeVar

from . import _call, _server
from ._errors import CallEnded
from ._events import Ended, Event, PlayResult, Statistics

_Result = TypeVar("_Result")


class _LoopThread:
    """An event loop on a thread of its own, started with the first use."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._stopped = False
        self._loop: asyncio.AbstractEventLoop

    def run(self, coroutine: Coroutine[Any, Any, _Result]) -> _Result:
        """Runs a coroutine there and waits for its result. An exception in the wait cancels the coroutine."""
        future = self.start(coroutine)
        try:
            return future.result()
        except BaseException:
            future.cancel()
            raise

    def start(self, coroutine: Coroutine[Any, Any, _Result]) -> concurrent.futures.Future[_Result]:
        """Starts a coroutine there. Raises RuntimeError on that thread, where a wait would have no end."""
        with self._lock:
            if self._thread is None and not self._stopped:
                self._loop = asyncio.new_event_loop()
                self._thread = threading.Thread(target=self._loop.run_forever, name="audiosocket-loop", daemon=True)
                self._thread.start()
        if self._stopped:
            coroutine.close()
            if threading.current_thread() is not threading.main_thread():
                threading.Event().wait()  # a daemon: the interpreter ends without it, and without a message
            raise RuntimeError("the interpreter is ending: there are no calls any more")
        if threading.current_thread() is self._thread:
            coroutine.close()
            raise RuntimeError("functions of audiosocket_cpp.sync wait: do not call them in the package's event loop")
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop)

    def stop(self) -> None:
        """Ends the thread before the interpreter ends."""
        with self._lock:
            self._stopped = True
            thread = self._thread
            if thread is not None:
                self._loop.call_soon_threadsafe(self._loop.stop)
        if thread is not None:
            thread.join(10)

    def forget(self) -> None:
        """Begins again in a child after a fork, where the thread is not."""
        self.__init__()  # type: ignore[misc]


_loop = _LoopThread()
atexit.register(_loop.stop)  # runs before that of the engines, which was registered earlier
os.register_at_fork(after_in_child=_loop.forget)


async def _now(function: Any, *arguments: Any) -> Any:
    return function(*arguments)


class Call:
    """A call whose functions wait. What they do is documented at audiosocket_cpp.Call."""

    def __init__(self, call: _call.Call) -> None:
        self._call = call

    id: uuid.UUID = property(lambda self: self._call.id)  # type: ignore[assignment]
    peer: str = property(lambda self: self._call.peer)  # type: ignore[assignment]
    rate: int = property(lambda self: self._call.rate)  # type: ignore[assignment]
    ended: Ended | None = property(lambda self: self._call.ended)  # type: ignore[assignment]
    audio_rate: int = property(lambda self: self._call.audio_rate)  # type: ignore[assignment]
    queued_ms: int = property(lambda self: self._call.queued_ms)  # type: ignore[assignment]

    def statistics(self) -> Statistics:
        """Returns the counters."""
        return self._call.statistics()

    def next_event(self, timeout: float | None = None) -> Event:
        """Waits for the next event. Raises TimeoutError."""
        return _loop.run(self._call.next_event(timeout))

    def __iter__(self) -> Iterator[Event]:
        try:
            while True:
                event = self.next_event()
                yield event
                if isinstance(event, Ended):
                    return
        except CallEnded:  # another thread has closed the call
            return

    def audio(self, rate: int = 0, ms: int = 20) -> Iterator[memoryview]:
        """Yields the received audio in pieces until the call ends."""
        pieces = self._call.audio(rate, ms)

        async def next_piece() -> memoryview | None:
            return await anext(pieces, None)

        while (piece := _loop.run(next_piece())) is not None:
            yield piece

    def read_digits(
        self, count: int = 1, *, prompt: Any = None, rate: int = 0, timeout: float = 8.0, end: str = "#"
    ) -> str:
        """Reads up to `count` digits."""
        return _loop.run(self._call.read_digits(count, prompt=prompt, rate=rate, timeout=timeout, end=end))

    def wait_ended(self) -> Ended:
        """Waits until the call is over."""
        return _loop.run(self._call.wait_ended())

    def play(self, sound: Any, rate: int = 0) -> PlayResult:
        """Plays a sound, and returns when it was played or cut off. An iterable runs on the thread that calls this."""
        if _call.is_stream(sound):
            return self._play_made_here(iter(sound), rate)
        return _loop.run(self._call.play(sound, rate))

    def _play_made_here(self, pieces: Iterator[Any], rate: int) -> PlayResult:
        wanted: queue.SimpleQueue[concurrent.futures.Future[Any] | None] = queue.SimpleQueue()
        end = object()

        async def stream() -> AsyncIterator[Any]:
            while True:
                next_piece: concurrent.futures.Future[Any] = concurrent.futures.Future()
                wanted.put(next_piece)
                piece = await asyncio.wrap_future(next_piece)
                if piece is end:
                    return
                yield piece

        playing = _loop.start(self._call.play(stream(), rate))
        playing.add_done_callback(lambda _: wanted.put(None))
        try:
            while (next_piece := wanted.get()) is not None:
                if not next_piece.set_running_or_notify_cancel():
                    continue
                try:
                    next_piece.set_result(next(pieces, end))
                except Exception as failure:
                    next_piece.set_exception(failure)
            return playing.result()
        except BaseException:
            playing.cancel()
            raise

    def queue(self, samples: Any, rate: int) -> None:
        """Queues samples, and does not wait."""
        self._call.queue(samples, rate)

    def mark(self) -> PlayResult:
        """Waits until all that is queued now was sent, or cut off."""
        return _loop.run(self._call.mark())

    def clear(self) -> None:
        """Stops what is being played, and empties the queue."""
        self._call.clear()

    def pause(self) -> None:
        """Sends silence until `resume`."""
        self._call.pause()

    def resume(self) -> None:
        """Goes on with what was paused."""
        self._call.resume()

    def send_dtmf(self, digits: str) -> None:
        """Sends digits, on the calling side only."""
        self._call.send_dtmf(digits)

    def record(self, path: str | os.PathLike[str]) -> None:
        """Records both sides from now on."""
        self._call.record(path)

    def hang_up(self, when_played: bool = False) -> Ended:
        """Hangs up in order, and waits for the end."""
        return _loop.run(self._call.hang_up(when_played))

    def close(self) -> None:
        """Hangs up in the background, and gives the call back."""
        _loop.run(_now(self._call.close))

    def __enter__(self) -> Call:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class Server:
    """A server that listens: an iterator of calls. Make it with `serve`."""

    def __init__(self, server: _server.Server) -> None:
        self._server = server

    @property
    def port(self) -> int:
        """The port on which it listens."""
        return self._server.port

    def __iter__(self) -> Iterator[Call]:
        return self

    def __next__(self) -> Call:
        async def next_call() -> _call.Call | None:
            return await anext(self._server, None)

        call = _loop.run(next_call())
        if call is None:
            raise StopIteration
        return Call(call)

    def drain(self, timeout: float | None = None) -> int:
        """Accepts no more connections, and waits until all calls have ended."""
        return _loop.run(self._server.drain(timeout))

    def close(self) -> None:
        """Closes the server."""
        _loop.run(_now(self._server.close))

    def __enter__(self) -> Server:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def serve(address: str = "0.0.0.0:9092", **options: object) -> Server:
    """Listens, and returns the server. Options as in audiosocket_cpp.serve."""
    server = _server.serve(address, **options)
    _loop.run(_now(server.start))
    return Server(server)


def connect(address: str, call_id: uuid.UUID | str | None = None, **options: object) -> Call:
    """Calls a server as Asterisk does, and returns the call once it is connected. Raises CallFailed."""
    return Call(_loop.run(_server.connect(address, call_id, **options)))


__all__ = ["Call", "Server", "connect", "serve"]
