"""The servers that are compared: how each is built, started on its core, and stopped."""

import contextlib
import dataclasses
import pathlib
import resource
import shutil
import socket
import struct
import subprocess
import time
import wave

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
PREPARE = ROOT / "tests/interop/prepare"
SOUND_S = 10      # played over and over
RATE_HZ = 8000
START_S_MAX = 20  # Node takes a second


@dataclasses.dataclass(frozen=True)
class Server:
    title: str
    about: str
    command: tuple      # {port}, and {serve} for what it does
    echo: tuple = ()
    playback: tuple = ()
    prepare: str = ""   # what tests/interop/prepare has to build first
    limit: bool = False  # shows what the machine can do; does not know calls


GO = "an echo, or SendSlinChunks over and over; one goroutine a call, and another that reads during playback"
SERVERS = {
    "ours": Server("AudioSocket for C++", "`audiosocket serve`",
                   ("{build}/bin/audiosocket", "serve", "{serve}", "-q", "--max-calls", "100000", "--max-handshakes", "20000",
                    "--id-timeout", "600",
                    "--listen", "127.0.0.1:{port}"),
                   echo=("--echo",), playback=("--play", "{sound}.wav", "--loop")),
    "go-v0.2.1": Server("Go v0.2.1", f"CyCoreSystems/audiosocket v0.2.1: {GO}",
                        ("{peers}/go/v0.2.1/peer", "serve", "{serve}", "127.0.0.1:{port}"),
                        echo=("echo",), playback=("loop:{sound}.slin",), prepare="go"),
    "go-v0.3.0": Server("Go v0.3.0", "CyCoreSystems/audiosocket v0.3.0, in the same way",
                        ("{peers}/go/v0.3.0/peer", "serve", "{serve}", "127.0.0.1:{port}"),
                        echo=("echo",), playback=("loop:{sound}.slin",), prepare="go"),
    "npm": Server("npm asterisk-audiosocket", "asterisk-audiosocket 0.1.0 on Node.js: `play()`, paced by its timers, for the echo as well",
                  ("node", "{peers}/npm/peer.js", "serve", "{serve}", "{port}", "--careful"),
                  echo=("echo",), playback=("loop:{sound}.slin",), prepare="npm"),
    "epoll": Server("bare epoll", "`bench/bare/epoll_echo.cpp`: epoll_wait, recv, send; the limit of a server woken by each frame",
                    ("{build}/bench/epoll_echo", "{port}"), echo=("",), limit=True),
    "tick": Server("bare tick", "`bench/bare/tick_echo.cpp`: one edge-triggered epoll, polled once a millisecond; the limit of a "
                   "server that polls at each tick", ("{build}/bench/tick_echo", "{port}"), echo=("",), limit=True),
    "turn": Server("bare turn", "`bench/bare/turn_echo.cpp`: no epoll; a call is read each 20 ms, when its frame is due; the limit of "
                   "a server whose calls have turns", ("{build}/bench/turn_echo", "{port}"), echo=("",), limit=True),
    "uring": Server("bare io_uring", "`bench/bare/uring_echo.cpp`: as bare epoll, with io_uring; one system call a wake",
                    ("{build}/bench/uring_echo", "{port}"), echo=("",), limit=True),
}


class CannotBeHad(Exception):
    """Why a server is left out."""


def write_sound(folder):
    """The same samples for each server, in its format: a triangle that is never silent. Returns the path without its suffix."""
    samples = b"".join(struct.pack("<h", abs(i % 80 - 40) * 200 - 4000) for i in range(SOUND_S * RATE_HZ))
    stem = folder / "sound"
    stem.with_suffix(".slin").write_bytes(samples)
    with wave.open(str(stem.with_suffix(".wav")), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(RATE_HZ)
        out.writeframes(samples)
    return stem


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def raise_file_limit():
    """For the children: two thousand calls need two thousand sockets."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


class Stable:
    """Starts the servers, bound to their core."""

    def __init__(self, build, folder, bound, bound_to_all):
        self.folder, self.bound, self.bound_to_all = folder, bound, bound_to_all
        self.places = {"build": str(build), "peers": str(ROOT / "build/peers/compare"), "sound": str(write_sound(folder))}

    def prepare(self, name):
        """Makes sure that the server is available; CannotBeHad says why it is not."""
        server = SERVERS[name]
        if server.prepare:
            done = subprocess.run([PREPARE, server.prepare, self.places["peers"]], capture_output=True, text=True)
            if done.returncode:
                said = (done.stdout + done.stderr).strip().splitlines()
                raise CannotBeHad(said[-1] if said else "it cannot be built")
        program = server.command[0].format(**self.places)
        if not shutil.which(program):
            raise CannotBeHad("liburing is missing (Debian: liburing-dev)" if name == "uring" else f"{program} is not built")

    def command_line(self, name, mode, port, shards=0):
        """`shards` is for our server, on the cores of server and load. Otherwise one, on the server's core."""
        server, line = SERVERS[name], list(self.bound_to_all if shards else self.bound)
        for word in server.command:
            line += list(getattr(server, mode)) if word == "{serve}" else [word]
        line += ["--shards", str(shards)] if shards else []
        return [word.format(port=port, **self.places) for word in line]

    @contextlib.contextmanager
    def running(self, name, mode, shards=0):
        """Starts a new server. Returns its port and its process id."""
        port = free_port()
        line = self.command_line(name, mode, port, shards)
        log = self.folder / f"{name}.log"
        with open(log, "w") as errors:
            process = subprocess.Popen(line, stdout=subprocess.DEVNULL, stderr=errors, start_new_session=True)
        try:
            wait_until_listening(process, port, log)
            yield port, process.pid
            if process.poll() is not None:
                raise CannotBeHad(f"it ended by itself: {last_line(log)}")
        finally:
            process.kill()
            process.wait()


def pinned(cores, realtime):
    """A prefix for a command line that binds it to cores, with priority over other processes there."""
    return (["taskset", "-c", ",".join(map(str, cores))] if cores else []) + (["chrt", "-f", "10"] if realtime else [])


def has_realtime():
    return shutil.which("chrt") and subprocess.run(["chrt", "-f", "10", "true"], capture_output=True).returncode == 0


def last_line(log):
    lines = log.read_text(errors="replace").strip().splitlines()
    return lines[-1] if lines else "no reason given"


def wait_until_listening(process, port, log):
    deadline = time.monotonic() + START_S_MAX
    while time.monotonic() < deadline and process.poll() is None:
        with socket.socket() as s:
            if s.connect_ex(("127.0.0.1", port)) == 0:
                time.sleep(0.2)  # its one-time work is done
                return
        time.sleep(0.05)
    raise CannotBeHad(f"it does not start: {last_line(log)}")
