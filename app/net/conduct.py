"""What a peer may do before it is dropped: how often, and how often wrongly. Pure: time is an argument."""

from __future__ import annotations

from dataclasses import dataclass, field

from app.net.control import IdentityChunk, IdentityOffer, IdentityReceived, Message

CONTROL_MESSAGES = (200.0, 20.0)
"""Control messages at once, and each second: a call sends a few when a mode, a background or the window changes."""

IDENTITY_COST = 0.002
"""Of a chunk of identity or its acknowledgement: a fast network carries a few thousand a second. What chunks can amount
to is bounded by the size of the file that was offered."""

OFFER_COST = 20.0
"""Of an offer of an identity, which may lead to megabytes: ten at once, one a second."""

KEY_REQUESTS = (3.0, 2.0)
"""Requests for a key picture that are granted at once, and each second: key pictures alone would fill any link."""

WRONG_MESSAGES = (3.0, 1 / 60)
"""Wrong control messages that are forgiven; data channels neither lose nor damage any."""


class MisconductError(ValueError):
    """The other end does what no call needs; the message says what."""


@dataclass(slots=True)
class Allowance:
    """So many at once, and so many a second in the long run.

    Attributes:
        burst: most at once.
        per_second: how fast the allowance comes back.
    """

    burst: float
    per_second: float
    _left: float = field(init=False)
    _since_ns: int | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        self._left = self.burst

    def take(self, now_ns: int, amount: float = 1.0) -> bool:
        """Use some of it up; False when there is not so much left.

        Args:
            now_ns: monotonic clock.
            amount: how much.
        """
        if self._since_ns is not None:
            gained = (now_ns - self._since_ns) / 1e9 * self.per_second
            self._left = min(self.burst, self._left + max(gained, 0.0))
        self._since_ns = now_ns
        if self._left < amount:
            return False
        self._left -= amount
        return True


class Silence:
    """Measures how long nothing came from the other end, in time during which this end listened.

    A machine that stood still for a second has heard nothing in it, and that says nothing about the link.
    """

    STEP_NS = 300_000_000
    """Most that one look adds: looks come every 0.1 s, so a longer pause is this machine's own."""

    def __init__(self) -> None:
        self._heard = -1
        self._looked_ns: int | None = None
        self.lasted_ns = 0

    def look(self, heard_packets: int, now_ns: int) -> int:
        """Give how long the silence has lasted, ns.

        Args:
            heard_packets: how many packets have come so far.
            now_ns: monotonic clock.
        """
        passed_ns = 0 if self._looked_ns is None else min(now_ns - self._looked_ns, self.STEP_NS)
        self._looked_ns = now_ns
        self.lasted_ns = 0 if heard_packets != self._heard else self.lasted_ns + passed_ns
        self._heard = heard_packets
        return self.lasted_ns


def patience_ns(attempt: int) -> int:
    """How long an attempt to reconnect may go without a packet from the other end, ns.

    Args:
        attempt: which one since the connection was lost, from 0.

    The first ten come quickly, so that a link that is back is found within two seconds; then they double up to 15 s,
    for every attempt leaves a few kilobytes at the meeting point.
    """
    return min(2 << max(attempt - 9, 0), 15) * 1_000_000_000


class ControlConduct:
    """Judges what the other end sends on the control channel."""

    def __init__(self) -> None:
        self._messages = Allowance(*CONTROL_MESSAGES)
        self._wrong = Allowance(*WRONG_MESSAGES)
        self._keys = Allowance(*KEY_REQUESTS)

    def sent(self, message: Message, now_ns: int) -> None:
        """Count a message.

        Raises:
            MisconductError: there are too many.
        """
        match message:
            case IdentityChunk() | IdentityReceived():
                cost = IDENTITY_COST
            case IdentityOffer():
                cost = OFFER_COST
            case _:
                cost = 1.0
        if not self._messages.take(now_ns, cost):
            raise MisconductError("it floods the control channel")

    def is_too_often_wrong(self, now_ns: int) -> bool:
        """Count a message that was wrong, and tell whether that was one too many."""
        return not self._wrong.take(now_ns)

    def may_ask_for_key(self, now_ns: int) -> bool:
        """Count a request for a key picture, and tell whether it is granted."""
        return self._keys.take(now_ns)
