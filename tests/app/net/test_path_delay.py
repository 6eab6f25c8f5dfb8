"""The queue on the way, out of delays between two clocks."""

import pytest

from app.net.path_delay import BASE_BUCKET_NS, BASE_BUCKETS, MS, TREND_NS, PathDelay

CLOCKS_APART_NS = -7 * 10**12


def test_the_queue_is_what_exceeds_the_least_delay_whatever_the_clocks() -> None:
    path = PathDelay()
    queues = [path.add(CLOCKS_APART_NS + delay_ms * MS, 50 * MS * at) for at, delay_ms in enumerate((40, 30, 55, 30))]
    assert queues == [0.0, 0.0, 25.0, 0.0]
    assert path.least_ns() == CLOCKS_APART_NS + 30 * MS


def test_slope_is_the_growth_of_the_queue() -> None:
    path = PathDelay()
    assert path.slope() == 0.0
    for at in range(20):
        path.add((100 + 10 * at) * MS, 50 * MS * at)
    assert path.slope() == pytest.approx(0.2)
    assert len(path._recent) == TREND_NS // (50 * MS) + 1


def test_one_large_picture_is_no_standing_queue() -> None:
    path = PathDelay()
    assert path.standing_ms() == 0.0
    for at, delay_ms in enumerate((10, 10, 90)):
        path.add(delay_ms * MS, 50 * MS * at)
    assert path.standing_ms() == 0.0
    path.add(90 * MS, 200 * MS)
    assert path.standing_ms() == 80.0
    path.rest()
    assert path.standing_ms() == 0.0
    assert path.least_ns() == 10 * MS


def test_an_old_least_delay_is_forgotten() -> None:
    path = PathDelay()
    path.add(10 * MS, 0)
    for bucket in range(1, BASE_BUCKETS + 1):
        path.add(60 * MS, bucket * BASE_BUCKET_NS)
    assert path.add(60 * MS, (BASE_BUCKETS + 1) * BASE_BUCKET_NS) == 0.0
    path.forget()
    assert path.least_ns() is None
