# SPDX-License-Identifier: Apache-2.0
"""The exceptions of the package: one family, whose root is AudioSocketError."""

from __future__ import annotations


class AudioSocketError(Exception):
    """Something that the library refused, or that failed. `code` is the audiosocket_code of the C interface."""

    code = 11

    def __init__(self, text: str, code: int | None = None) -> None:
        super().__init__(text)
        if code is not None:
            self.code = code


class BadArgument(AudioSocketError, ValueError):
    """An argument or an option has no meaning here."""

    code = 1


class CallEnded(AudioSocketError):
    """The call has ended, or is being hung up."""

    code = 2


class QueueFull(AudioSocketError):
    """The playout queue, or the queue of marks or digits, is full."""

    code = 3


class SystemFailure(AudioSocketError, OSError):
    """The system refused: the address is in use, the file is missing, the connection failed."""

    code = 7


class BadSoundFile(AudioSocketError):
    """The file is not a sound that can be read."""

    code = 8


class CallFailed(AudioSocketError):
    """The call could not be made, or did not end in order."""

    code = 13


_CLASSES = {
    1: BadArgument,
    2: CallEnded,
    3: QueueFull,
    4: BadArgument,
    5: BadArgument,
    6: BadArgument,
    7: SystemFailure,
    8: BadSoundFile,
    9: BadArgument,
    13: CallFailed,
}


def error_of(code: int, text: str) -> AudioSocketError:
    """Returns the exception for a code of the C interface."""
    return _CLASSES.get(code, AudioSocketError)(text, code)
