# SPDX-License-Identifier: Apache-2.0
"""Servers: who takes their calls, drains, and their end."""

import asyncio
import math
import types

import pytest
from audiosocket_cpp import BadArgument, EndReason, connect, serve
from audiosocket_cpp import _native as native
from audiosocket_cpp import _server as server_module
from conftest import logged, run


@run
async def test_several_tasks_take_the_calls_of_one_server():
    async with serve("127.0.0.1:0") as server:

        async def take():
            return await anext(server)

        tasks = [asyncio.create_task(take()) for _ in range(5)]
        await asyncio.sleep(0)
        callers = [await connect(f"127.0.0.1:{server.port}") for _ in range(2)]
        done = []
        while len(done) < len(callers):
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        assert {task.result().id for task in done} == {caller.id for caller in callers}
        server.close()
        rest = await asyncio.gather(*(task for task in tasks if task not in done), return_exceptions=True)
        assert [type(one) for one in rest] == [StopAsyncIteration] * 3


@run
async def test_drain_ends_when_the_server_is_closed():
    async with serve("127.0.0.1:0") as server, await connect(f"127.0.0.1:{server.port}"):
        async with await anext(aiter(server)):
            draining = asyncio.create_task(server.drain())
            await asyncio.sleep(0)
            server.close()
            assert await draining == 0


@run
async def test_second_drain_has_its_own_timeout():
    async with serve("127.0.0.1:0") as server, await connect(f"127.0.0.1:{server.port}") as caller:
        async with await anext(aiter(server)):
            draining = asyncio.create_task(server.drain())
            await asyncio.sleep(0)
            assert await server.drain(0) == 1
            assert await draining == 1
            assert (await caller.wait_ended()).reason == EndReason.PEER_HUNG_UP


@run
async def test_drain_takes_any_time_that_is_one():
    async with serve("127.0.0.1:0") as server:
        for timeout in (-1, math.nan):
            with pytest.raises(BadArgument, match="from 0 seconds"):
                await server.drain(timeout)
        assert await server.drain(math.inf) == 0
    async with serve("127.0.0.1:0") as server:
        assert await server.drain(1e300) == 0


class Serving:
    """A server whose handler of one call waits for ever, and which is being drained."""

    async def __aenter__(self):
        self.server = serve("127.0.0.1:0").start()
        self.handling = asyncio.Event()
        self.serving = asyncio.create_task(self.server.run(self.answer))
        self.caller = await connect(f"127.0.0.1:{self.server.port}")
        await self.handling.wait()
        self.serving.cancel()
        while self.server._drained is None:
            await asyncio.sleep(0)
        return self

    async def answer(self, call):
        self.handling.set()
        await asyncio.Event().wait()

    async def __aexit__(self, *_):
        self.caller.close()
        await asyncio.gather(self.serving, return_exceptions=True)


@run
async def test_second_cancellation_of_run_closes_the_server():
    async with Serving() as scene:
        scene.serving.cancel()
        with pytest.raises(asyncio.CancelledError):
            await scene.serving
        assert scene.server.port == 0
        assert (await scene.caller.wait_ended()).reason == EndReason.PEER_HUNG_UP


@run
async def test_run_hangs_up_calls_that_arrive_while_it_drains():
    closed = []

    class LateCall:
        def __init__(self, _engine, pointer):
            self.pointer = pointer

        def close(self):
            closed.append(self.pointer)

    async with Serving() as scene:
        real, server_module.Call = server_module.Call, LateCall
        try:
            scene.server._on_event(types.SimpleNamespace(type=native.EVENT_CALL, call="late"))
        finally:
            server_module.Call = real
    assert closed == ["late"]


@run
async def test_run_hangs_up_calls_that_wait_when_it_ends():
    server = serve("127.0.0.1:0").start()
    async with await connect(f"127.0.0.1:{server.port}") as caller:
        waiting = [await anext(server)]
        serving = asyncio.create_task(server.run(print))
        await asyncio.sleep(0)
        serving.cancel()
        server._calls.append(waiting.pop())
        with pytest.raises(asyncio.CancelledError):
            await serving
        assert (await caller.wait_ended()).reason == EndReason.PEER_HUNG_UP


@run
async def test_failure_of_a_handler_that_closed_its_call_is_logged():
    async def answer(call):
        call.close()
        raise ValueError("after the close")

    with logged() as texts:
        server = serve("127.0.0.1:0").start()
        serving = asyncio.create_task(server.run(answer))
        async with await connect(f"127.0.0.1:{server.port}") as caller:
            number = caller.id
            await caller.wait_ended()
        serving.cancel()
        await asyncio.gather(serving, return_exceptions=True)
    assert f"the handler of call {number} failed" in texts
