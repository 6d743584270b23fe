# SPDX-License-Identifier: Apache-2.0
"""Calls leave nothing behind, and the interpreter ends with calls in progress."""

import array
import asyncio
import gc
import os
import subprocess
import sys
import tracemalloc

from audiosocket_cpp import connect, serve

# 10,000 in the measurement of a release; fewer show a leak of a few hundred bytes a call as well.
CALLS = int(os.environ.get("AUDIOSOCKET_TEST_CALLS", "2000"))


def resident_bytes():
    with open("/proc/self/statm", encoding="ascii") as figures:
        return int(figures.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


async def make_calls(count):
    sound = array.array("h", [1000] * 160)

    async def answer(call):
        await call.play(sound, 8000)

    async def call_once(port):
        async with await connect(f"127.0.0.1:{port}") as call:
            async for _ in call.audio():
                break
            await call.wait_ended()

    server = serve("127.0.0.1:0").start()
    serving = asyncio.create_task(server.run(answer))
    for _ in range(count // 50):
        await asyncio.gather(*(call_once(server.port) for _ in range(50)))
    serving.cancel()
    await asyncio.gather(serving, return_exceptions=True)


def test_calls_leave_no_memory_of_the_process():
    asyncio.run(make_calls(CALLS))  # what the first calls allocate once
    gc.collect()
    before = resident_bytes()
    asyncio.run(make_calls(CALLS))
    gc.collect()
    grown = resident_bytes() - before
    print(f"{CALLS} calls: {grown / 1024:.0f} KiB")
    assert grown < max(4 << 20, 300 * CALLS)


def test_calls_leave_no_python_objects():
    tracemalloc.start()
    try:
        asyncio.run(make_calls(200))
        gc.collect()
        before, _ = tracemalloc.get_traced_memory()
        asyncio.run(make_calls(CALLS))
        gc.collect()
        grown = tracemalloc.get_traced_memory()[0] - before
    finally:
        tracemalloc.stop()
    print(f"{CALLS} calls: {grown / 1024:.0f} KiB")
    assert grown < max(200_000, 50 * CALLS)


END_WITH_CALLS = """
import asyncio, threading
from audiosocket_cpp import connect, serve

async def main():
    server = serve("127.0.0.1:0").start()
    callers = [await connect(f"127.0.0.1:{server.port}") for _ in range(10)]
    callees = [await anext(aiter(server)) for _ in callers]
    KEEP.extend([server, *callers, *callees])
    for callee in callees:
        callee.queue(bytes(16000), 8000)

KEEP = []
"""


def end_of(script):
    return subprocess.run([sys.executable, "-X", "dev", "-c", END_WITH_CALLS + script], timeout=120).returncode


def test_interpreter_ends_with_calls_in_progress():
    assert end_of("asyncio.run(main())") == 0


def test_interpreter_ends_with_calls_in_progress_on_another_thread():
    assert end_of("t = threading.Thread(target=asyncio.run, args=(main(),)); t.start(); t.join()") == 0


def test_interpreter_ends_with_an_exception_while_calls_are_in_progress():
    assert end_of("asyncio.run(main()); raise SystemExit(3)") == 3


def test_interpreter_ends_with_loops_that_were_closed_one_after_another():
    assert end_of("for _ in range(5): asyncio.run(main())") == 0
