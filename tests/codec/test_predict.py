from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from codec.predict import (
    DISTANCES,
    MAX_DISTANCE,
    SPREAD_LIMIT,
    TRAINED_AT,
    FrameState,
    code_inter,
    code_key,
    distance_class,
    expect,
    rebuild,
    rebuild_key,
)
from codec.quantise import LIMIT
from codec.statistics import FaceTables
from codec.transform import MOST_FRAMES


def _still(size: int, distance: int = 1) -> FrameState:
    values = np.arange(0, size * 100, 100)
    return FrameState(10, distance, 1, 0, values, values, [0] * size, [0] * MOST_FRAMES)


def test_distance_classes_partition_the_ring() -> None:
    classes = [distance_class(distance) for distance in range(1, MAX_DISTANCE + 1)]
    assert classes == sorted(classes)
    assert set(classes) == set(range(len(DISTANCES)))
    assert [distance_class(distance) for distance in TRAINED_AT] == list(range(len(DISTANCES)))
    assert distance_class(MAX_DISTANCE + MOST_FRAMES) == len(DISTANCES) - 1


def test_a_still_face_is_expected_to_stay(tables: FaceTables) -> None:
    state = _still(tables.layout.size)
    assert (expect(tables.prediction(), state, 5, 3) == state.values).all()


def test_velocity_counts_per_frame_of_distance(tables: FaceTables) -> None:
    size = tables.layout.size
    prediction = replace(FaceTables.generic().prediction(), velocity=np.full((7, size), 4096))
    near = replace(_still(size, 1), before=_still(size).values - 60)
    far = replace(near, distance=3)
    assert (expect(prediction, near, 2, 2) - near.values == [[120], [180]]).all()
    assert (expect(prediction, far, 2, 1) == near.values + 40).all()


@pytest.mark.parametrize("count", range(1, MOST_FRAMES + 1))
def test_big_residuals_widen_the_scales_and_none_narrow_them(tables: FaceTables, count: int) -> None:
    prediction, state = tables.prediction(), _still(tables.layout.size)
    wide = code_inter(prediction, state, 1, count, 0, lambda *_: 200)
    narrow = code_inter(prediction, state, 1, count, 0, lambda *_: 0)
    assert min(wide.spread) > 0 >= max(narrow.spread)
    assert min(wide.order_spread[:count]) > 0 >= max(narrow.order_spread[:count])
    assert not any(wide.order_spread[count:])


def test_far_references_widen_the_drift_alone(tables: FaceTables) -> None:
    prediction = tables.prediction()
    near, far = prediction.scales(1, 3), prediction.scales(12, 3)
    assert near[1:] == far[1:]
    assert np.mean(far[0]) > np.mean(near[0]) + 256


def test_state_stays_bounded_whatever_is_decoded(tables: FaceTables) -> None:
    prediction = tables.prediction()
    state = rebuild_key(prediction, 0, 23, code_key(prediction, 23, lambda *_: 65536))
    for turn in range(200):
        count = turn % MOST_FRAMES + 1
        expected = expect(prediction, state, 63, count)
        coded = code_inter(prediction, state, 63, count, 23, lambda *_, sign=turn % 3 - 1: sign * 65536)
        values, state = rebuild(prediction, state, expected, 63, 23, coded)
        assert np.abs(values).max() <= LIMIT
    assert max(map(abs, state.spread + state.order_spread)) <= SPREAD_LIMIT
    assert 0 <= state.digest() <= 0xFFFF


def test_a_packet_of_several_frames_ends_in_a_velocity_of_one_frame(tables: FaceTables) -> None:
    prediction, state = tables.prediction(), _still(tables.layout.size)
    coded = code_inter(prediction, state, 4, 3, 0, lambda order, *_: 3 - order)
    values, after = rebuild(prediction, state, expect(prediction, state, 4, 3), 4, 0, coded)
    assert (after.seq, after.distance, after.count) == (16, 1, 3)
    assert (after.values == values[2]).all()
    assert (after.before == values[1]).all()


@pytest.mark.parametrize("field", ["values", "before", "spread", "order_spread", "distance", "count", "quality", "seq"])
def test_the_digest_covers_all_that_prediction_uses(tables: FaceTables, field: str) -> None:
    state = _still(tables.layout.size)
    old = getattr(state, field)
    changed: Any = old + 1 if isinstance(old, int) else [*old[:-1], 77]
    parts: dict[str, Any] = {field: np.asarray(changed) if isinstance(old, np.ndarray) else changed}
    assert replace(state, **parts).digest() != state.digest()
