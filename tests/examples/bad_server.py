#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""An AudioSocket server with one of the faults that docs/troubleshooting.md explains.

Usage: bad_server.py FAULT [SOUND]; prints its address. SOUND is a WAV file at 8 kHz.
"""

import socket
import struct
import sys
import threading
import time
import wave

FRAME = 320  # bytes: 20 ms at 8 kHz


def mu_law(sample):
    sign, magnitude = (0x80, -sample) if sample < 0 else (0, sample)
    magnitude = min(magnitude, 32635) + 132
    exponent = magnitude.bit_length() - 8
    return ~(sign | exponent << 4 | magnitude >> (exponent + 3) & 15) & 255


class Call:
    def __init__(self, connection):
        self.connection = connection
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.read(19)  # the id
        self.start = time.monotonic()
        self.frames = 0

    def read(self, size):
        data = self.connection.recv(size, socket.MSG_WAITALL)
        if not data:
            raise ConnectionError("the caller has hung up")
        return data

    def read_all(self):
        try:
            while self.connection.recv(65536):
                pass
        except OSError:
            pass

    def send(self, payload, kind=0x10):
        self.connection.sendall(struct.pack(">BH", kind, len(payload)) + payload)

    def wait(self, late=0.0):
        self.frames += 1
        time.sleep(max(0, self.start + self.frames * 0.02 + late - time.monotonic()))

    def play(self, sound, frame=FRAME, late=lambda n: 0.0):
        for at in range(0, len(sound), frame):
            self.send(sound[at : at + frame])
            self.wait(late(self.frames))


def serve(call, fault, sound):
    if fault not in ("late", "deaf"):
        threading.Thread(target=call.read_all, daemon=True).start()
    if fault == "mute":  # connects and says nothing
        time.sleep(60)
    elif fault == "ulaw":  # G.711 labelled slin
        call.play(bytes(mu_law(s) for (s,) in struct.iter_unpack("<h", sound)), FRAME // 2)
    elif fault == "swapped":  # the high byte first
        call.play(b"".join(sound[i + 1 : i + 2] + sound[i : i + 1] for i in range(0, len(sound), 2)))
    elif fault == "header":  # the file as it is
        call.play(open(sys.argv[2], "rb").read())
    elif fault == "double_rate":  # 16 kHz labelled 8 kHz
        call.play(b"".join(sound[i : i + 2] * 2 for i in range(0, len(sound), 2)), 2 * FRAME)
    elif fault == "jitter":
        call.play(sound, late=lambda n: 0.06 if n % 25 == 0 else 0.0)
    elif fault == "burst":  # as fast as the speech service delivers
        for at in range(0, len(sound), FRAME):
            call.send(sound[at : at + FRAME])
        time.sleep(60)
    elif fault == "pause":  # nothing while the bot thinks
        call.play(sound[: 50 * FRAME])
        time.sleep(4)
        call.start += 4
        call.play(sound[50 * FRAME :])
    elif fault == "mark":  # a message that Asterisk does not know
        call.play(sound[: 50 * FRAME])
        call.send(b"mark", 0x04)
        call.play(sound[50 * FRAME :])
    elif fault == "deaf":  # never reads
        call.play(bytes(FRAME) * 3000)
    elif fault == "late":  # echoes what it heard 0.4 s ago
        kept = [bytes(FRAME)] * 20
        while True:
            _, size = struct.unpack(">BH", call.read(3))
            kept.append(call.read(size))
            call.send(kept.pop(0))
    elif fault == "reset":
        call.play(sound[: 50 * FRAME])
        call.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        return
    call.send(b"", 0x00)  # hangup
    time.sleep(0.2)


def main():
    fault = sys.argv[1]
    sound = b""
    if len(sys.argv) > 2:
        with wave.open(sys.argv[2]) as file:
            sound = file.readframes(file.getnframes())
    acceptor = socket.create_server(("127.0.0.1", 0))
    print("listening on 127.0.0.1:%d" % acceptor.getsockname()[1], flush=True)
    while True:
        connection, _ = acceptor.accept()
        try:
            with connection:
                serve(Call(connection), fault, sound)
        except OSError:
            pass


main()
