# SPDX-License-Identifier: Apache-2.0
"""Servers, and the calling side."""

from __future__ import annotations

import asyncio
import collections
import uuid
import weakref
from collections.abc import AsyncIterator, Awaitable, Callable
from types import TracebackType
from typing import Any

from . import _native as native
from ._call import Call, logger
from ._engine import Engine
from ._errors import CallEnded
from ._native import ffi, lib


class Server:
    """A server that listens: an asynchronous iterator of calls. Make it with `serve`."""

    def __init__(self, address: str, options: dict[str, object]) -> None:
        self._address = address
        self._options = options
        self._engine: Engine | None = None
        self._pointer: Any = None
        self._calls: collections.deque[Call] = collections.deque()
        self._taken: weakref.WeakSet[Call] = weakref.WeakSet()  # those that were not dropped
        self._waiters: set[asyncio.Future[None]] = set()  # for a call, or for the end
        self._drained: asyncio.Future[int] | None = None
        self._hung_up = 0  # by drains behind the first
        self._refusing = False
        self._user = -1
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self) -> Server:
        """Listens from now on. Iterating and `async with` do it by themselves. Raises SystemFailure or BadArgument."""
        if self._pointer is None:
            engine = Engine.of_running_loop()
            try:
                pointer = engine.make(
                    lib.audiosocket_server_new, self._address.encode(), native.options_of(self._options)
                )
            except BaseException:
                engine.close_if_unused()
                raise
            self._engine = engine
            self._pointer = ffi.gc(pointer, lib.audiosocket_server_free)  # as that of a call
            self._user = engine.add(pointer, self)
            self._drained = None
            self._hung_up = 0
            self._refusing = False
            logger.debug("listening on %s, port %d", self._address, self.port)
        return self

    @property
    def port(self) -> int:
        """The port on which it listens."""
        handle = self._pointer
        return 0 if handle is None else int(lib.audiosocket_server_port(handle))

    @property
    def calls_in_progress(self) -> int:
        """Calls whose connection is open."""
        handle = self._pointer
        return 0 if handle is None else int(lib.audiosocket_server_calls(handle))

    def __aiter__(self) -> AsyncIterator[Call]:
        self.start()
        return self

    async def __anext__(self) -> Call:
        while not self._calls:
            if self._pointer is None or self._engine is None:
                raise StopAsyncIteration
            waiter = asyncio.get_running_loop().create_future()
            self._waiters.add(waiter)
            self._engine.keep(waiter, self)
            try:
                await waiter
            finally:
                self._engine.release(waiter)
                self._waiters.discard(waiter)
        return self._calls.popleft()

    async def run(self, handler: Callable[[Call], Awaitable[None]], drain: float | None = None) -> None:
        """Answers each call with a task of its own, until it is cancelled. Then drains, for at most `drain` seconds.

        The call is hung up when its handler returns. An exception ends its own call, and is logged. A handler that uses
        its call after the end gets CallEnded, which is not logged. Calls that arrive during the drain are hung up. A
        second cancellation ends the drain.
        """
        try:
            async for call in self:
                task = asyncio.create_task(self._handle(handler, call))
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)
        finally:
            try:
                self._refuse()
                await self.drain(drain)
            finally:
                tasks = list(self._tasks)
                for task in tasks:
                    task.cancel()
                try:
                    await asyncio.gather(*tasks, return_exceptions=True)
                finally:
                    self.close()

    def _refuse(self) -> None:
        """Hangs up calls that have no handler, and those that come from now on."""
        self._refusing = True
        while self._calls:
            self._calls.popleft().close()

    @staticmethod
    async def _handle(handler: Callable[[Call], Awaitable[None]], call: Call) -> None:
        async with call:
            number = call.id  # the handler may close the call
            try:
                await handler(call)
            except CallEnded:
                pass
            except Exception:
                logger.exception("the handler of call %s failed", number)

    async def drain(self, timeout: float | None = None) -> int:
        """Accepts no more connections, waits until all calls have ended, and returns how many it had to hang up.

        After `timeout` seconds it hangs up those that are left. None waits without end. While it waits, another task
        may call it with a shorter time. It returns when the server is closed.
        """
        milliseconds = native.milliseconds_of(timeout)
        handle = self._pointer
        if handle is None or self._engine is None:
            return 0
        first = self._drained is None
        if self._drained is None:
            native.check(lib.audiosocket_server_drain(handle, milliseconds))
            self._drained = asyncio.get_running_loop().create_future()
        del handle
        drained = self._drained
        wait = asyncio.shield(drained)
        self._engine.keep(wait, self)
        try:
            if not first and milliseconds >= 0:
                await asyncio.wait([wait], timeout=milliseconds / 1000)
                if not drained.done():
                    self._hang_up_all()
            return await wait
        finally:
            self._engine.release(wait)

    def _hang_up_all(self) -> None:
        for call in list(self._taken):
            handle = call._pointer
            if handle is not None and lib.audiosocket_call_hang_up(handle) == native.OK:
                self._hung_up += 1

    def close(self) -> None:
        """Closes the server. Calls that were taken go on; others are hung up."""
        if self._pointer is None or self._engine is None:
            return
        self._engine.remove(self._pointer)
        self._pointer = None
        self._calls.clear()
        self._engine.closed(self._user)
        if self._engine.has_loop():
            self._wake()
            self._resolve_drain(0)

    async def __aenter__(self) -> Server:
        return self.start()

    async def __aexit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __del__(self) -> None:
        if getattr(self, "_pointer", None) is not None and self._engine is not None:
            self._pointer = None
            self._engine.dropped(self._user)

    def _abandon(self) -> None:
        native.unowned(self._pointer)
        self._pointer = None

    def _wake(self) -> None:
        for waiter in self._waiters:
            if not waiter.done():
                waiter.set_result(None)

    def _resolve_drain(self, hung_up: int) -> None:
        if self._drained is not None and not self._drained.done():
            self._drained.set_result(hung_up + self._hung_up)

    def _on_event(self, event: Any) -> None:
        if event.type == native.EVENT_CALL and self._engine is not None:
            call = Call(self._engine, event.call)
            if self._refusing:
                call.close()
                return
            self._taken.add(call)
            self._calls.append(call)
            self._wake()
        elif event.type == native.EVENT_DRAINED:
            self._resolve_drain(int(event.hung_up))


def serve(address: str = "0.0.0.0:9092", **options: object) -> Server:
    """Returns a server for HOST:PORT. Port 0 takes a free port, which `port` says.

    `options` are those of the C interface (audiosocket_options_set): calls_max=2000, receive_queue=0.5, input="ulaw",
    allow=["10.0.0.0/8"], and so on. A float is a time in seconds.
    """
    return Server(address, options)


async def connect(address: str, call_id: uuid.UUID | str | None = None, **options: object) -> Call:
    """Calls a server as Asterisk does, and returns the call once it is connected. Raises CallFailed.

    `call_id` is random if it is not given. `options` as in `serve`; connect_timeout is 5 seconds by default.
    """
    engine = Engine.of_running_loop()
    try:
        pointer = engine.make(
            lib.audiosocket_connect,
            address.encode(),
            ffi.NULL if call_id is None else str(call_id).encode(),
            native.options_of(options),
        )
    except BaseException:
        engine.close_if_unused()
        raise
    call = Call(engine, pointer)
    call._connected = connected = asyncio.get_running_loop().create_future()
    engine.keep(connected, call)
    try:
        await connected
    except BaseException:
        call.close()
        raise
    finally:
        engine.release(connected)
    return call
