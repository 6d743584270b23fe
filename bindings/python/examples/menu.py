# SPDX-License-Identifier: Apache-2.0
"""Plays a sound, reads a digit, and records the caller.   menu.py SOUND_FILE [HOST:PORT]"""

import asyncio
import sys

from audiosocket_cpp import Call, Clip, serve


async def main() -> None:
    welcome = await Clip.load(sys.argv[1], rate=8000)

    async def answer(call: Call) -> None:
        call.record(f"{call.id}.wav")
        for _ in range(3):
            choice = await call.read_digits(1, prompt=welcome, timeout=5)  # the first digit stops the sound
            print(f"{call.id} pressed {choice or 'nothing'}", flush=True)
            if choice == "9":
                break
        await call.hang_up(when_played=True)

    server = serve(*sys.argv[2:3]).start()
    print(f"listening on port {server.port}", flush=True)
    await server.run(answer)


if __name__ == "__main__":
    try:
        asyncio.run(main())
    except KeyboardInterrupt:
        pass
