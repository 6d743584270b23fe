# SPDX-License-Identifier: Apache-2.0
"""AudioSocket: Asterisk calls in Python whose audio does not stutter.

    import asyncio
    from audiosocket_cpp import serve

    async def answer(call):
        await call.play("welcome.wav")
        digit = await call.read_digits(1)
        print(call.id, "pressed", digit)

    asyncio.run(serve("0.0.0.0:9092").run(answer))

A thread of the library sends a frame every 20 ms. It never needs the interpreter lock, so audio keeps its pace while
Python is busy.
"""

from ._call import Call
from ._errors import (
    AudioSocketError,
    BadArgument,
    BadSoundFile,
    CallEnded,
    CallFailed,
    QueueFull,
    SystemFailure,
)
from ._events import Digit, Ended, EndReason, Event, PlayResult, Recorded, Statistics
from ._native import lib as _lib
from ._native import text_of as _text_of
from ._server import Server, connect, serve
from ._sound import Clip

__version__: str = _text_of(_lib.audiosocket_version())

__all__ = [
    "AudioSocketError",
    "BadArgument",
    "BadSoundFile",
    "Call",
    "CallEnded",
    "CallFailed",
    "Clip",
    "Digit",
    "Ended",
    "EndReason",
    "Event",
    "PlayResult",
    "QueueFull",
    "Recorded",
    "Server",
    "Statistics",
    "SystemFailure",
    "connect",
    "serve",
]
