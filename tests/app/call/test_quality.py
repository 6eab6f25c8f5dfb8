"""How good a link is said to be."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.call.quality import Quality, judge


@pytest.mark.parametrize(
    ("loss_in", "loss_out", "round_trip_ms", "is_out", "quality"),
    [
        (0.0, 0.0, 0.0, False, Quality(4, "excellent", "")),
        (0.0, 0.005, 80.0, False, Quality(4, "excellent", "")),
        (0.03, 0.0, 80.0, False, Quality(3, "good", "loss")),
        (0.0, 0.03, 80.0, False, Quality(3, "good", "loss")),
        (0.0, 0.0, 250.0, False, Quality(3, "good", "delay")),
        (0.08, 0.0, 250.0, False, Quality(2, "fair", "loss")),
        (0.0, 0.0, 500.0, False, Quality(2, "fair", "delay")),
        (0.3, 0.0, 20.0, False, Quality(1, "poor", "loss")),
        (0.0, 0.0, 2000.0, False, Quality(1, "poor", "delay")),
        (0.0, 0.0, 10.0, True, Quality(0, "lost", "outage")),
    ],
)
def test_the_worse_direction_counts(
    loss_in: float, loss_out: float, round_trip_ms: float, is_out: bool, quality: Quality
) -> None:
    assert judge(loss_in, loss_out, round_trip_ms, is_out) == quality


@given(st.floats(0, 1), st.floats(0, 1), st.floats(0, 5000), st.floats(0, 1))
def test_more_loss_is_never_better(loss: float, other: float, round_trip_ms: float, more: float) -> None:
    assert judge(min(loss + more, 1), other, round_trip_ms, False).bars <= judge(loss, other, round_trip_ms, False).bars
