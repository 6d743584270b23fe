# SPDX-License-Identifier: Apache-2.0
"""What a call reports, and what became of a sound."""

from __future__ import annotations

import dataclasses
import enum


class EndReason(enum.Enum):
    """Why a call ended."""

    NONE = 0
    PEER_HUNG_UP = 1
    PEER_RESET = 2
    HUNG_UP = 3
    PROTOCOL_VIOLATION = 4
    PEER_ERROR = 5
    TIMED_OUT = 6
    CONNECTION_FAILED = 7


@dataclasses.dataclass(frozen=True)
class Digit:
    """The peer pressed a key. `position` is the number of received samples before it."""

    digit: str
    position: int


@dataclasses.dataclass(frozen=True)
class Recorded:
    """A recording is complete: `path` is its file. If it failed, `error` says why."""

    path: str
    error: str


@dataclasses.dataclass(frozen=True)
class Ended:
    """The call is over. The last event of a call."""

    reason: EndReason
    text: str
    failed: bool


Event = Digit | Recorded | Ended


@dataclasses.dataclass(frozen=True)
class PlayResult:
    """What became of a sound: how much the peer heard of it, and how much was cut off."""

    sent_ms: int
    cut_ms: int
    completed: bool


@dataclasses.dataclass(frozen=True)
class Statistics:
    """What a call has counted; see audiosocket_statistics of the C interface.

    `digits_unread_lost` counts digits that nothing read in time: 64 wait at most, and the oldest is dropped.
    """

    frames_received: int
    frames_dropped: int
    digits_received: int
    frames_sent: int
    silence_frames_sent: int
    underruns: int
    late_frames: int
    skipped_frames: int
    lateness_max_us: int
    arrival_jitter_us: int
    samples_unread_lost: int
    digits_unread_lost: int = 0
