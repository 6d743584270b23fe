# SPDX-License-Identifier: Apache-2.0
"""A bot of Pipecat on the transport of the package. Skipped without the package pipecat-ai."""

import array
import asyncio

import pytest

pytest.importorskip("pipecat", reason="pipecat-ai is not installed")
pytest.importorskip("pipecat.pipeline.worker", reason="pipecat-ai is older than 1.0")

from audiosocket_cpp import EndReason, connect, serve
from audiosocket_cpp.pipecat import AudioSocketParams, AudioSocketTransport
from conftest import run
from pipecat.frames.frames import (
    CancelWorkerFrame,
    EndWorkerFrame,
    InputAudioRawFrame,
    InputDTMFFrame,
    OutputAudioRawFrame,
)
from pipecat.pipeline.pipeline import Pipeline
from pipecat.pipeline.runner import WorkerRunner
from pipecat.pipeline.worker import PipelineParams, PipelineWorker
from pipecat.processors.frame_processor import FrameDirection, FrameProcessor

RATE = 8000
SPEECH = array.array("h", (1 + i % 30_000 for i in range(10 * RATE)))
# Pipecat sends pieces of 40 ms, and keeps a shorter rest for the next sound.
ANSWER = array.array("h", (-1 - i % 30_000 for i in range(12 * RATE // 25)))


def audio(samples):
    return OutputAudioRawFrame(audio=samples.tobytes(), sample_rate=RATE, num_channels=1)


class Bot(FrameProcessor):
    """Key 1: a long speech. 5: an interruption and an answer. 9: an answer and the end. 0: the end at once."""

    def __init__(self):
        super().__init__()
        self.heard = 0

    async def process_frame(self, frame, direction):
        await super().process_frame(frame, direction)
        if isinstance(frame, InputAudioRawFrame):
            self.heard += sum(1 for sample in memoryview(frame.audio).cast("h") if sample)
        elif isinstance(frame, InputDTMFFrame):
            await self.press(frame.button.value)
        else:
            await self.push_frame(frame, direction)

    async def press(self, key):
        if key == "1":
            await self.push_frame(audio(SPEECH))
        elif key == "5":
            await self.broadcast_interruption()
            await self.push_frame(audio(ANSWER))
        elif key == "9":
            await self.push_frame(audio(ANSWER))
            await self.push_frame(EndWorkerFrame(), FrameDirection.UPSTREAM)
        elif key == "0":
            await self.push_frame(CancelWorkerFrame(), FrameDirection.UPSTREAM)


class Scene:
    """A server whose calls are bots, and one caller."""

    async def __aenter__(self):
        self.bot = Bot()
        self.over = asyncio.Event()
        self.server = serve("127.0.0.1:0").start()
        self.serving = asyncio.create_task(self.server.run(self.answer))
        self.caller = await connect(f"127.0.0.1:{self.server.port}")
        self.samples = array.array("h")
        self.listening = asyncio.create_task(self.listen())
        return self

    async def __aexit__(self, *_):
        self.caller.close()
        await asyncio.wait_for(self.over.wait(), 30)
        self.serving.cancel()
        await asyncio.gather(self.serving, self.listening, return_exceptions=True)

    async def listen(self):
        async for piece in self.caller.audio(rate=RATE):
            self.samples.extend(sample for sample in piece if sample)

    async def heard(self, count):
        while len(self.samples) < count:
            await asyncio.sleep(0.01)

    async def answer(self, call):
        transport = AudioSocketTransport(call, AudioSocketParams())
        worker = PipelineWorker(
            Pipeline([transport.input(), self.bot, transport.output()]),
            idle_timeout_secs=None,
            params=PipelineParams(audio_in_sample_rate=RATE, audio_out_sample_rate=RATE),
        )

        @transport.event_handler("on_client_disconnected")
        async def on_client_disconnected(_transport, _call):
            await worker.cancel()

        runner = WorkerRunner(handle_sigint=False)
        await runner.add_workers(worker)
        await runner.run()
        self.over.set()


@run
async def test_caller_is_heard_and_hang_up_ends_the_pipeline():
    async with Scene() as scene:
        await scene.caller.play(array.array("h", [5] * RATE), RATE)
        while scene.bot.heard < RATE * 9 // 10:  # what came before the pipeline ran is not its
            await asyncio.sleep(0.01)


@run
async def test_interruption_stops_the_speech_within_a_frame():
    async with Scene() as scene:
        scene.caller.send_dtmf("1")
        await scene.heard(RATE)
        scene.caller.send_dtmf("5")
        while scene.samples[-len(ANSWER) :] != ANSWER:
            await asyncio.sleep(0.01)
        speech = scene.samples[: -len(ANSWER)]
        rest = speech[RATE:]
        assert speech[:RATE] == SPEECH[:RATE]
        assert all(sample > 0 for sample in rest) and len(rest) < 8 * RATE


@run
async def test_end_of_the_pipeline_plays_the_last_word_and_hangs_up():
    async with Scene() as scene:
        scene.caller.send_dtmf("9")
        end = await scene.caller.wait_ended()
        await scene.listening
        assert end.reason == EndReason.PEER_HUNG_UP
        assert scene.samples == ANSWER


@run
async def test_pipeline_that_is_cancelled_hangs_up_at_once():
    async with Scene() as scene:
        scene.caller.send_dtmf("1")
        await scene.heard(160)
        scene.caller.send_dtmf("0")
        assert (await scene.caller.wait_ended()).reason == EndReason.PEER_HUNG_UP
        assert len(scene.samples) < len(SPEECH)


@run
async def test_write_that_a_pause_holds_up_does_not_end_the_bot():
    # Pipecat writes the peer off after this time. The test of a write that lasts longer would take that long.
    assert AudioSocketParams().audio_out_write_timeout_secs >= 3600
    async with serve("127.0.0.1:0") as server, await connect(f"127.0.0.1:{server.port}") as caller:
        callee = await anext(server)
        output = AudioSocketTransport(callee, AudioSocketParams()).output()
        callee.pause()
        writing = asyncio.create_task(output.write_audio_frame(audio(SPEECH)))
        await asyncio.sleep(0)
        assert not writing.done()
        await caller.hang_up()
        await asyncio.wait_for(writing, 30)
