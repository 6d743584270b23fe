# SPDX-License-Identifier: Apache-2.0
"""Stands in for OpenAI Realtime (/v1/realtime) and OpenAI Live (/v1/live/sessions).

It detects speech, answers with a tone, is interrupted, and checks each message of the client, with the types of the
published `openai` package where that is installed.
"""
import urllib.parse

import standin
from openai_live_session import Live
from openai_realtime_session import Realtime
from openai_session import checker

try:
    from openai.types.live import ClientEvent as LiveClientEvent
    from openai.types.realtime import RealtimeClientEvent
except ImportError:
    RealtimeClientEvent = LiveClientEvent = dict

STEPS = ["connected", "created", "updated", "answer", "first-audio", "mid-answer", "answer-done", "interrupted"]


async def handle(socket, options, journal):
    address = urllib.parse.urlsplit(socket.request.path)
    if not socket.request.headers.get("Authorization", "").startswith("Bearer "):
        journal.mistake("no Authorization: Bearer")
    if address.path.endswith("/realtime"):
        if "model" not in urllib.parse.parse_qs(address.query):
            journal.mistake("no model in the address")
        await Realtime(socket, options, journal, checker(RealtimeClientEvent)).run()
    elif address.path.endswith("/live/sessions"):
        if address.query:
            journal.mistake("a query in the address")
        await Live(socket, options, journal, checker(LiveClientEvent)).run()
    else:
        journal.mistake(f"no such path: {address.path}")


if __name__ == "__main__":
    standin.run(standin.parser(__doc__, STEPS).parse_args(), handle)
