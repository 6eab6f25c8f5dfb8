"""Progress lines."""

from __future__ import annotations

import io

import pytest

from app import progress


@pytest.mark.parametrize(("seconds", "text"), [(0.2, "0:00"), (75.2, "1:15"), (3700, "1:01:40"), (-3, "0:00")])
def test_durations(seconds: float, text: str) -> None:
    assert progress.format_duration(seconds) == text


def test_time_left_follows_from_the_time_spent() -> None:
    assert progress.describe("work", 0.25, 20.0).endswith("25%, 1:00 left")
    assert progress.describe("work", 0.25, 20.0, left_s=5.0).endswith("25%, 0:05 left")


def test_quick_work_shows_nothing() -> None:
    stream = io.StringIO()
    bar = progress.ProgressBar("work", stream)
    for step in range(10):
        bar.update(step / 10)
    bar.close()
    assert stream.getvalue() == ""


def test_long_work_is_logged_now_and_then(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: now[0])
    stream = io.StringIO()
    bar = progress.ProgressBar("work", stream)
    for step in range(300):
        now[0] = step / 10
        bar.update(step / 300)
    lines = stream.getvalue().splitlines()
    assert 2 <= len(lines) <= 4
    assert all("left" in line for line in lines)
