"""An echo through AudioSocketTransport: its handshake, its reader, and its paced player. Arguments: PORT."""

import asyncio
import sys

from asterisk_ai_voice_agent.transport import AudioSocketTransport


async def answer(reader, writer):
    call = AudioSocketTransport(reader, writer)
    call_id = await call.handshake()
    if not call_id:
        await call.close()
        return
    print("call", call_id)
    heard = asyncio.Queue()

    async def utterance():
        while (pcm := await heard.get()) is not None:
            yield pcm

    playing = asyncio.create_task(call.play(utterance(), lambda: False))
    while (pcm := await call.read_audio()) is not None:
        if pcm:
            heard.put_nowait(pcm)
    heard.put_nowait(None)
    await asyncio.gather(playing, return_exceptions=True)
    await call.close()
    print("ended", call_id)


async def main():
    server = await asyncio.start_server(answer, "127.0.0.1", int(sys.argv[1]))
    print(f"listening 127.0.0.1:{sys.argv[1]}")
    await server.serve_forever()


asyncio.run(main())
