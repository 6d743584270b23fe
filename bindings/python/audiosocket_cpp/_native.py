# SPDX-License-Identifier: Apache-2.0
"""The C interface, loaded with cffi. cffi releases the GIL during each call."""

from __future__ import annotations

import datetime
import math
import os
import pathlib
import re
from typing import Any

from cffi import FFI

from ._errors import error_of

# Symbolic names of what is used here; audiosocket.h has their meaning.
OK, BAD_ARGUMENT = 0, 1
EVENT_CALL, EVENT_CONNECTED, EVENT_AUDIO, EVENT_DTMF, EVENT_PLAYED = 1, 2, 3, 4, 5
EVENT_CUT, EVENT_WRITTEN, EVENT_ENDED, EVENT_DRAINED, EVENT_RECORDED = 6, 7, 8, 9, 10

_INT_MAX = 2**31 - 1

_HERE = pathlib.Path(__file__).parent


def _declarations(header: str) -> str:
    """Returns what cffi reads of audiosocket.h: its declarations, without the preprocessor."""
    header = re.sub(r"/\*.*?\*/", "", header, flags=re.S)
    header = re.sub(r'#if defined\(__cplusplus\).*?#endif', "", header, flags=re.S)
    header = re.sub(r"^#.*$", "", header, flags=re.M)
    return header.replace("AUDIOSOCKET_API ", "")


def _header() -> str:
    for place in (_HERE / "audiosocket.h", _HERE.parents[1] / "c" / "audiosocket.h"):  # installed, in the source tree
        if place.exists():
            return place.read_text(encoding="utf-8")
    raise ImportError(f"audiosocket.h is missing from {_HERE}: install the package again")


def _library(ffi: Any) -> Any:
    own = os.environ.get("AUDIOSOCKET_C_LIBRARY")
    places = [own] if own else [str(_HERE / "libaudiosocket-c.so"), "libaudiosocket-c.so.1"]
    failures = []
    for place in places:
        try:
            return ffi.dlopen(place)
        except OSError as failure:
            failures.append(str(failure))
    raise ImportError("the library of the C interface cannot be loaded: " + "; ".join(failures))


ffi: Any = FFI()
ffi.cdef(_declarations(_header()))
lib = _library(ffi)


def address_of(pointer: Any) -> int:
    """Returns the address in a pointer. Unlike the pointer, it keeps nothing alive."""
    return int(ffi.cast("uintptr_t", pointer))


def unowned(pointer: Any) -> None:
    """Makes a pointer of `ffi.gc` free nothing."""
    if pointer is not None:
        ffi.gc(pointer, None)


def text_of(pointer: Any) -> str:
    """Returns the text at a char pointer."""
    raw: bytes = ffi.string(pointer)
    return raw.decode("utf-8", "replace")


def check(code: int) -> None:
    """Raises the exception for a code that is not OK."""
    if code != OK:
        raise error_of(code, text_of(lib.audiosocket_code_text(code)))


def made(make: Any, *arguments: Any) -> Any:
    """Calls a function whose last argument is an error, and returns the object that it makes. Raises its error."""
    error = ffi.new("audiosocket_error*")
    result = make(*arguments, error)
    if error.code != OK:
        raise error_of(error.code, text_of(error.text))
    return result


def _value_of(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime.timedelta):
        return f"{round(value.total_seconds() * 1000)}ms"
    if isinstance(value, float):
        return f"{round(value * 1000)}ms"
    if isinstance(value, (list, tuple)):
        return ",".join(str(one) for one in value)
    return str(value)


def milliseconds_of(seconds: float | None) -> int:
    """Returns a timeout of the C interface: None and infinity are without end."""
    if seconds is None or seconds == math.inf:
        return -1
    if not seconds >= 0:
        raise error_of(BAD_ARGUMENT, f"timeout: from 0 seconds, or None, not {seconds}")
    return min(round(seconds * 1000), _INT_MAX) if seconds < _INT_MAX else _INT_MAX


def options_of(options: dict[str, object]) -> Any:
    """Returns audiosocket_options that are freed with the returned object. Floats are seconds."""
    made_options = ffi.gc(lib.audiosocket_options_new(), lib.audiosocket_options_free)
    for name, value in options.items():
        made(lib.audiosocket_options_set, made_options, name.encode(), _value_of(value).encode())
    return made_options
