# SPDX-License-Identifier: Apache-2.0
"""What the tests of the Python package share."""

import array
import asyncio
import contextlib
import logging

from audiosocket_cpp import connect, serve


@contextlib.asynccontextmanager
async def in_a_call(**options):
    """Gives both ends of a call on loopback: the server's and the caller's."""
    async with serve("127.0.0.1:0", **options) as server:
        caller = await connect(f"127.0.0.1:{server.port}")
        async with caller, await anext(aiter(server)) as callee:
            yield callee, caller


def run(test):
    """Makes a test of a coroutine function: it runs in an event loop of its own, for a minute at most."""

    def in_a_loop():
        asyncio.run(asyncio.wait_for(test(), 60))

    in_a_loop.__name__ = test.__name__
    return in_a_loop


def tone(ms, rate=8000):
    return array.array("h", [4000, -4000] * (rate * ms // 2000))


async def heard(call, samples):
    """Reads until this many samples came that are not silence."""
    count = 0
    async for piece in call.audio():
        count += sum(1 for sample in piece if sample)
        if count >= samples:
            return count
    return count


class Spy:
    """The library of the package with some of its functions replaced."""

    def __init__(self, library, **functions):
        self.library = library
        self.__dict__.update(functions)

    def __getattr__(self, name):
        return getattr(self.library, name)


@contextlib.contextmanager
def replaced(module, **functions):
    """Replaces functions of the library in a module of the package."""
    library = module.lib
    module.lib = Spy(library, **functions)
    try:
        yield library
    finally:
        module.lib = library


@contextlib.contextmanager
def logged():
    """Gives the list of the texts that the package logs."""
    texts = []
    handler = logging.Handler()
    handler.emit = lambda record: texts.append(record.getMessage())
    logger = logging.getLogger("audiosocket_cpp")
    logger.addHandler(handler)
    try:
        yield texts
    finally:
        logger.removeHandler(handler)
