"""What a link carries, out of packets that met on it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.net.path_rate import OWN_SHARE, PACKETS_MOST, RATE_NS, PathRate

MS = 1_000_000
LEAST_NS = 20 * MS


def cross(path: PathRate, kbps: float, pictures: int, beside: int = 0, size: int = 1000) -> None:
    """Send pictures of two packets over a link of this rate, 100 ms apart, with other bytes before the second."""
    link_ns = 0.0
    sent_beside = 0
    for picture in range(pictures):
        sent_ns = picture * 100 * MS
        for packet in range(2):
            sent_beside += beside * packet
            link_ns = max(link_ns, sent_ns) + (size + beside * packet) * 8e6 / kbps
            path.add(sent_ns, round(link_ns) + LEAST_NS, size, sent_beside, LEAST_NS)


def test_packets_that_met_show_the_link_and_not_what_was_sent() -> None:
    path = PathRate()
    assert path.capacity_kbps() is None
    cross(path, 400.0, 8)
    assert path.capacity_kbps() == pytest.approx(400.0, rel=0.01)
    arrived = path.arrival_kbps()
    assert arrived is not None
    assert arrived < 200
    assert path.due_kbps() == 0.0
    path.rest()
    assert (path.capacity_kbps(), path.arrival_kbps()) == (None, None)


def test_packets_that_did_not_meet_show_nothing() -> None:
    path = PathRate()
    for packet in range(20):
        path.add(packet * 50 * MS, packet * 50 * MS + LEAST_NS + 2 * MS, 1200, 0, LEAST_NS)
    assert path.capacity_kbps() is None
    assert path.arrival_kbps() == pytest.approx(1200 * 8 / 50)


def test_beside_much_other_traffic_a_share_is_due() -> None:
    path = PathRate()
    cross(path, 400.0, 8, beside=3000)
    assert path.due_kbps() == pytest.approx(OWN_SHARE * 400.0, rel=0.01)
    capacity = path.capacity_kbps(least_bytes=1000)
    assert capacity == pytest.approx(OWN_SHARE * 400.0, rel=0.01)


@given(st.lists(st.tuples(st.integers(-(10**15), 10**15), st.integers(0, 1500)), max_size=100))
def test_any_times_give_positive_rates_and_bounded_memory(arrivals: list[tuple[int, int]]) -> None:
    path = PathRate()
    for index, (arrived_ns, size) in enumerate(arrivals):
        path.add(index, arrived_ns, size, 0, 0)
        for rate in (path.capacity_kbps(), path.arrival_kbps(), path.due_kbps()):
            assert rate is None or rate >= 0
    assert len(path._arrived) <= PACKETS_MOST
    assert RATE_NS > 0
