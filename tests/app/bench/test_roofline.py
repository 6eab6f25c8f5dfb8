"""What a frame has to do, against what a machine can."""

from __future__ import annotations

import numpy as np
import pytest
from torch import nn

from app.bench.machine import Machine
from app.bench.roofline import LEVELS, NETWORK_GAIN, STAGES, Work, measure_stages, mlp_flop, stage_rows
from models.field.head import HEAD_GRID
from models.field.torso import TORSO_GRID, TorsoField
from tests.models.builders import made_up_code, made_up_identity

MACHINE = Machine(flops=1e9, memory=1e9, gathers=1e9, entries=1e9)


def test_operations_are_those_of_the_networks() -> None:
    layers = [module for module in TorsoField().modules() if isinstance(module, nn.Linear)]
    assert mlp_flop(TORSO_GRID.width) == 2 * sum(layer.weight.numel() for layer in layers)
    assert HEAD_GRID.levels == TORSO_GRID.levels == LEVELS


def test_a_stage_is_held_against_the_tighter_roof() -> None:
    work = Work(pixels=0, steps=0, head=0, torso=1000)
    ms = {"prepare": 1.0, "march": 2.0, "encode": 3.0, "MLP": 40.0, "whole": 50.0}
    rows = {str(row["stage"]): row for row in stage_rows("64x64", ms, work, MACHINE)}
    assert list(rows) == [*STAGES, "whole"]
    assert rows["composite"]["ms"] == pytest.approx(4.0)
    assert sum(float(rows[stage]["share"]) for stage in STAGES) == pytest.approx(1)
    assert rows["MLP"]["limit"] == "operations"
    assert rows["MLP"]["least_ms"] == pytest.approx(1000 * mlp_flop(32) / (1e9 * NETWORK_GAIN) * 1e3)
    assert rows["MLP"]["reached"] == pytest.approx(float(rows["MLP"]["least_ms"]) / 40.0)
    assert rows["encode"]["limit"] == "bytes"
    assert rows["encode"]["mbyte"] == pytest.approx(1000 * 8 * 4 * 16 / 1e6)
    assert np.isnan(float(rows["prepare"]["reached"]))
    assert rows["whole"]["mflop"] == pytest.approx(sum(float(rows[stage]["mflop"]) for stage in STAGES))


def test_twice_the_side_is_four_times_the_work() -> None:
    codes = [made_up_code(seed) for seed in range(2)]
    shares: list[float] = []
    machine, rows = measure_stages(made_up_identity(), codes, (64, 128), shares.append)
    assert machine.flops > 0
    assert [row["size"] for row in rows] == ["64x64"] * 6 + ["128x128"] * 6
    small, large = ({str(row["stage"]): row for row in rows if row["size"] == size} for size in ("64x64", "128x128"))
    assert float(large["MLP"]["mflop"]) == pytest.approx(4 * float(small["MLP"]["mflop"]), rel=0.1)
    assert float(large["march"]["mbyte"]) > 2 * float(small["march"]["mbyte"])
    assert shares == [0.25, 0.5, 0.75, 1.0]
