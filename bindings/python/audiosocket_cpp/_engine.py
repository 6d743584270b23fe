# SPDX-License-Identifier: Apache-2.0
"""The threads that pace the calls, and the way of their events into the event loop.

One engine a loop, made with its first server or call and freed with its last one. Its threads never run Python code:
frames keep their pace whatever the interpreter does. One wake-up of the loop takes the events of all calls.
"""

from __future__ import annotations

import asyncio
import atexit
import threading
import weakref
from typing import Any, Protocol

from ._native import ffi, lib, made

# Events that one call into the library takes. A thousand calls have 50 a millisecond at most.
_BATCH = 256


class Receiver(Protocol):
    """What gets events: a server or a call."""

    def _on_event(self, event: Any) -> None: ...


class Engine:
    """An engine of the C interface whose events arrive in one event loop."""

    _of_loops: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, Engine] = weakref.WeakKeyDictionary()
    _alive: set[Engine] = set()

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = weakref.ref(loop)
        self.pointer = made(lib.audiosocket_engine_new, 1)
        self._events = ffi.new("audiosocket_event[]", _BATCH)
        self._descriptor = lib.audiosocket_engine_descriptor(self.pointer)
        # Weak: an application that drops a call hangs it up.
        self._receivers: weakref.WeakValueDictionary[Any, Receiver] = weakref.WeakValueDictionary()
        self._users = 0
        loop.add_reader(self._descriptor, self._on_readable)
        Engine._alive.add(self)

    @classmethod
    def of_running_loop(cls) -> Engine:
        """Returns the engine of the loop that runs. Makes it where there is none."""
        loop = asyncio.get_running_loop()
        engine = cls._of_loops.get(loop)
        if engine is None:
            engine = cls._of_loops[loop] = cls(loop)
        return engine

    def add(self, pointer: Any, receiver: Receiver) -> None:
        """Adds what gets the events of a call or a server."""
        self._receivers[pointer] = receiver
        self._users += 1

    def remove(self, pointer: Any) -> None:
        """Removes it. The engine goes with the last one."""
        self._receivers.pop(pointer, None)
        self._users -= 1
        self.close_if_unused()

    def close_if_unused(self) -> None:
        """Ends the engine where it has no server and no call."""
        if self._users == 0:
            self._close()

    def _on_readable(self) -> None:
        count = lib.audiosocket_engine_take(self.pointer, self._events, _BATCH)
        for i in range(count):
            event = self._events[i]
            receiver = self._receivers.get(event.server) or self._receivers.get(event.call)
            if receiver is not None:
                receiver._on_event(event)
        # What is left makes the descriptor readable again. Meanwhile others have their turn.

    def _close(self) -> None:
        if self not in Engine._alive:  # the interpreter ends, and has freed it
            return
        loop = self._loop()
        if loop is not None:
            Engine._of_loops.pop(loop, None)
            if not loop.is_closed():
                loop.remove_reader(self._descriptor)
        # Waits for calls that are being hung up, so not on the thread of the loop.
        try:
            threading.Thread(target=self._free, name="audiosocket-close").start()
        except RuntimeError:  # the interpreter is ending, and starts no threads
            self._free()

    def _free(self) -> None:
        if self in Engine._alive:
            Engine._alive.discard(self)
            lib.audiosocket_engine_free(self.pointer)


@atexit.register
def _free_engines() -> None:
    """Ends the threads before the process does, with calls in progress as well."""
    for engine in list(Engine._alive):
        engine._free()
