# SPDX-License-Identifier: Apache-2.0
"""A bot on Pipecat with its telephony transport, as in its guides. It sends back what it hears.

Key 1: a long speech. Key 5: an interruption, and then a short answer. Key 9: a goodbye, and then the end: the framework
sends what is left and hangs up by Twilio's REST interface. Key 0: the end at once.
The call's parameter "admin" is the base address of that interface.
"""
import array
import asyncio
import socket
import sys

import uvicorn
from fastapi import FastAPI, WebSocket
from loguru import logger
from pipecat.frames.frames import (EndWorkerFrame, CancelWorkerFrame, InputAudioRawFrame, InputDTMFFrame,
                                   InterruptionFrame, OutputAudioRawFrame)
from pipecat.pipeline.pipeline import Pipeline
from pipecat.pipeline.runner import WorkerRunner
from pipecat.pipeline.worker import PipelineParams, PipelineWorker
from pipecat.processors.frame_processor import FrameDirection, FrameProcessor
from pipecat.runner.utils import parse_telephony_websocket
from pipecat.serializers.twilio import TwilioFrameSerializer
from pipecat.transports.websocket.fastapi import FastAPIWebsocketParams, FastAPIWebsocketTransport

from speeches import ANSWER, GOODBYE, SPEECH

RATE_HZ = 8000

app = FastAPI()


def audio(samples):
    return OutputAudioRawFrame(audio=array.array("h", samples).tobytes(), sample_rate=RATE_HZ, num_channels=1)


class Parrot(FrameProcessor):
    async def process_frame(self, frame, direction):
        await super().process_frame(frame, direction)
        if isinstance(frame, InputAudioRawFrame):
            if any(frame.audio):
                await self.push_frame(OutputAudioRawFrame(audio=frame.audio, sample_rate=frame.sample_rate,
                                                          num_channels=1))
        elif isinstance(frame, InputDTMFFrame):
            print("key", frame.button.value)
            await self.press(frame.button.value)
        else:
            if isinstance(frame, InterruptionFrame):
                print("interruption")
            await self.push_frame(frame, direction)

    async def press(self, key):
        if key == "1":
            await self.push_frame(audio(SPEECH))
        elif key == "5":
            await self.broadcast_interruption()
            await self.push_frame(audio(ANSWER))
        elif key == "9":
            await self.push_frame(audio(GOODBYE))
            await self.push_frame(EndWorkerFrame(), FrameDirection.UPSTREAM)
        elif key == "0":
            await self.push_frame(CancelWorkerFrame(), FrameDirection.UPSTREAM)


@app.websocket("/ws")
async def call(websocket: WebSocket):
    await websocket.accept()
    kind, data = await parse_telephony_websocket(websocket)
    print("call", kind, data["call_id"], data.get("from"), data.get("to"))
    serializer = TwilioFrameSerializer(
        stream_sid=data["stream_id"], call_sid=data["call_id"], account_sid="AC1", auth_token="secret",
        base_url=data["body"].get("admin"))
    transport = FastAPIWebsocketTransport(websocket=websocket, params=FastAPIWebsocketParams(
        audio_in_enabled=True, audio_out_enabled=True, add_wav_header=False, serializer=serializer))
    worker = PipelineWorker(
        Pipeline([transport.input(), Parrot(), transport.output()]), idle_timeout_secs=None,
        params=PipelineParams(audio_in_sample_rate=RATE_HZ, audio_out_sample_rate=RATE_HZ))

    @transport.event_handler("on_client_disconnected")
    async def on_client_disconnected(_transport, _client):
        print("disconnected")
        await worker.cancel()

    runner = WorkerRunner(handle_sigint=False)
    await runner.add_workers(worker)
    await runner.run()
    print("call over")


async def main():
    logger.remove()
    logger.add(sys.stdout, level="INFO")
    listener = socket.create_server(("127.0.0.1", 0))
    print("listening on port", listener.getsockname()[1])
    await uvicorn.Server(uvicorn.Config(app, log_level="warning")).serve(sockets=[listener])


if __name__ == "__main__":
    asyncio.run(main())
