"""The roofs: small kernels that count what they say they count."""

from __future__ import annotations

import numpy as np
import pytest

from app.bench import machine
from app.bench.machine import Machine, measure_machine


def test_the_better_rate_counts() -> None:
    assert Machine(1.0, 5.0, 2.0, 8.0).best(Machine(3.0, 4.0, 2.0, 9.0)) == Machine(3.0, 5.0, 2.0, 9.0)


def test_every_rate_is_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "ROUNDS", 100)
    monkeypatch.setattr(machine, "STREAM_BYTES", 1 << 16)
    monkeypatch.setattr(machine, "LOOKUPS", 1 << 10)
    found = measure_machine()
    assert all(rate > 0 for rate in (found.flops, found.memory, found.gathers, found.entries))
    assert "GFLOP/s" in found.describe()


def test_kernels_read_all_that_they_are_given() -> None:
    lanes = machine.LANES
    out = np.zeros((1, lanes), np.float32)
    machine._read(np.ones((8, lanes), np.float32), out)
    assert (out == 8).all()
    grid = np.arange(100, dtype=np.float32)
    machine._gather(grid, np.full((4, lanes), 7.0, np.float32), out)
    assert (out == 4 * 7).all()
    table = np.arange(40, dtype=np.float32).reshape(10, 4)
    machine._look_up(table, np.array([1, 3], np.uint32), out)
    assert out[0, :4].tolist() == (table[1] + table[3]).tolist()
    sums = np.full((machine.SUMS, lanes), 0.5, np.float32)
    machine._multiply_add(sums, 1, out)
    assert out[0, 0] == pytest.approx(machine.SUMS * (0.5 * 0.5 - 0.5))
