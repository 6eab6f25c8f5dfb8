"""What a month of calls takes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.call.video_plan import SOUND_KBPS, VIDEO_LEAST_KBPS
from app.data_budget import FACE_KBPS, VIDEO_FROM_KBPS, VIDEO_KBPS, megabytes, monthly_data


def test_video_begins_where_the_call_says() -> None:
    assert VIDEO_FROM_KBPS == SOUND_KBPS + VIDEO_LEAST_KBPS


def test_a_megabit_for_an_hour_is_450_megabytes() -> None:
    assert megabytes(1000, 1) == pytest.approx(450)


def test_half_an_hour_a_day_without_a_limit() -> None:
    data = monthly_data(0.5, 0)
    assert data.avatar == pytest.approx(megabytes(FACE_KBPS, 15))
    assert data.video == pytest.approx(megabytes(VIDEO_KBPS, 15))


@given(st.floats(0, 24), st.integers(20, 100_000))
def test_a_limit_is_never_exceeded(hours: float, most_kbps: int) -> None:
    data = monthly_data(hours, most_kbps)
    assert 0 <= data.avatar <= data.video <= megabytes(2 * most_kbps, 30 * hours) + 1e-9
    assert data.video <= monthly_data(hours, 0).video


@pytest.mark.parametrize("hours", [-0.1, 24.5, float("nan")])
def test_a_day_has_24_hours(hours: float) -> None:
    with pytest.raises(ValueError, match="no part of a day"):
        monthly_data(hours, 0)
