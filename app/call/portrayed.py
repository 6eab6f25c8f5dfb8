"""The portrayed peer's process, seen from the process that watches."""

from __future__ import annotations

import logging
import os
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import app
from app.call.options import SessionOptions
from app.call.peer_process import pack_options
from app.net.link import Link, Values, text

logger = logging.getLogger(__name__)

MESSAGES_WAITING = 64
END_TIMEOUT_S = 5.0
"""Longest wait for the process to end by itself, after which it is made to."""


class PortrayedPeer:
    """Runs `app.call.peer_process` and talks to it. Use `close` whatever happened.

    Args:
        options: what the process is to do.
        on_event: told what the process says of itself, on a thread of its own.
    """

    def __init__(self, options: SessionOptions, on_event: Callable[[str], None]) -> None:
        self._on_event = on_event
        self._messages: queue.Queue[tuple[str, Values]] = queue.Queue(MESSAGES_WAITING)
        root = str(Path(app.__file__).resolve().parent.parent)
        path = os.pathsep.join(filter(None, (root, os.environ.get("PYTHONPATH", ""))))
        # One thread for torch's operators: the tracker's work is small, and the machine's other cores are rendering.
        environment = {"OMP_NUM_THREADS": "1", **os.environ, "PYTHONPATH": path}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "app.call.peer_process"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=environment,
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._link = Link(self._process.stdout, self._process.stdin)
        self._reader = threading.Thread(target=self._read, name="peer-link", daemon=True)
        self._reader.start()
        self.send("setup", **pack_options(options))

    def _read(self) -> None:
        while True:
            try:
                kind, values = self._link.receive()
                if kind == "event":
                    self._on_event(text(values, "text"))
                    continue
            except (ConnectionError, ValueError) as exc:
                kind, values = "error", {"text": str(exc)}
            try:
                self._messages.put_nowait((kind, values))
            except queue.Full:
                logger.error("the portrayed peer says more than is asked of it")
                return
            if kind == "error":
                return

    def send(self, kind: str, **values: object) -> None:
        """Send a message; an end that has gone shows in `expect`, with its reason."""
        try:
            self._link.send(kind, **values)
        except ConnectionError as exc:
            logger.debug("%s", exc)

    def expect(self, kind: str, timeout_s: float, should_stop: Callable[[], bool]) -> Values | None:
        """Wait for a message of this kind; None when told to stop meanwhile.

        Raises:
            ValueError: the process cannot use the clip or the identity.
            RuntimeError: it failed or died, sent something else, or nothing in time.
        """
        end = time.monotonic() + timeout_s
        while not should_stop():
            found = self.poll()
            if found is None:
                if time.monotonic() > end:
                    raise RuntimeError(f"the portrayed peer did not send its {kind} within {timeout_s:g} s")
                time.sleep(0.01)
            elif found[0] == kind:
                return found[1]
            else:
                raise RuntimeError(f"the portrayed peer sent {found[0]!r} where {kind!r} was due")
        return None

    def poll(self) -> tuple[str, Values] | None:
        """Give the next message, if there is one.

        Raises:
            ValueError: the process cannot use the clip or the identity.
            RuntimeError: it failed or died.
        """
        try:
            kind, values = self._messages.get_nowait()
        except queue.Empty:
            return None
        if kind == "error" and values.get("bad_input") is True:
            raise ValueError(text(values, "text"))
        if kind == "error":
            raise RuntimeError(f"the portrayed peer failed: {text(values, 'text')}")
        return kind, values

    def close(self) -> None:
        """Let the process end, or end it, and its pipes and thread with it."""
        try:
            if self._process.stdin is not None:
                self._process.stdin.close()
        except OSError as exc:
            logger.debug("%s", exc)
        try:
            self._process.wait(END_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._reader.join(END_TIMEOUT_S)
        self._link.close()
