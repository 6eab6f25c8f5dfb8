"""What joins two threads: a place for the latest value, or a short queue. Both are bounded and count what they drop."""

from __future__ import annotations

import threading
from collections import deque
from typing import Generic, TypeVar

T = TypeVar("T")


class Mailbox(Generic[T]):
    """Holds one value; a newer one takes its place. For what is worth nothing once there is something newer."""

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self._value: T | None = None
        self._closed = False
        self.dropped = 0

    def put(self, value: T) -> None:
        """Leave a value, in place of one that was not taken."""
        with self._condition:
            if self._value is not None:
                self.dropped += 1
            self._value = value
            self._condition.notify()

    def take(self, timeout_s: float) -> T | None:
        """Wait for a value and take it; None when none came in time, or at once when closed."""
        with self._condition:
            self._condition.wait_for(lambda: self._value is not None or self._closed, timeout_s)
            value, self._value = self._value, None
            return value

    def close(self) -> None:
        """Let whoever waits go, and whoever comes later too."""
        with self._condition:
            self._closed = True
            self._condition.notify_all()


class Backlog(Generic[T]):
    """Holds a few values in order; when full, new ones are refused. For what builds on what came before.

    Args:
        limit: most values that may wait.
    """

    def __init__(self, limit: int) -> None:
        self._condition = threading.Condition()
        self._values: deque[T] = deque()
        self._limit = limit
        self._closed = False
        self.dropped = 0

    def put(self, value: T) -> bool:
        """Append a value; False, and counted, when there is no room."""
        with self._condition:
            if len(self._values) >= self._limit:
                self.dropped += 1
                return False
            self._values.append(value)
            self._condition.notify()
            return True

    def take(self, timeout_s: float) -> T | None:
        """Wait for the oldest value and take it; None when none came in time, or at once when closed and empty."""
        with self._condition:
            self._condition.wait_for(lambda: self._values or self._closed, timeout_s)
            return self._values.popleft() if self._values else None

    def take_all(self) -> list[T]:
        """Take what is there, without waiting."""
        with self._condition:
            values = list(self._values)
            self._values.clear()
            return values

    def close(self) -> None:
        """Let whoever waits go."""
        with self._condition:
            self._closed = True
            self._condition.notify_all()
