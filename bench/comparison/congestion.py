"""Runs everything with another TCP congestion control, in a network namespace, so that the machine keeps its own."""

import ctypes
import errno
import fcntl
import os
import pathlib
import socket
import struct

CLONE_NEWNET = 0x40000000
SIOCGIFFLAGS, SIOCSIFFLAGS, IFF_UP = 0x8913, 0x8914, 1
SYSCTL = "/proc/sys/net/ipv4/tcp_congestion_control"
AVAILABLE = "/proc/sys/net/ipv4/tcp_available_congestion_control"
ALLOWED = "/proc/sys/net/ipv4/tcp_allowed_congestion_control"


class Refused(Exception):
    """Why it is not available, and what to do."""


def known():
    return pathlib.Path(AVAILABLE).read_text().split()


def enter_namespace():
    """Moves this process and its children into a namespace with only a loopback interface."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWNET):
        raise Refused(f"no network namespace can be made: {os.strerror(ctypes.get_errno())}")
    with socket.socket() as any_socket:
        request = struct.pack("16sh14x", b"lo", 0)
        _, flags = struct.unpack("16sh14x", fcntl.ioctl(any_socket, SIOCGIFFLAGS, request))
        fcntl.ioctl(any_socket, SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", flags | IFF_UP))


def check(name):
    """Called before the first measurement."""
    if os.geteuid() != 0:
        raise Refused("it takes root: the servers get their congestion control from a network namespace")
    if name not in known():
        raise Refused(f"the kernel does not have {name}; it has: {', '.join(known())}")


def use(name):
    """Called once, after everything that needs the real network."""
    check(name)
    enter_namespace()
    descriptor = os.open(SYSCTL, os.O_WRONLY)
    try:
        os.write(descriptor, name.encode())
    except OSError as why:
        if why.errno != errno.EPERM:
            raise Refused(f"{SYSCTL}: {why.strerror}")
        allowed = pathlib.Path(ALLOWED).read_text().split()
        raise Refused(f"a network namespace takes only what is allowed to all ({', '.join(allowed)}); allow it with "
                      f"sysctl -w net.ipv4.tcp_allowed_congestion_control=\"{' '.join(allowed + [name])}\"")
    finally:
        os.close(descriptor)
