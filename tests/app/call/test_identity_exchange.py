"""An identity crosses in order, whole or not at all, and gives way on a slow link."""

from collections import deque

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.call.identity_exchange import CHUNK_BYTES, WINDOW_LEAST, WINDOW_MOST, IdentityCollector, IdentityOfferer
from app.net.control import IDENTITY_MAX, IdentityAnswer, IdentityChunk, IdentityOffer, IdentityReceived

MS = 1_000_000


def carry(data: bytes, round_trip_ms: float, bytes_per_ms: float | None = None) -> tuple[bytes, list[int]]:
    """Carry a file over a link with a queue; gives what came and the chunks in flight at each acknowledgement."""
    offerer, collector = IdentityOfferer(data, "Ada"), IdentityCollector()
    link: deque[tuple[float, IdentityChunk]] = deque()
    free_at = now = 0.0
    in_flight: list[int] = []

    def send(chunks: list[IdentityChunk]) -> None:
        nonlocal free_at
        for chunk in chunks:
            free_at = max(free_at, now) + (len(chunk.data) / bytes_per_ms if bytes_per_ms else 0)
            link.append((free_at + round_trip_ms, chunk))

    send(offerer.answered(collector.offered(offerer.offer), 0))
    while link:
        now, chunk = link.popleft()
        received = collector.chunk(chunk)
        in_flight.append(len(link) + 1)
        send(offerer.received(received, round(now * MS)))
    assert offerer.progress == 1
    assert collector.is_complete
    return collector.take(), in_flight


@given(st.integers(1, 5 * CHUNK_BYTES))
def test_any_length_arrives(length: int) -> None:
    data = bytes(index % 251 for index in range(length))
    assert carry(data, 20)[0] == data


def test_window_grows_on_a_free_link_and_stays_small_on_a_slow_one() -> None:
    data = bytes(1_000_000)
    free = carry(data, 100)[1]
    slow = carry(data[:200_000], 20, bytes_per_ms=10)[1]
    assert max(free) > 30
    assert max(free) <= WINDOW_MOST
    assert sum(slow) / len(slow) * CHUNK_BYTES / 10 < 1500  # milliseconds of queue, of which a little is meant
    assert min(slow[20:-5]) >= WINDOW_LEAST


def test_a_file_half_there_goes_on() -> None:
    data = bytes(range(256)) * 40
    offerer, collector = IdentityOfferer(data, "Ada"), IdentityCollector()
    for chunk in offerer.answered(collector.offered(offerer.offer), 0)[:2]:
        collector.chunk(chunk)
    again = IdentityOfferer(data, "Ada")
    answer = collector.offered(again.offer)
    assert answer == IdentityAnswer(True, 2 * CHUNK_BYTES)
    chunks = again.answered(answer, 0)
    while chunks:
        chunks = again.received([collector.chunk(chunk) for chunk in chunks][-1], 0)
    assert collector.take() == data


def test_another_file_begins_anew() -> None:
    collector = IdentityCollector()
    offerer = IdentityOfferer(bytes(9000), "Ada")
    collector.chunk(offerer.answered(collector.offered(offerer.offer), 0)[0])
    assert collector.offered(IdentityOfferer(bytes(8000), "Bob").offer).offset == 0
    assert collector.name == "Bob"


def test_refused_offer_sends_nothing() -> None:
    offerer = IdentityOfferer(bytes(100), "Ada")
    assert offerer.answered(IdentityAnswer(False, 0), 0) == []
    assert offerer.refused
    assert offerer.received(IdentityReceived(1 << 31), 0) == []


def test_file_that_is_known_already_needs_no_chunks() -> None:
    offerer = IdentityOfferer(bytes(100), "Ada")
    assert offerer.answered(IdentityAnswer(True, 100), 0) == []
    with pytest.raises(ValueError, match="asked for from byte"):
        offerer.answered(IdentityAnswer(True, 101), 0)


def test_hostile_chunks_are_refused() -> None:
    collector = IdentityCollector()
    with pytest.raises(ValueError, match="without an offer"):
        collector.chunk(IdentityChunk(0, b"x"))
    collector.offered(IdentityOffer(bytes(32), 10, ""))
    for chunk, what in ((IdentityChunk(5, b"x"), "at byte 5"), (IdentityChunk(0, b"x" * 11), "beyond")):
        with pytest.raises(ValueError, match=what):
            collector.chunk(chunk)
    with pytest.raises(ValueError, match="not complete"):
        collector.take()
    with pytest.raises(ValueError, match="is offered"):
        collector.offered(IdentityOffer(bytes(32), IDENTITY_MAX + 1, ""))


def test_file_with_another_digest_is_refused() -> None:
    collector = IdentityCollector()
    collector.offered(IdentityOffer(bytes(32), 4, "Mallory"))
    collector.chunk(IdentityChunk(0, b"evil"))
    with pytest.raises(ValueError, match="digest"):
        collector.take()
    assert not collector.is_complete
