"""The rendering bench: every size with every number of threads."""

from __future__ import annotations

import sys

import pytest

from app.bench import render
from app.bench.memory import measure_memory, resident_mb
from app.bench.render import BROKEN_DOWN, measure_render, spread
from tests.models.builders import made_up_code, made_up_identity


def test_every_size_is_rendered_with_every_number_of_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(render, "measure_memory", lambda identity, codes, sizes, backend: dict.fromkeys(sizes, 1.0))
    codes = [made_up_code(seed) for seed in range(3)]
    shares: list[float] = []
    rows = measure_render(made_up_identity(), codes, (32, 64), (1, 2), "cpu", shares.append)
    assert [(row["threads"], row["size"]) for row in rows] == [
        (1, "32x32"), (1, "64x64"), (2, "32x32"), (2, "64x64"),
    ]  # fmt: skip
    assert all(0 < float(row["ms_p50"]) <= float(row["ms_p95"]) for row in rows)
    assert shares == sorted(shares)
    assert shares[-1] == pytest.approx(1)


def test_a_few_codes_stand_for_all() -> None:
    codes = [made_up_code(seed) for seed in range(30)]
    chosen = spread(codes)
    assert len(chosen) == BROKEN_DOWN
    assert chosen[0] is codes[0]
    assert chosen[-1] is codes[-1]
    assert spread(codes[:3]) == codes[:3]


@pytest.mark.skipif(sys.platform != "linux", reason="other systems do not tell")
def test_memory_is_that_of_a_process_of_its_own() -> None:
    ballast = b"x" * 400_000_000
    held = measure_memory(made_up_identity(), [made_up_code()], (64, 32), "cpu")
    assert sorted(held) == [32, 64]
    assert all(20 < size < resident_mb() for size in held.values())
    assert len(ballast)
