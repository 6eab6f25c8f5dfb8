from __future__ import annotations

from dataclasses import replace
from typing import Any

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
)
from codec.quantise import LIMIT, UNIT, scale_of
from codec.statistics import FaceTables


def _still(size: int, distance: int = 1) -> FrameState:
    values = list(range(0, size * 100, 100))
    return FrameState(10, distance, 0, values, values, values, [0] * size, [0, 0, 0])


def test_distance_classes_partition_the_ring() -> None:
    classes = [distance_class(distance) for distance in range(1, MAX_DISTANCE + 1)]
    assert classes == sorted(classes)
    assert set(classes) == set(range(len(DISTANCES)))
    assert [distance_class(distance) for distance in TRAINED_AT] == list(range(len(DISTANCES)))


def test_a_still_face_is_expected_to_stay(tables: FaceTables) -> None:
    state = _still(tables.layout.size)
    assert expect(tables.prediction(), state, 5) == state.values


def test_velocity_counts_per_frame_of_distance(tables: FaceTables) -> None:
    size = tables.layout.size
    prediction = replace(FaceTables.generic().prediction(), velocity=[[4096] * size] * 7, pull=[[0] * size] * 7)
    near = replace(_still(size, 1), before=[value - 60 for value in _still(size).values])
    far = replace(near, distance=3)
    assert expect(prediction, near, 2) == [value + 120 for value in near.values]
    assert expect(prediction, far, 2) == [value + 40 for value in near.values]


def test_big_residuals_widen_the_scales_and_none_narrow_them(tables: FaceTables) -> None:
    prediction, state = tables.prediction(), _still(tables.layout.size)
    wide = code_inter(prediction, state, 1, 0, UNIT, lambda *_: 200)
    narrow = code_inter(prediction, state, 1, 0, UNIT, lambda *_: 0)
    assert min(wide.spread) > 0 >= max(narrow.spread)
    assert min(wide.group_spread) > 0 >= max(narrow.group_spread)


def test_state_stays_bounded_whatever_is_decoded(tables: FaceTables) -> None:
    prediction = tables.prediction()
    state = code_key(prediction, 0, 23, scale_of(23), lambda *_: 65536)
    for turn in range(300):
        state = code_inter(prediction, state, 63, 23, scale_of(23), lambda *_, sign=turn % 3 - 1: sign * 65536)
    assert max(map(abs, state.values)) <= LIMIT
    assert max(map(abs, state.mean)) <= LIMIT
    assert max(map(abs, state.spread + state.group_spread)) <= SPREAD_LIMIT
    assert 0 <= state.digest() <= 0xFFFF


@pytest.mark.parametrize("field", ["values", "before", "mean", "spread", "group_spread"])
def test_the_digest_covers_all_that_prediction_uses(tables: FaceTables, field: str) -> None:
    state = _still(tables.layout.size)
    changed: dict[str, Any] = {field: [*getattr(state, field)[:-1], 77]}
    assert replace(state, **changed).digest() != state.digest()
