# SPDX-License-Identifier: Apache-2.0
"""What the tests of the Python package share."""

import asyncio
import contextlib

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
