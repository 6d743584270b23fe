# SPDX-License-Identifier: Apache-2.0
"""Servers, and the calling side."""

from __future__ import annotations

import asyncio
import collections
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from types import TracebackType
from typing import Any

from . import _native as native
from ._call import Call, logger
from ._engine import Engine
from ._errors import CallEnded
from ._native import ffi, lib, made


class Server:
    """A server that listens: an asynchronous iterator of calls. Make it with `serve`."""

    def __init__(self, address: str, options: dict[str, object]) -> None:
        self._address = address
        self._options = options
        self._engine: Engine | None = None
        self._pointer: Any = None
        self._calls: collections.deque[Call] = collections.deque()
        self._waiter: asyncio.Future[None] | None = None
        self._drained: asyncio.Future[int] | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self) -> Server:
        """Listens from now on. Iterating and `async with` do it by themselves. Raises SystemFailure or BadArgument."""
        if self._pointer is None:
            engine = Engine.of_running_loop()
            try:
                self._pointer = made(
                    lib.audiosocket_server_new,
                    engine.pointer,
                    self._address.encode(),
                    native.options_of(self._options),
                )
            except BaseException:
                engine.close_if_unused()
                raise
            self._engine = engine
            engine.add(self._pointer, self)
            logger.debug("listening on %s, port %d", self._address, self.port)
        return self

    @property
    def port(self) -> int:
        """The port on which it listens."""
        return int(lib.audiosocket_server_port(self._pointer)) if self._pointer else 0

    @property
    def calls_in_progress(self) -> int:
        """Calls whose connection is open."""
        return int(lib.audiosocket_server_calls(self._pointer)) if self._pointer else 0

    def __aiter__(self) -> AsyncIterator[Call]:
        self.start()
        return self

    async def __anext__(self) -> Call:
        while not self._calls:
            if self._pointer is None:
                raise StopAsyncIteration
            self._waiter = asyncio.get_running_loop().create_future()
            try:
                await self._waiter
            finally:
                self._waiter = None
        return self._calls.popleft()

    async def run(self, handler: Callable[[Call], Awaitable[None]], drain: float | None = None) -> None:
        """Answers each call with a task of its own, until it is cancelled. Then drains, for at most `drain` seconds.

        The call is hung up when its handler returns. An exception ends its own call, and is logged. A handler that uses
        its call after the end gets CallEnded, which is not logged.
        """
        try:
            async for call in self:
                task = asyncio.create_task(self._handle(handler, call))
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)
        finally:
            await self.drain(drain)
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)
            self.close()

    @staticmethod
    async def _handle(handler: Callable[[Call], Awaitable[None]], call: Call) -> None:
        async with call:
            try:
                await handler(call)
            except CallEnded:
                pass
            except Exception:
                logger.exception("the handler of call %s failed", call.id)

    async def drain(self, timeout: float | None = None) -> int:
        """Accepts no more connections, waits until all calls have ended, and returns how many it had to hang up.

        After `timeout` seconds it hangs up those that are left. None waits without end.
        """
        if self._pointer is None:
            return 0
        if self._drained is None:
            self._drained = asyncio.get_running_loop().create_future()
            native.check(
                lib.audiosocket_server_drain(self._pointer, -1 if timeout is None else round(timeout * 1000))
            )
        return await asyncio.shield(self._drained)

    def close(self) -> None:
        """Closes the server. Calls that were taken go on; others are hung up."""
        if self._pointer is None or self._engine is None:
            return
        pointer, self._pointer = self._pointer, None
        lib.audiosocket_server_free(pointer)
        self._calls.clear()
        self._wake()
        self._engine.remove(pointer)

    async def __aenter__(self) -> Server:
        return self.start()

    async def __aexit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __del__(self) -> None:
        self.close()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def _on_event(self, event: Any) -> None:
        if event.type == native.EVENT_CALL and self._engine is not None:
            self._calls.append(Call(self._engine, event.call))
            self._wake()
        elif event.type == native.EVENT_DRAINED and self._drained is not None and not self._drained.done():
            self._drained.set_result(int(event.hung_up))


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
        pointer = made(
            lib.audiosocket_connect,
            engine.pointer,
            address.encode(),
            ffi.NULL if call_id is None else str(call_id).encode(),
            native.options_of(options),
        )
    except BaseException:
        engine.close_if_unused()
        raise
    call = Call(engine, pointer)
    call._connected = asyncio.get_running_loop().create_future()
    try:
        await call._connected
    except BaseException:
        call.close()
        raise
    return call
