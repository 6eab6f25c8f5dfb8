"""The emulated link: what it loses, how long it takes, and that it is the same every time."""

import itertools
from typing import Any

import pytest

from app.net.emulator import OVERTAKEN_NS, QUEUE_MS, WIRE_OVERHEAD, LinkConditions, LinkEmulator

MS = 1_000_000


def test_perfect_link_is_instant() -> None:
    conditions = LinkConditions()
    assert conditions.is_perfect
    assert LinkEmulator(conditions, 1).admit(1000, 5) == 5


def test_delay_is_added() -> None:
    assert LinkEmulator(LinkConditions(delay_ms=30), 1).admit(100, 7 * MS) == 37 * MS


def test_loss_is_about_right_and_repeats_with_the_seed() -> None:
    def pattern(seed: int) -> list[bool]:
        link = LinkEmulator(LinkConditions(loss=0.1), seed)
        return [link.admit(100, index) is None for index in range(5000)]

    first = pattern(4)
    assert first == pattern(4)
    assert first != pattern(5)
    assert 400 < sum(first) < 600


def test_rate_spaces_packets_and_its_queue_is_bounded() -> None:
    link = LinkEmulator(LinkConditions(rate_kbps=800), 1)
    size = 1000 - WIRE_OVERHEAD
    arrivals = [link.admit(size, 0) for _ in range(100)]
    passed = [arrival for arrival in arrivals if arrival is not None]
    assert passed[:3] == [10 * MS, 20 * MS, 30 * MS]
    assert len(passed) == int(QUEUE_MS) // 10 + 1
    assert link.overflowed == 100 - len(passed)
    assert link.admit(size, 10_000 * MS) == 10_010 * MS


def test_rate_changes_while_packets_wait() -> None:
    link = LinkEmulator(LinkConditions(rate_kbps=800, rate_steps=((0.015, 80.0), (0.1, 8000.0))), 1)
    size = 1000 - WIRE_OVERHEAD
    # 10 ms at 800; then 4000 bits at 800 and 4000 at 80; then 35 ms at 80 and the rest at 8000.
    assert [link.admit(size, 5 * MS) for _ in range(3)] == [15 * MS, 70 * MS, 105 * MS + 650_000]
    assert link.admit(size, 5_000 * MS) == 5_001 * MS
    for wrong in (((5.0, 0.5),), ((5.0, 100.0), (4.0, 100.0))):
        with pytest.raises(ValueError, match="rate"):
            LinkConditions(rate_kbps=800, rate_steps=wrong)
    with pytest.raises(ValueError, match="rate"):
        LinkConditions(rate_steps=((1.0, 80.0),))


def test_slow_link_still_passes_a_handshake() -> None:
    link = LinkEmulator(LinkConditions(rate_kbps=8), 1)
    assert all(link.admit(1200, 0) is not None for _ in range(5))


def test_queue_can_be_longer() -> None:
    link = LinkEmulator(LinkConditions(rate_kbps=800, queue_ms=1000), 1)
    passed = [link.admit(1000 - WIRE_OVERHEAD, 0) for _ in range(300)]
    assert sum(arrival is not None for arrival in passed) == 101


def test_losses_come_in_bursts_of_the_length_asked_for() -> None:
    link = LinkEmulator(LinkConditions(loss=0.1, burst=5), 7)
    lost = [link.admit(100, index) is None for index in range(50_000)]
    lengths = [len(list(run)) for is_lost, run in itertools.groupby(lost) if is_lost]
    assert 0.08 < sum(lost) / len(lost) < 0.12
    assert 4.5 < sum(lengths) / len(lengths) < 5.5
    single = LinkEmulator(LinkConditions(loss=0.1), 7)
    runs = itertools.groupby(single.admit(100, index) is None for index in range(50_000))
    assert max(len(list(run)) for is_lost, run in runs if is_lost) < 9


def test_jitter_spreads_arrivals_and_keeps_their_order() -> None:
    link = LinkEmulator(LinkConditions(delay_ms=20, jitter_ms=30), 3)
    sent = [index * 10 * MS for index in range(500)]
    arrivals = [link.admit(100, now) or 0 for now in sent]
    delays = [arrival - now for arrival, now in zip(arrivals, sent, strict=True)]
    assert arrivals == sorted(arrivals)
    assert min(delays) >= 20 * MS
    assert 40 * MS < max(delays) <= 50 * MS


def test_some_packets_are_overtaken() -> None:
    link = LinkEmulator(LinkConditions(delay_ms=5, reorder=0.1), 3)
    sent = [index * 10 * MS for index in range(1000)]
    delays = [(link.admit(100, now) or 0) - now for now in sent]
    assert set(delays) == {5 * MS, 5 * MS + OVERTAKEN_NS}
    assert 60 < delays.count(5 * MS + OVERTAKEN_NS) < 140


def test_nothing_passes_in_an_outage() -> None:
    link = LinkEmulator(LinkConditions(outages=((1, 2), (3, 4))), 1)
    begin = 77_000 * MS
    passed = [second for second in range(50) if link.admit(100, begin + second * 100 * MS) is not None]
    assert passed == [*range(10), *range(20, 30), *range(40, 50)]
    link.is_cut = True
    assert link.admit(100, begin + 9000 * MS) is None
    link.is_cut = False
    assert link.admit(100, begin + 9100 * MS) is not None


@pytest.mark.parametrize(
    "values",
    [
        {"loss": -0.1},
        {"loss": 1.5},
        {"delay_ms": -1},
        {"delay_ms": 1e6},
        {"rate_kbps": 0},
        {"loss": float("nan")},
        {"burst": 0.5},
        {"jitter_ms": -1},
        {"reorder": 2},
        {"queue_ms": float("inf")},
        {"outages": ((2, 1),)},
    ],
)
def test_impossible_conditions_are_refused(values: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="not between"):
        LinkConditions(**values)
