"""The emulated link: what it loses, how long it takes, and that it is the same every time."""

import pytest

from app.net.emulator import QUEUE_MS, WIRE_OVERHEAD, LinkConditions, LinkEmulator

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
    assert len(passed) == QUEUE_MS // 10 + 1
    assert link.overflowed == 100 - len(passed)
    assert link.admit(size, 10_000 * MS) == 10_010 * MS


def test_slow_link_still_passes_a_handshake() -> None:
    link = LinkEmulator(LinkConditions(rate_kbps=8), 1)
    assert all(link.admit(1200, 0) is not None for _ in range(5))


@pytest.mark.parametrize(
    "values",
    [{"loss": -0.1}, {"loss": 1.5}, {"delay_ms": -1}, {"delay_ms": 1e6}, {"rate_kbps": 0}, {"loss": float("nan")}],
)
def test_impossible_conditions_are_refused(values: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="is not between"):
        LinkConditions(**values)
