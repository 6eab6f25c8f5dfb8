"""A training step's parts: each is found in the code as it is, and together they are the step."""

from __future__ import annotations

import cProfile
import pstats
import time

import pytest

from app import paths
from app.bench import step_profile
from app.bench.step_profile import PARTS, REST, WHOLE, profile_steps, split
from app.offline import read_range


def test_every_part_of_a_step_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(step_profile, "WARM_UP", 1)
    monkeypatch.setattr(step_profile, "STEPS", 17)  # occupancy is refreshed after every 16th
    frames = [frame.rgb for frame in read_range(paths.sample_clip(), (0, 30), 256)]
    shares: list[float] = []
    rows = {str(row["part"]): row for row in profile_steps(frames, shares.append)}
    assert list(rows) == [*PARTS, REST, WHOLE]
    assert all(float(rows[part]["learning_ms"]) > 0 for part in PARTS)
    assert all(float(rows[part]["baked_ms"]) > 0 for part in PARTS if part != "occupancy")
    assert rows["occupancy"]["baked_ms"] == 0
    for phase in ("learning_share", "baked_share"):
        assert sum(float(row[phase]) for part, row in rows.items() if part != WHOLE) == pytest.approx(1)
        assert float(rows[REST][phase]) < 0.5
    assert shares == sorted(shares)
    assert shares[-1] == 1


def test_a_part_within_a_part_counts_once(monkeypatch: pytest.MonkeyPatch) -> None:
    def inner() -> None:
        time.sleep(0.002)

    def outer() -> None:
        inner()

    def step() -> None:
        outer()
        inner()

    monkeypatch.setattr(step_profile, "STEP", f"{__file__}:step")
    monkeypatch.setattr(step_profile, "PARTS", {name: (f"{__file__}:{name}",) for name in ("inner", "outer")})
    profile = cProfile.Profile()
    for _ in range(3):
        profile.runcall(step)
    times = split(pstats.Stats(profile))
    assert times["outer"] + times["inner"] + times[REST] == pytest.approx(times[WHOLE])
    assert times["inner"] >= 2
    assert times["outer"] >= 2
