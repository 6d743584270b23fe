# SPDX-License-Identifier: Apache-2.0
"""Calls a server many times at once, as Asterisk does, and says how late its audio was.   load.py HOST:PORT CALLS"""

import asyncio
import sys

from audiosocket_cpp import AudioSocketError, Statistics, connect


async def one_call(address: str) -> Statistics | AudioSocketError:
    try:
        async with await connect(address) as call:
            await call.play(bytes(16_000 * 3), rate=8000)  # three seconds of silence
            return call.statistics()
    except AudioSocketError as failure:
        return failure


async def main(address: str, calls: str) -> None:
    results = await asyncio.gather(*(one_call(address) for _ in range(int(calls))))
    failed = [one for one in results if isinstance(one, AudioSocketError)]
    good = [one for one in results if not isinstance(one, AudioSocketError)]
    print(f"{len(good)} calls, {len(failed)} failed{': ' + str(failed[0]) if failed else ''}")
    if good:
        jitter = sorted(one.arrival_jitter_us for one in good)
        print(f"jitter of the server's audio: median {jitter[len(good) // 2]} us, worst {jitter[-1]} us")
        print(f"frames received: {sum(one.frames_received for one in good)}")


asyncio.run(main(*sys.argv[1:3]))
