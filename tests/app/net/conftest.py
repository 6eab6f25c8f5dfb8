"""A meeting point for the tests of this folder, and the lines to it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import pytest

from app.net.pairing import Pairing, PairingError, PairingHandlers
from app.net.rendezvous import Address, MeetingPoint


@pytest.fixture(scope="session")
def meeting_point() -> Iterator[str]:
    """The URL of a mailbox server on the loopback address."""
    point = MeetingPoint(Address("127.0.0.1", 0))
    yield f"ws://127.0.0.1:{point.port}"
    point.close()


class LineEnd:
    """A line to the meeting point and everything that it said."""

    def __init__(self, url: str) -> None:
        self.codes: list[str] = []
        self.paired: list[bool] = []
        self.messages: list[bytes] = []
        self.lines: list[bool] = []
        self.failures: list[PairingError] = []
        self.on_message: Callable[[bytes], None] = self.messages.append
        self.on_line: Callable[[bool], None] = self.lines.append
        self.pairing = Pairing(
            url,
            PairingHandlers(
                on_code=self.codes.append,
                on_paired=lambda: self.paired.append(True),
                on_message=lambda message: self.on_message(message),
                on_line=lambda is_up: self.on_line(is_up),
                on_failed=self.failures.append,
            ),
        )


def wait_for(condition: Callable[[], object], seconds: float = 20.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.005)


def pair(first: LineEnd, second: LineEnd) -> str:
    """Bring two lines together; gives the code."""
    first.pairing.host()
    wait_for(lambda: first.codes)
    second.pairing.join(first.codes[0])
    wait_for(lambda: first.paired and second.paired)
    return first.codes[0]


@pytest.fixture
def lines(meeting_point: str) -> Iterator[tuple[LineEnd, LineEnd]]:
    ends = LineEnd(meeting_point), LineEnd(meeting_point)
    yield ends
    for end in ends:
        end.pairing.close()
