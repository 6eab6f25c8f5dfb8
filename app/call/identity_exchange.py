"""Carrying an identity file across the call while it goes on. Pure: messages in, messages out, time is an argument."""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Callable

from app.net.control import IDENTITY_MAX, IdentityAnswer, IdentityChunk, IdentityOffer, IdentityReceived

CHUNK_BYTES = 2048
"""Two SCTP packets: small enough that other control messages do not wait long behind one, on a slow link too."""

WINDOW_LEAST, WINDOW_MOST = 2, 64
"""Chunks on their way at once: from four packets, the fewest with which SCTP notices a loss soon, to 128 kB."""

JUDGED_CHUNKS = 4
"""Round trips that must all have grown before the window shrinks: a repeated packet makes a few of them long."""

QUEUEING_NS = 40_000_000
"""Growth of a chunk's round trip over the least seen that means the transfer is filling a queue the call needs."""


class IdentityOfferer:
    """The sending side. It backs off when its own chunks make the link slow, so that sound and picture keep going.

    Args:
        data: the identity file.
        name: whose it is.
    """

    def __init__(self, data: bytes, name: str) -> None:
        self._data = data
        self.offer = IdentityOffer(hashlib.sha256(data).digest(), len(data), name)
        self._next: int | None = None
        self._in_flight: deque[tuple[int, int]] = deque()
        self._window = 4.0
        self._probing = True
        self._least_ns: int | None = None
        self._round_trips: deque[int] = deque(maxlen=JUDGED_CHUNKS)
        self.refused = False

    @property
    def progress(self) -> float:
        """Share of the file that the other end has, 0..1."""
        if self._next is None:
            return 0.0
        first = self._in_flight[0][0] - CHUNK_BYTES if self._in_flight else self._next
        return max(first, 0) / len(self._data)

    def answered(self, answer: IdentityAnswer, now_ns: int) -> list[IdentityChunk]:
        """Take the answer to the offer; gives the first chunks.

        Raises:
            ValueError: the answer asks for what is not there.
        """
        if not answer.accept:
            self.refused = True
            return []
        if answer.offset > len(self._data):
            raise ValueError(f"identity is asked for from byte {answer.offset} of {len(self._data)}")
        self._next = answer.offset
        self._in_flight.clear()
        return self._chunks(now_ns)

    def received(self, message: IdentityReceived, now_ns: int) -> list[IdentityChunk]:
        """Take word of what has arrived; gives the chunks that may go now."""
        while self._in_flight and self._in_flight[0][0] <= message.total:
            _, sent_ns = self._in_flight.popleft()
            self._adapt(now_ns - sent_ns)
        return self._chunks(now_ns)

    def _adapt(self, round_trip_ns: int) -> None:
        self._least_ns = min(self._least_ns or round_trip_ns, round_trip_ns)
        self._round_trips.append(round_trip_ns)
        if min(self._round_trips) <= self._least_ns + QUEUEING_NS:
            self._window = min(self._window + (1.0 if self._probing else 1 / self._window), WINDOW_MOST)
        elif len(self._round_trips) == JUDGED_CHUNKS:
            self._probing = False
            self._window = max(self._window / 2, WINDOW_LEAST)
            self._round_trips.clear()

    def _chunks(self, now_ns: int) -> list[IdentityChunk]:
        chunks: list[IdentityChunk] = []
        while self._next is not None and self._next < len(self._data) and len(self._in_flight) < int(self._window):
            data = self._data[self._next : self._next + CHUNK_BYTES]
            chunks.append(IdentityChunk(self._next, data))
            self._next += len(data)
            self._in_flight.append((self._next, now_ns))
        return chunks


class IdentityCollector:
    """The receiving side: takes no more than was offered, and gives nothing that does not match its digest.

    Args:
        known: gives the identity file with that SHA-256, where it is known from an earlier call, or None.
    """

    def __init__(self, known: Callable[[bytes], bytes | None] = lambda digest: None) -> None:
        self._known = known
        self._offer: IdentityOffer | None = None
        self._data = bytearray()

    @property
    def name(self) -> str:
        """Whose identity is on its way, as the other end says."""
        return self._offer.name if self._offer else ""

    @property
    def digest(self) -> bytes | None:
        """SHA-256 of the file that was offered last."""
        return self._offer.sha256 if self._offer else None

    def offered(self, offer: IdentityOffer) -> IdentityAnswer:
        """Answer an offer; the same file offered again goes on where it stopped.

        Raises:
            ValueError: the offer is too large.
        """
        if not 0 < offer.size <= IDENTITY_MAX:
            raise ValueError(f"identity of {offer.size} bytes is offered")
        if self._offer is None or self._offer.sha256 != offer.sha256:
            known = self._known(offer.sha256)
            is_right = known is not None and hashlib.sha256(known).digest() == offer.sha256
            self._data = bytearray(known or b"") if is_right else bytearray()
        self._offer = offer
        return IdentityAnswer(True, len(self._data))

    def chunk(self, chunk: IdentityChunk) -> IdentityReceived:
        """Take a chunk in; gives the acknowledgement.

        Raises:
            ValueError: none was offered, or the chunk is not the next one or goes beyond the end.
        """
        if self._offer is None:
            raise ValueError("identity chunk without an offer")
        if chunk.offset != len(self._data):
            raise ValueError(f"identity chunk at byte {chunk.offset}, not {len(self._data)}")
        if len(self._data) + len(chunk.data) > self._offer.size:
            raise ValueError("identity chunk goes beyond the offered size")
        self._data += chunk.data
        return IdentityReceived(len(self._data))

    @property
    def is_complete(self) -> bool:
        """Whether all bytes have arrived."""
        return self._offer is not None and len(self._data) == self._offer.size

    def take(self) -> bytes:
        """Give the file and forget it.

        Raises:
            ValueError: it is not complete, or not what was offered.
        """
        if self._offer is None or not self.is_complete:
            raise ValueError("identity is not complete")
        data, digest = bytes(self._data), self._offer.sha256
        self._offer, self._data = None, bytearray()
        if hashlib.sha256(data).digest() != digest:
            raise ValueError("identity does not match its digest")
        return data
