"""What the call page is asked for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from app.call.meeting import MeetingEvents, MeetingOptions, MeetingReport


@dataclass(frozen=True, slots=True)
class CallRequest:
    """A call to be held.

    Attributes:
        kind: start one and wait for the other person, join with a code, or watch the demo.
        code: to join with.
        options: the call in all its detail, where a command line gave it; from the settings otherwise.
        events: told too, whatever happens.
        on_end: told the report or the error, at the end, on the call's thread.
    """

    kind: Literal["host", "join", "demo"]
    code: str = ""
    options: MeetingOptions | None = None
    events: MeetingEvents | None = None
    on_end: Callable[[MeetingReport | Exception], None] = lambda result: None
