# SPDX-License-Identifier: Apache-2.0
"""The speech of the tests' bots. All sounds differ, and mu-law carries them unchanged."""
import random

_VALUES = [sign * ((((mantissa << 3) + 0x84) << exponent) - 0x84)
           for sign in (1, -1) for exponent in range(8) for mantissa in range(16) if mantissa or exponent]


def speech(seed, count):
    """Samples, none of them zero, in an order that does not repeat."""
    return random.Random(seed).choices(_VALUES, k=count)


SPEECH = speech(2, 960_000)  # two minutes
ANSWER = speech(3, 8_000)
GOODBYE = speech(4, 40_000)  # 5 s
