# SPDX-License-Identifier: Apache-2.0
"""Who keeps calls, servers and engines, on which threads they go, and what a fork leaves."""

import asyncio
import gc
import subprocess
import sys
import threading

import pytest
from audiosocket_cpp import CallEnded, Digit, EndReason, connect, serve
from audiosocket_cpp import _call as call_module
from audiosocket_cpp import _engine as engine_module
from audiosocket_cpp import _native as native
from conftest import in_a_call, replaced, run, tone


async def answered(answer):
    """Answers one call with a task that nothing keeps, collects garbage meanwhile, and returns how the call ended."""
    async with serve("127.0.0.1:0") as server, await connect(f"127.0.0.1:{server.port}") as caller:
        asyncio.create_task(answer(await anext(server)))
        await asyncio.sleep(0)
        gc.collect()
        caller.send_dtmf("42")
        return await caller.wait_ended()


@run
async def test_task_that_waits_keeps_its_call():
    results = []

    async def read(call):
        results.append(await call.read_digits(2))

    async def play(call):
        results.append((await call.play(tone(200), 8000)).sent_ms)

    async def stream(call):
        results.append((await call.play([tone(100), tone(100)], 8000)).sent_ms)

    async def hear(call):
        async for piece in call.audio():
            results.append(len(piece))
            break

    for answer, result in ((read, "42"), (play, 200), (stream, 200), (hear, 160)):
        assert (await answered(answer)).reason == EndReason.PEER_HUNG_UP
        assert results.pop() == result and not results


@run
async def test_task_that_waits_keeps_its_server():
    async def start():
        server = serve("127.0.0.1:0").start()

        async def answer(call):
            await call.read_digits(1)
            server.close()  # which ends `run`

        asyncio.create_task(server.run(answer))
        return server.port

    port = await start()
    await asyncio.sleep(0)
    gc.collect()
    async with await connect(f"127.0.0.1:{port}") as caller:
        gc.collect()
        caller.send_dtmf("1")
        assert (await caller.wait_ended()).reason == EndReason.PEER_HUNG_UP


@run
async def test_call_that_nothing_waits_for_any_more_is_hung_up():
    async with serve("127.0.0.1:0") as server, await connect(f"127.0.0.1:{server.port}") as caller:
        callee = await anext(server)
        with pytest.raises(TimeoutError):
            await callee.next_event(timeout=0.001)
        waiting = asyncio.create_task(callee.play(tone(60_000), 8000))
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        del callee, waiting
        assert (await caller.wait_ended()).reason == EndReason.PEER_HUNG_UP


@run
async def test_engine_is_not_freed_while_its_events_are_taken():
    freed = threading.Event()
    seen = []
    async with in_a_call() as (callee, caller):
        engine = callee._engine
        freeing = threading.Thread(target=engine._free)

        def take(pointer, events, count):
            if not freeing.ident:
                freeing.start()
                seen.append(freed.wait(0.3))
            return library.audiosocket_engine_take(pointer, events, count)

        def free(pointer):
            freed.set()
            library.audiosocket_engine_free(pointer)

        with replaced(engine_module, audiosocket_engine_take=take, audiosocket_engine_free=free) as library:
            caller.send_dtmf("1")
            while not seen:
                await asyncio.sleep(0.001)
            await asyncio.to_thread(freeing.join)
    assert seen == [False] and freed.is_set()


def drop_on_another_thread(kept):
    thread = threading.Thread(target=kept.clear)
    thread.start()
    thread.join()


@run
async def test_address_that_is_used_again_keeps_its_new_call():
    class Other:
        def _on_event(self, event):
            pass

    other = Other()
    users = []

    def free(pointer):
        real.audiosocket_call_free(pointer)
        users.append(engine.add(pointer, other))

    async with serve("127.0.0.1:0") as server:
        with replaced(call_module, audiosocket_call_free=free) as real:
            caller = await connect(f"127.0.0.1:{server.port}")
            engine = caller._engine
            kept = [caller]
            del caller
            drop_on_another_thread(kept)
            await asyncio.sleep(0)
            assert other in list(engine._receivers.values())
        engine.closed(users[0])


@run
async def test_engine_whose_last_call_goes_on_another_thread_leaves_the_loop_on_its_own():
    loop = asyncio.get_running_loop()
    threads = []
    gone = asyncio.Event()
    remove_reader = loop.remove_reader

    def spied(descriptor):
        threads.append(threading.get_ident())
        loop.call_soon_threadsafe(gone.set)
        return remove_reader(descriptor)

    server = serve("127.0.0.1:0").start()
    caller = await connect(f"127.0.0.1:{server.port}")
    kept = [caller, server]
    del caller, server
    loop.remove_reader = spied
    try:
        drop_on_another_thread(kept)
        await gone.wait()
    finally:
        del loop.remove_reader
    assert threads == [threading.get_ident()]


@run
async def test_destructors_start_no_thread():
    server = serve("127.0.0.1:0").start()
    caller = await connect(f"127.0.0.1:{server.port}")
    engine = caller._engine
    started = []
    start = threading.Thread.start
    threading.Thread.start = lambda thread: (started.append(thread), start(thread))
    try:
        del caller, server
        while engine_module.Engine._of_loops.get(asyncio.get_running_loop()) is engine:
            await asyncio.sleep(0)
    finally:
        threading.Thread.start = start
    assert started == []


@run
async def test_call_is_not_freed_while_another_thread_is_in_a_function_of_it():
    order = []
    inside, go = threading.Event(), threading.Event()

    def queued_ms(handle):
        inside.set()
        go.wait(60)
        order.append("used")
        return real.audiosocket_call_queued_ms(handle)

    def free(pointer):
        order.append("freed")
        real.audiosocket_call_free(pointer)

    async with serve("127.0.0.1:0") as server:
        with replaced(call_module, audiosocket_call_free=free, audiosocket_call_queued_ms=queued_ms) as real:
            caller = await connect(f"127.0.0.1:{server.port}")
            using = threading.Thread(target=lambda: caller.queued_ms)
            using.start()
            await asyncio.to_thread(inside.wait)
            caller.close()
            go.set()
            await asyncio.to_thread(using.join)
            assert order == ["used", "freed"]
            with pytest.raises(CallEnded):
                caller.queue(tone(20), 8000)


def test_call_is_closed_after_its_loop():
    loop = asyncio.new_event_loop()

    async def start():
        server = serve("127.0.0.1:0").start()
        caller = await connect(f"127.0.0.1:{server.port}")
        waits = [asyncio.create_task(caller.wait_ended()), asyncio.create_task(server.drain())]
        await asyncio.sleep(0)
        return server, caller, waits

    server, caller, waits = loop.run_until_complete(start())
    for wait in waits:
        wait._log_destroy_pending = False
    loop.close()
    engine = caller._engine
    caller.close()
    server.close()
    assert caller.ended is not None
    engine._closer.join(60)
    assert engine not in engine_module.Engine._alive


@run
async def test_event_whose_receiver_fails_takes_no_other_with_it():
    async with in_a_call() as (callee, caller):

        def broken(_event):
            raise ValueError("a fault")

        callee._on_event = broken

        def take(_engine, events, _count):
            for i, call in enumerate((callee, caller)):
                events[i].type = native.EVENT_DTMF
                events[i].server = native.ffi.NULL
                events[i].call = call._pointer
                events[i].digit = b"7"
                events[i].position = 0
            return 2

        with replaced(engine_module, audiosocket_engine_take=take):
            callee._engine._on_readable()
        assert await caller.next_event() == Digit("7", 0)


@run
async def test_call_of_a_server_that_is_closed_is_freed():
    freed = []

    def take(_engine, events, _count):
        events[0].type = native.EVENT_CALL
        events[0].server = native.ffi.cast("audiosocket_server*", 16)
        events[0].call = native.ffi.cast("audiosocket_call*", 32)
        return 1

    async with in_a_call() as (callee, _):
        spies = {"audiosocket_engine_take": take, "audiosocket_call_free": freed.append}
        with replaced(engine_module, **spies):
            callee._engine._on_readable()
    assert freed == [native.ffi.cast("audiosocket_call*", 32)]


FORK = """
import gc, os, signal, sys
from audiosocket_cpp import CallEnded
from audiosocket_cpp.sync import connect, serve

def call():
    server = serve("127.0.0.1:0")
    caller = connect(f"127.0.0.1:{server.port}")
    return server, caller, next(server)

server, caller, callee = call()
child = os.fork()
if child == 0:
    signal.alarm(60)
    try:
        callee.queue(bytes(320), 8000)
        sys.exit("a call of the parent may be used")
    except CallEnded:
        pass
    del server, caller, callee
    gc.collect()
    server, caller, callee = call()
    assert callee.play(bytes(320), 8000).completed
    sys.exit(0)
assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
assert callee.play(bytes(320), 8000).completed
assert callee.ended is None and caller.ended is None
"""


def test_child_of_a_fork_has_its_own_calls_and_leaves_those_of_its_parent():
    assert subprocess.run([sys.executable, "-W", "ignore", "-c", FORK], timeout=120).returncode == 0
