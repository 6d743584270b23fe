# SPDX-License-Identifier: Apache-2.0
"""A transport of Pipecat, so that its bots answer AudioSocket calls of Asterisk directly.

    from audiosocket_cpp import serve
    from audiosocket_cpp.pipecat import AudioSocketTransport, AudioSocketParams

    async def answer(call):
        transport = AudioSocketTransport(call, AudioSocketParams())
        worker = PipelineWorker(Pipeline([transport.input(), ..., transport.output()]))
        ...

    asyncio.run(serve("0.0.0.0:9092").run(answer))

Install it with `pip install audiosocket-cpp[pipecat]`. Pipecat needs Python 3.11 or later.
"""

from __future__ import annotations

import asyncio
from typing import Any

from pipecat.audio.dtmf.types import KeypadEntry
from pipecat.frames.frames import (
    CancelFrame,
    ClientConnectedFrame,
    EndFrame,
    Frame,
    InputAudioRawFrame,
    InputDTMFFrame,
    InterruptionFrame,
    OutputAudioRawFrame,
    StartFrame,
)
from pipecat.processors.frame_processor import FrameDirection
from pipecat.transports.base_input import BaseInputTransport
from pipecat.transports.base_output import BaseOutputTransport
from pipecat.transports.base_transport import BaseTransport, TransportParams

from ._call import Call
from ._errors import CallEnded
from ._events import Digit

_KEYS = {entry.value for entry in KeypadEntry}


class AudioSocketParams(TransportParams):  # type: ignore[misc]
    """The parameters of the transport. Audio goes both ways unless it is switched off.

    Parameters:
        audio_out_ahead_ms: How much audio waits in the call at most. It bridges times in which Python is busy. An
            interruption takes effect within one frame nevertheless.
    """

    audio_in_enabled: bool = True
    audio_out_enabled: bool = True
    audio_out_end_silence_secs: int = 0  # the call plays the last word to its end by itself
    audio_out_ahead_ms: int = 400
    # A write waits while a pause or other sounds of the call hold it up. Pipecat would take the peer for dead.
    audio_out_write_timeout_secs: float = 86_400.0


class _Input(BaseInputTransport):  # type: ignore[misc]
    def __init__(self, transport: AudioSocketTransport, call: Call, params: AudioSocketParams, **options: Any) -> None:
        super().__init__(params, **options)
        self._transport = transport
        self._call = call
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self, frame: StartFrame) -> None:
        await super().start(frame)
        await self._transport._connected()
        await self.push_frame(ClientConnectedFrame())
        if not self._tasks:
            self._tasks = [self.create_task(self._hear()), self.create_task(self._watch())]
        await self.set_transport_ready(frame)

    async def stop(self, frame: EndFrame) -> None:
        await super().stop(frame)
        await self._end_tasks()

    async def cancel(self, frame: CancelFrame) -> None:
        await super().cancel(frame)
        await self._end_tasks()

    async def cleanup(self) -> None:
        await super().cleanup()
        await self._end_tasks()
        await self._transport.cleanup()

    async def _end_tasks(self) -> None:
        tasks, self._tasks = self._tasks, []
        for task in tasks:
            await self.cancel_task(task)

    async def _hear(self) -> None:
        rate = self.sample_rate
        async for piece in self._call.audio(rate=rate, ms=20):
            frame = InputAudioRawFrame(audio=bytes(piece), sample_rate=rate, num_channels=1)
            await self.push_audio_frame(frame)

    async def _watch(self) -> None:
        async for event in self._call:
            if isinstance(event, Digit) and event.digit in _KEYS:
                await self.push_frame(InputDTMFFrame(button=KeypadEntry(event.digit)))
        await self._transport._disconnected()


class _Output(BaseOutputTransport):  # type: ignore[misc]
    def __init__(self, transport: AudioSocketTransport, call: Call, params: AudioSocketParams, **options: Any) -> None:
        super().__init__(params, **options)
        self._transport = transport
        self._call = call
        self._ahead_ms = params.audio_out_ahead_ms

    async def start(self, frame: StartFrame) -> None:
        await super().start(frame)
        await self.set_transport_ready(frame)

    async def stop(self, frame: EndFrame) -> None:
        await super().stop(frame)
        await self._hang_up(when_played=True)

    async def cancel(self, frame: CancelFrame) -> None:
        await super().cancel(frame)
        await self._hang_up(when_played=False)

    async def cleanup(self) -> None:
        await super().cleanup()
        await self._transport.cleanup()

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        await super().process_frame(frame, direction)
        if isinstance(frame, InterruptionFrame):
            self._call.clear()

    async def write_audio_frame(self, frame: OutputAudioRawFrame) -> bool:
        """Queues a piece of speech, and waits while enough of it is queued."""
        try:
            self._call.queue(frame.audio, frame.sample_rate)
            while self._call.ended is None and (early_ms := self._call.queued_ms - self._ahead_ms) > 0:
                await asyncio.sleep(min(early_ms, 1000) / 1000)
        except CallEnded:
            return False
        return True

    async def _hang_up(self, when_played: bool) -> None:
        try:
            await self._call.hang_up(when_played)
        except CallEnded:
            pass


class AudioSocketTransport(BaseTransport):  # type: ignore[misc]
    """One call as the transport of a pipeline.

    Event handlers: on_client_connected(transport, call), and on_client_disconnected(transport, call) when the call is
    over, where the application ends its pipeline. An EndFrame plays what is queued and hangs up; a CancelFrame hangs up
    at once.
    """

    def __init__(
        self,
        call: Call,
        params: AudioSocketParams | None = None,
        input_name: str | None = None,
        output_name: str | None = None,
    ) -> None:
        super().__init__(input_name=input_name, output_name=output_name)
        params = params or AudioSocketParams()
        self.call = call
        self._input = _Input(self, call, params, name=self._input_name)
        self._output = _Output(self, call, params, name=self._output_name)
        self._register_event_handler("on_client_connected")
        self._register_event_handler("on_client_disconnected")

    def input(self) -> BaseInputTransport:
        """Returns the processor at the head of the pipeline."""
        return self._input

    def output(self) -> BaseOutputTransport:
        """Returns the processor at its end."""
        return self._output

    async def _connected(self) -> None:
        await self._call_event_handler("on_client_connected", self.call)

    async def _disconnected(self) -> None:
        await self._call_event_handler("on_client_disconnected", self.call)
