# SPDX-License-Identifier: Apache-2.0
"""Samples in memory, from whatever Python has them in."""

from __future__ import annotations

import asyncio
import os
from typing import Any

from ._errors import BadArgument
from ._native import ffi, lib, made


def samples_of(buffer: Any) -> Any:
    """Returns a cdata array of 16-bit samples on the memory of a buffer, without a copy where it is contiguous.

    Takes bytes, bytearray, memoryview, array('h') and int16 arrays of numpy. Raises BadArgument for anything else.
    """
    try:
        view = memoryview(buffer)
    except TypeError:
        raise BadArgument(
            f"samples are bytes or a buffer of 16-bit integers, not {type(buffer).__name__}"
        ) from None
    kind = view.format.lstrip("@=<")
    if view.ndim != 1 or not (kind == "h" or view.itemsize == 1):
        raise BadArgument(
            f"samples are mono and 16 bits (format h); this buffer has format {view.format} and {view.ndim} dimension(s)"
        )
    if view.nbytes % 2:
        raise BadArgument(f"{view.nbytes} bytes are not whole 16-bit samples")
    if not view.c_contiguous:
        view = memoryview(view.tobytes())
    return ffi.from_buffer("int16_t[]", view)


class Clip:
    """A sound in memory that many calls can play at once. Make it with `Clip.load` or of samples."""

    def __init__(self, samples: Any, rate: int) -> None:
        """Copies samples of this rate in Hz."""
        data = samples_of(samples)
        self._clip = self._kept(made(lib.audiosocket_clip_new, data, len(data), rate))

    @classmethod
    def _of(cls, clip: Any) -> Clip:
        self = cls.__new__(cls)
        self._clip = cls._kept(clip)
        return self

    @staticmethod
    def _kept(clip: Any) -> Any:
        return ffi.gc(clip, lib.audiosocket_clip_free)

    @classmethod
    def read(cls, path: str | os.PathLike[str], rate: int = 0) -> Clip:
        """Reads a sound file. Blocks on the disk: `load` does not block the event loop."""
        return cls._of(made(lib.audiosocket_clip_load, os.fsencode(path), rate))

    @classmethod
    async def load(cls, path: str | os.PathLike[str], rate: int = 0) -> Clip:
        """Reads a sound file on another thread. Raises BadSoundFile or SystemFailure."""
        return await asyncio.to_thread(cls.read, path, rate)

    @property
    def duration_ms(self) -> int:
        """How long it plays."""
        return int(lib.audiosocket_clip_duration_ms(self._clip))
