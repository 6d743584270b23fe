# SPDX-License-Identifier: Apache-2.0
"""The threads that pace the calls, and the way of their events into the event loop.

One engine a loop, made with its first server or call and freed with its last one. Its threads never run Python code:
frames keep their pace whatever the interpreter does. One wake-up of the loop takes the events of all calls.

Who keeps what: the engine knows calls and servers weakly, because an application that drops a call hangs it up. While a
task waits for a call, the engine keeps the call: a future of the call is all that keeps such a task.

Threads: all but `dropped` belongs to the thread of the loop. A destructor may run on any thread, in any function that
allocates. So it takes no lock and starts no thread.
"""

from __future__ import annotations

import asyncio
import atexit
import itertools
import logging
import os
import queue
import threading
import weakref
from typing import Any, Protocol

from ._native import EVENT_CALL, address_of, ffi, lib, made

logger = logging.getLogger("audiosocket_cpp")

# Events that one call into the library takes. A thousand calls have 50 a millisecond at most.
_BATCH = 256


class Receiver(Protocol):
    """What gets events: a server or a call."""

    def _on_event(self, event: Any) -> None: ...

    def _abandon(self) -> None: ...


class Engine:
    """An engine of the C interface whose events arrive in one event loop."""

    _of_loops: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, Engine] = weakref.WeakKeyDictionary()
    _alive: set[Engine] = set()
    _numbers = itertools.count()

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = weakref.ref(loop)
        self._lock = threading.Lock()  # of the pointer: the thread that frees it is not that of the loop
        self._pointer: Any = None
        # Frees wait for calls that are being hung up, so not on the thread of the loop. The thread is started here,
        # because a destructor must not start threads.
        self._unused: queue.SimpleQueue[None] = queue.SimpleQueue()
        self._closer = threading.Thread(target=self._free_when_unused, name="audiosocket-close", daemon=True)
        self._closer.start()
        try:
            self._pointer = made(lib.audiosocket_engine_new, 1)
        except BaseException:
            self._unused.put(None)
            raise
        self._events = ffi.new("audiosocket_event[]", _BATCH)
        self._descriptor = lib.audiosocket_engine_descriptor(self._pointer)
        self._receivers: weakref.WeakValueDictionary[int, Receiver] = weakref.WeakValueDictionary()
        self._waits: dict[asyncio.Future[Any], Receiver] = {}
        self._users: set[int] = set()
        self._closing = False
        loop.add_reader(self._descriptor, self._on_readable)
        Engine._alive.add(self)

    @classmethod
    def of_running_loop(cls) -> Engine:
        """Returns the engine of the loop that runs. Makes it where there is none."""
        loop = asyncio.get_running_loop()
        engine = cls._of_loops.get(loop)
        if engine is None:
            cls._close_those_of_closed_loops()
            engine = cls._of_loops[loop] = cls(loop)
        return engine

    @classmethod
    def _close_those_of_closed_loops(cls) -> None:
        for engine in list(cls._alive):
            if not engine.has_loop():
                engine._waits.clear()
                engine.close_if_unused()

    def has_loop(self) -> bool:
        """Whether futures can still be resolved."""
        loop = self._loop()
        return loop is not None and not loop.is_closed()

    def make(self, function: Any, *arguments: Any) -> Any:
        """Makes a server or a call of this engine. Raises what `made` raises."""
        with self._lock:
            if self._pointer is None:
                raise RuntimeError("the interpreter is ending: there are no calls any more")
            return made(function, self._pointer, *arguments)

    def add(self, pointer: Any, receiver: Receiver) -> int:
        """Adds what gets the events of a call or a server. Returns the number of this user, for `dropped`."""
        self._receivers[address_of(pointer)] = receiver
        user = next(self._numbers)
        self._users.add(user)
        return user

    def remove(self, pointer: Any) -> None:
        """Gives it no more events. Comes before the pointer is freed: another object may get its address."""
        self._receivers.pop(address_of(pointer), None)

    def closed(self, user: int) -> None:
        """A call or a server was closed. The engine goes with the last one."""
        self._users.discard(user)
        self.close_if_unused()

    def dropped(self, user: int) -> None:
        """The same for any thread, and for destructors."""
        self._users.discard(user)
        loop = self._loop()
        if self._users or self._closing:
            return
        try:
            if loop is not None:
                loop.call_soon_threadsafe(self.close_if_unused)
                return
        except RuntimeError:  # the loop is closed
            pass
        self.close_if_unused()

    def close_if_unused(self) -> None:
        """Ends the engine where it has no server and no call."""
        if self._users or self._closing:
            return
        self._closing = True
        loop = self._loop()
        if loop is not None:
            Engine._of_loops.pop(loop, None)
            if not loop.is_closed():
                loop.remove_reader(self._descriptor)
        self._unused.put(None)

    def keep(self, wait: asyncio.Future[Any], receiver: Receiver) -> None:
        """Keeps a receiver while a task waits for it."""
        self._waits[wait] = receiver

    def release(self, wait: asyncio.Future[Any]) -> None:
        """The wait is over."""
        self._waits.pop(wait, None)

    def _on_readable(self) -> None:
        with self._lock:
            if self._pointer is None:  # the interpreter is ending
                loop = self._loop()
                if loop is not None:
                    loop.remove_reader(self._descriptor)
                return
            count = lib.audiosocket_engine_take(self._pointer, self._events, _BATCH)
        for i in range(count):
            self._dispatch(self._events[i])
        # What is left makes the descriptor readable again. Meanwhile others have their turn.

    def _dispatch(self, event: Any) -> None:
        receiver = self._receivers.get(address_of(event.server or event.call))
        if receiver is None:
            if event.type == EVENT_CALL:  # the server was closed
                lib.audiosocket_call_free(event.call)
            return
        try:
            receiver._on_event(event)
        except Exception:
            logger.exception("an event of type %d was lost", event.type)

    def _free_when_unused(self) -> None:
        self._unused.get()
        self._free()
        Engine._alive.discard(self)

    def _free(self) -> None:
        with self._lock:
            pointer, self._pointer = self._pointer, None
        if pointer is not None:
            lib.audiosocket_engine_free(pointer)

    def _abandon(self) -> None:
        """Makes everything here harmless in a child after a fork, where nothing of it may be used or freed."""
        self._lock = threading.Lock()
        self._pointer = None
        self._closing = True
        for receiver in list(self._receivers.values()):
            receiver._abandon()


@atexit.register
def _free_engines() -> None:
    """Ends the threads before the process does, with calls in progress as well."""
    engines = list(Engine._alive)
    for engine in engines:
        engine._closing = True
        engine._unused.put(None)
    for engine in engines:
        engine._closer.join()


# Kept, because the tasks that their waits hold must not be ended in the child.
_abandoned: list[Engine] = []


def _after_fork_in_child() -> None:
    _abandoned.extend(Engine._alive)
    for engine in _abandoned:
        engine._abandon()
    Engine._alive.clear()
    Engine._of_loops.clear()


os.register_at_fork(after_in_child=_after_fork_in_child)
