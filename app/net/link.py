"""Signalling between two processes on one machine: JSON objects, one per line, over a pipe each way."""

from __future__ import annotations

import json
import threading
from typing import IO

LINE_MAX = 1 << 20
"""Longest line, bytes; a session description is about 4 kB."""

Values = dict[str, object]


class Link:
    """One end of the two pipes. `send` may be called from any thread; one thread receives."""

    def __init__(self, incoming: IO[bytes], outgoing: IO[bytes]) -> None:
        self._incoming = incoming
        self._outgoing = outgoing
        self._lock = threading.Lock()

    def send(self, kind: str, **values: object) -> None:
        """Send one message.

        Raises:
            ConnectionError: the other end is gone.
        """
        line = json.dumps({"kind": kind, **values}).encode() + b"\n"
        try:
            with self._lock:
                self._outgoing.write(line)
                self._outgoing.flush()
        except (OSError, ValueError) as exc:
            raise ConnectionError("the other process is gone") from exc

    def receive(self) -> tuple[str, Values]:
        """Wait for the next message: its kind and its values.

        Raises:
            ConnectionError: the other end is gone.
            ValueError: what came is not a message.
        """
        try:
            line = self._incoming.readline(LINE_MAX)
        except (OSError, ValueError) as exc:
            raise ConnectionError("the other process is gone") from exc
        if not line:
            raise ConnectionError("the other process is gone")
        if not line.endswith(b"\n"):
            raise ValueError("signalling line is cut off or too long")
        values = json.loads(line)
        if not isinstance(values, dict) or not isinstance(values.get("kind"), str):
            raise ValueError("signalling line is not a message")
        return values.pop("kind"), values

    def close(self) -> None:
        """Close both pipes."""
        for pipe in (self._outgoing, self._incoming):
            try:
                pipe.close()
            except OSError:
                continue


def text(values: Values, key: str) -> str:
    """Take a string out of a message.

    Raises:
        ValueError: it is missing or not a string.
    """
    value = values.get(key)
    if not isinstance(value, str):
        raise ValueError(f"signalling message lacks the text {key!r}")
    return value


def number(values: Values, key: str) -> float:
    """Take a number out of a message.

    Raises:
        ValueError: it is missing or not a number.
    """
    value = values.get(key)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"signalling message lacks the number {key!r}")
    return value


def numbers(values: Values, key: str) -> list[float]:
    """Take a list of numbers out of a message.

    Raises:
        ValueError: it is missing or not one.
    """
    found = values.get(key)
    if not isinstance(found, list) or any(
        isinstance(value, bool) or not isinstance(value, int | float) for value in found
    ):
        raise ValueError(f"signalling message lacks the numbers {key!r}")
    return found
