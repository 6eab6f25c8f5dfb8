"""Which lost packets are sent again, and when. Pure: time is an argument.

Into a full queue a packet would only be lost once more, so it waits until there is room; whoever asks cannot have more
sent than a call has use for.
"""

from __future__ import annotations

from app.net.conduct import Allowance

REPEATS = (60.0, 60.0)
"""Packets sent again at once, and each second: a tenth of what 800 kbit/s are, three times over."""

AGAIN_NS = 20_000_000
"""A packet that is asked for twice within this time is sent once; where a queue has to empty, within a round trip."""

STALE_NS = 400_000_000
"""A packet that waited so long for room is not missed any more: a key picture was asked for in its place."""

WAITING_MOST = 64


class Repeats:
    """Keeps what was asked for until it is sent."""

    def __init__(self) -> None:
        self._allowance = Allowance(*REPEATS)
        self._waiting: dict[int, int] = {}
        self._sent: dict[int, int] = {}

    @property
    def are_waiting(self) -> bool:
        """Whether anything is to be sent."""
        return bool(self._waiting)

    def ask(self, sequence: int, now_ns: int, again_ns: int = AGAIN_NS) -> None:
        """Note that a packet is wanted again.

        Args:
            sequence: RTP sequence number.
            now_ns: time of the question.
            again_ns: if it was sent again within this time, that will do.
        """
        if now_ns - self._sent.get(sequence, now_ns - again_ns) >= again_ns and len(self._waiting) < WAITING_MOST:
            self._waiting.setdefault(sequence, now_ns)

    def take(self, now_ns: int) -> int | None:
        """Give a packet to be sent now; to be asked only while there is room, and again while there is more."""
        self._sent = {sequence: at_ns for sequence, at_ns in self._sent.items() if now_ns - at_ns < STALE_NS}
        while self._waiting:
            sequence = next(iter(self._waiting))
            asked_ns = self._waiting.pop(sequence)
            if now_ns - asked_ns < STALE_NS and self._allowance.take(now_ns):
                self._sent[sequence] = now_ns
                return sequence
        return None
