#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Calls a server and reports in which pieces its messages arrive.

Usage: pieces.py HOST PORT SECONDS
Prints: messages N whole N several N parts N
  whole    reads that had exactly one message
  several  reads that had more than one, and all of them whole
  parts    reads that began or ended within a message
"""

import select
import socket
import sys
import time
import uuid

FRAME = b"\x10\x01\x40" + bytes(320)


def main(host, port, seconds):
    line = socket.create_connection((host, int(port)))
    line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    line.sendall(b"\x01\x00\x10" + uuid.uuid4().bytes)
    messages = whole = several = parts = 0
    rest = b""
    began = due = time.monotonic()
    while time.monotonic() < began + float(seconds):
        if time.monotonic() >= due:
            line.sendall(FRAME)
            due += 0.02
        if not select.select([line], [], [], max(0.0, due - time.monotonic()))[0]:
            continue
        piece = line.recv(65536)
        if not piece:
            break
        within, complete, rest = bool(rest), 0, rest + piece
        while len(rest) >= 3 and len(rest) >= 3 + int.from_bytes(rest[1:3], "big"):
            rest = rest[3 + int.from_bytes(rest[1:3], "big"):]
            complete += 1
        messages += complete
        if within or rest:
            parts += 1
        elif complete == 1:
            whole += 1
        else:
            several += 1
    line.sendall(b"\x00\x00\x00")
    print("messages", messages, "whole", whole, "several", several, "parts", parts)
    return 0 if messages else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
