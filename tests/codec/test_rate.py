from __future__ import annotations

import numpy as np
import pytest

from codec.face import FaceEncoder
from codec.rate import FINEST, RateControl
from codec.statistics import FaceTables
from tests.codec.motion import FPS, speaker


def _kbps(tables: FaceTables, target: float, plate_bits: float = 0.0) -> float:
    encoder, rate = FaceEncoder(tables), RateControl(target, FPS)
    rate.spend(plate_bits)
    numbers = speaker(1000)
    bits = plate_bits
    for seq, vector in enumerate(numbers):
        size = 8 * len(encoder.encode(tables.layout.unpack(vector), seq, rate.quality, in_order=True).payload)
        encoder.acknowledge(seq)
        rate.update(size)
        bits += size
    return bits / 1000 / (len(numbers) / FPS)


@pytest.mark.parametrize("target", [0.8, 1.2, 2.0])
def test_the_average_meets_the_target(tables: FaceTables, target: float) -> None:
    assert _kbps(tables, target) == pytest.approx(target, rel=0.1)


def test_a_plate_is_paid_back(tables: FaceTables) -> None:
    assert _kbps(tables, 1.2, plate_bits=600 * 8) == pytest.approx(1.2, rel=0.1)


def test_plenty_ends_at_the_finest_quality_and_famine_at_the_coarsest() -> None:
    rich, poor = RateControl(100, 25), RateControl(0.01, 25)
    assert [rich.update(80) for _ in range(500)][-1] == FINEST
    assert [poor.update(80) for _ in range(1000)][-1] == 23


def test_a_steady_rate_on_target_changes_nothing() -> None:
    rate = RateControl(2.0, 25)
    assert set(np.array([rate.update(80) for _ in range(500)])) == {0}


@pytest.mark.parametrize(("kbps", "fps"), [(0, 25), (1, 0), (float("nan"), 25), (-1, 25), (1e9, 25)])
def test_senseless_targets_are_refused(kbps: float, fps: float) -> None:
    with pytest.raises(ValueError, match="cannot steer"):
        RateControl(kbps, fps)
