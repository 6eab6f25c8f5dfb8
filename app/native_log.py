"""Keeps the chatter of native libraries off standard error, so that an error is one clear line.

mediapipe's C++ writes straight to file descriptor 2, before and whatever its log settings say. So descriptor 2 becomes
a pipe whose known noise is dropped and whose rest passes through.
"""

from __future__ import annotations

import faulthandler
import io
import os
import re
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

NOISE = re.compile(
    rb"^(INFO: Created TensorFlow Lite"  # tflite announcing its delegate
    rb"|WARNING: All log messages before absl::InitializeLog"
    rb"|[IW]\d{4} \d\d:\d\d:"  # absl, severity below error
    rb"|[IW]0000 00:00:)"
)


@contextmanager
def quiet_native_log() -> Iterator[None]:
    """Drops native noise from standard error for the length of the block; Python's own lines pass directly."""
    sys.stderr.flush()
    real = os.dup(2)
    read_end, write_end = os.pipe()
    os.dup2(write_end, 2)
    os.close(write_end)
    python_stderr = sys.stderr
    sys.stderr = io.TextIOWrapper(os.fdopen(os.dup(real), "wb"), errors="backslashreplace", line_buffering=True)
    # A crash kills the thread below with all else: its trace must not go through the pipe.
    faulthandler.enable(sys.stderr)
    thread = threading.Thread(target=_forward, args=(read_end, os.dup(real)), name="native-log", daemon=True)
    thread.start()
    try:
        yield
    finally:
        faulthandler.disable()
        sys.stderr.close()
        sys.stderr = python_stderr
        os.dup2(real, 2)
        os.close(real)
        # A child that outlives the block would hold the pipe open: do not wait for it.
        thread.join(timeout=0.5)


def _forward(read_end: int, target_end: int) -> None:
    with os.fdopen(read_end, "rb", buffering=0) as pipe, os.fdopen(target_end, "wb", buffering=0) as target:
        pending = b""
        while chunk := pipe.read(65536):
            *lines, pending = (pending + chunk).split(b"\n")
            for line in lines:
                if not NOISE.match(line):
                    target.write(line + b"\n")
        if pending and not NOISE.match(pending):
            target.write(pending)
