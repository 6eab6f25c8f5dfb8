"""What carries the face stream: messages of its own, or the sound's packets. Pure: time is an argument.

On the wire a message costs about ninety bytes and what it carries ten, so everything that waits goes together, and in
low-wire mode it rides on the packets that the sound needs anyway. Where no sound goes (no microphone, or it failed) the
same bundles go as messages.
"""

from __future__ import annotations

from app.net.bundle import Acknowledgement, Face, Item, LinkNote, pack_item
from app.net.opus_padding import RIDER_MAX, add_rider

RIDE_WAIT_NS = 130_000_000
"""Longest wait for a sound packet, two of 60 ms and a little: then a message of its own carries what waits."""

ASIDE_WAIT_NS = 100_000_000
"""Longest that an acknowledgement waits for a face to go with it."""

FACES_WAITING = 8
"""Face packets that may wait: more means that nothing leaves, and older ones are of no use."""


class Carriage:
    """Collects what is to be sent and says when a bundle is due.

    Attributes:
        low_wire: whether faces ride on sound packets.
        silent: whether nothing was to be heard in the last sound packet.
    """

    def __init__(self) -> None:
        self.low_wire = False
        self.silent = False
        self.dropped = 0
        self.ridden = 0
        self._faces: list[bytes] = []
        self._asides: dict[type[Item], bytes] = {}
        self._waiting_since_ns: int | None = None

    @property
    def waiting(self) -> int:
        """Face packets that wait."""
        return len(self._faces)

    def _wait(self, now_ns: int) -> None:
        if self._waiting_since_ns is None:
            self._waiting_since_ns = now_ns

    def add_face(self, payload: bytes, now_ns: int) -> bool:
        """Take a face packet; True when `message` is to be called and sent."""
        if len(self._faces) >= FACES_WAITING:
            self._faces.pop(0)
            self.dropped += 1
        self._faces.append(pack_item(Face(payload)))
        self._wait(now_ns)
        return not self.low_wire

    def add_aside(self, item: Acknowledgement | LinkNote, now_ns: int) -> None:
        """Take what goes along with faces; a newer one of its kind takes its place."""
        self._asides[type(item)] = pack_item(item)
        self._wait(now_ns)

    def wait_ns(self, now_ns: int) -> int | None:
        """Give how long what waits may go on waiting for company; None when nothing waits, 0 when it is due."""
        if self._waiting_since_ns is None:
            return None
        limit_ns = RIDE_WAIT_NS if self.low_wire else ASIDE_WAIT_NS
        return max(self._waiting_since_ns + limit_ns - now_ns, 0)

    def message(self) -> bytes:
        """Give all that waits as one bundle, and forget it."""
        bundle = b"".join((*self._faces, *self._asides.values()))
        self._faces, self._asides, self._waiting_since_ns = [], {}, None
        return bundle

    def ride(self, packet: bytes, silent: bool) -> bytes | None:
        """Put what waits on a sound packet.

        Args:
            packet: Opus, as the encoder gave it.
            silent: nothing is to be heard in it, so it need not be sent for its own sake.

        Returns:
            The packet to send, or None where it is not worth sending.
        """
        self.silent = silent
        if not self.low_wire or self._waiting_since_ns is None:
            return None if silent else packet
        bundle = self.message()
        if len(bundle) > RIDER_MAX:
            self.dropped += 1
            return None if silent else packet
        self.ridden += 1
        return add_rider(packet, bundle)
