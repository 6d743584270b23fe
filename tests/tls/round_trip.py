#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Measures how long a message takes through a front and back: there is no server that would wait for its next 20 ms.

Usage: round_trip.py FROM_HOST FROM_PORT TO_HOST TO_PORT SECONDS
  FROM  the front on the side of Asterisk
  TO    where the front on the side of the server leads: this answers there
Prints the median and the 99th percentile, in milliseconds.
"""

import socket
import sys
import threading
import time

FRAME = b"\x10\x01\x40" + bytes(320)


def answer(line):
    line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    while piece := line.recv(65536):
        line.sendall(piece)


def main(from_host, from_port, to_host, to_port, seconds):
    listening = socket.create_server((to_host, int(to_port)))
    threading.Thread(target=lambda: answer(listening.accept()[0]), daemon=True).start()
    line = socket.create_connection((from_host, int(from_port)))
    line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    times = []
    for _ in range(int(float(seconds) * 50)):
        began = time.monotonic()
        line.sendall(FRAME)
        left = len(FRAME)
        while left:
            left -= len(line.recv(left))
        times.append(1000 * (time.monotonic() - began))
        time.sleep(0.02)
    times.sort()
    print(f"round trip: median {times[len(times) // 2]:.3f} ms, p99 {times[len(times) * 99 // 100]:.3f} ms")


if __name__ == "__main__":
    main(*sys.argv[1:])
