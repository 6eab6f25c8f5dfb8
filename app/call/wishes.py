"""What a person wants of a call while it goes on: set from a window's thread, seen by the call ten times a second."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import Literal

from app.call.mailbox import Backlog
from app.call.policy import Sending

WAITING_MAX = 32
"""Requests that may wait for the call to look, a tenth of a second."""

Answer = Literal["", "accept", "decline"]


@dataclass(frozen=True, slots=True)
class Say:
    """A line of chat."""

    text: str


@dataclass(frozen=True, slots=True)
class LookThrough:
    """Show me one real picture of the other end's camera."""


Request = Say | LookThrough


@dataclass(slots=True)
class Wishes:
    """One person's wishes; every attribute may be set at any time, from any thread.

    Attributes:
        size: width and height of the other's picture, pixels, or "auto" for the largest that the renderer holds; None
            for the options'.
        sending: what to send of oneself.
        answer: to a caller who waits.
        leave: hang up.
        requests: what is to be done once, in order.
    """

    size: tuple[int, int] | Literal["auto"] | None = None
    sending: Sending = "auto"
    answer: Answer = ""
    leave: threading.Event = field(default_factory=threading.Event)
    requests: Backlog[Request] = field(default_factory=lambda: Backlog(WAITING_MAX))

    def say(self, text: str) -> bool:
        """Ask for a line of chat to be sent; False when too many wait."""
        return self.requests.put(Say(text))

    def look_through(self) -> bool:
        """Ask for a real picture; False when too many requests wait."""
        return self.requests.put(LookThrough())
