from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codec.face import FaceEncoder
from codec.layout import Layout
from codec.statistics import FaceTables
from codec.table_training import train_tables
from tests.codec.motion import speaker, steps


def _bytes_per_frame(tables: FaceTables, numbers: np.ndarray, delay: int = 1) -> float:
    encoder = FaceEncoder(tables)
    sizes = []
    for seq, vector in enumerate(numbers):
        if seq >= delay:
            encoder.acknowledge(seq - delay)
        sizes.append(len(encoder.encode(tables.layout.unpack(vector), seq, in_order=True).payload))
    return float(np.mean(sizes[30:]))


def test_personal_tables_beat_the_generic_ones(tables: FaceTables) -> None:
    unseen = speaker(200, start=700)
    for delay in (1, 3, 8):
        generic = _bytes_per_frame(FaceTables.generic(), unseen, delay)
        assert _bytes_per_frame(tables, unseen, delay) < 0.98 * generic


def test_training_is_deterministic(tables: FaceTables) -> None:
    again = train_tables(speaker(500), [250], steps(), Layout())
    for name, array in tables.to_arrays().items():
        assert np.array_equal(array, again.to_arrays()[name]), name


def test_arrays_round_trip(tables: FaceTables) -> None:
    back = FaceTables.from_arrays(tables.to_arrays())
    assert back.layout == tables.layout
    for name, array in tables.to_arrays().items():
        assert np.array_equal(array, back.to_arrays()[name]), name


def test_temporal_functions_are_orthonormal_and_the_first_holds_most(tables: FaceTables) -> None:
    for basis, scales in zip(tables.prediction().basis[1:], tables.prediction().order_scale[1:], strict=True):
        count = basis.shape[1]
        product = np.einsum("imj,inj->imn", basis, basis) / 2**28
        assert np.abs(product - np.eye(count)).max() < 1e-3
        assert np.mean(scales[0]) > np.mean(scales[1]) > np.mean(scales[-1]) - 100


def test_identities_from_before_packets_had_several_frames_still_serve(tables: FaceTables) -> None:
    old = {name: array for name, array in tables.to_arrays().items() if name not in ("basis", "order_scale")}
    size = tables.layout.size
    old |= {"pull": np.zeros((7, size), np.int16), "parents": np.zeros((size, 2), np.uint8)}
    back = FaceTables.from_arrays(old)
    assert np.array_equal(back.basis, FaceTables.generic().basis)
    assert np.array_equal(back.order_scale[0], np.asarray(tables.scale[0]) + 711)


@pytest.mark.parametrize("frames", [0, 1, 2, 31, 33, 60])
def test_short_enrolments_still_give_tables(frames: int) -> None:
    tables = train_tables(speaker(frames), [0, 1, 10], steps(), Layout())
    assert _bytes_per_frame(tables, speaker(60)) < 60


def test_a_face_that_never_moves_gives_tables() -> None:
    tables = train_tables(np.tile(speaker(1), (100, 1)), [], steps(), Layout())
    assert _bytes_per_frame(tables, np.tile(speaker(1), (60, 1))) < 4


def test_senseless_training_input_is_refused() -> None:
    layout, numbers = Layout(), speaker(40)
    with pytest.raises(ValueError, match="fit a layout"):
        train_tables(numbers[:, :-1], [], steps(), layout)
    with pytest.raises(ValueError, match="steps are out of range"):
        train_tables(numbers, [], steps() * 0, layout)
    numbers[3, 3] = np.inf
    with pytest.raises(ValueError, match="finite"):
        train_tables(numbers, [], steps(), layout)


ARRAYS = sorted(FaceTables.generic().to_arrays())


@given(st.data())
@settings(max_examples=150)
def test_any_arrays_give_working_tables_or_a_value_error(data: st.DataObject) -> None:
    arrays: dict[str, Any] = dict(FaceTables.generic(Layout(3, 6, 2)).to_arrays())
    name = data.draw(st.sampled_from(ARRAYS))
    raw = data.draw(st.binary(min_size=arrays[name].nbytes, max_size=arrays[name].nbytes))
    match data.draw(st.sampled_from(["bytes", "type", "shape", "missing"])):
        case "bytes":
            arrays[name] = np.frombuffer(raw, arrays[name].dtype).reshape(arrays[name].shape)
        case "type":
            arrays[name] = arrays[name].astype(np.float16)
        case "shape":
            arrays[name] = arrays[name][..., :-1]
        case "missing":
            del arrays[name]
    try:
        tables = FaceTables.from_arrays(arrays)
    except ValueError:
        return
    encoder = FaceEncoder(tables)
    code = tables.layout.unpack(np.ones(tables.layout.size, np.float32))
    for first in range(0, 15, 3):
        encoder.encode_several([code] * 3, first)
        encoder.acknowledge(first + 2)


@pytest.mark.parametrize(
    "mixing",
    [np.ones((56, 55), np.int16), np.ones((56, 56), np.int32), np.ones((3, 3), np.int16), np.ones(56, np.int16)],
)
def test_a_mixing_of_another_shape_or_type_is_refused(tables: FaceTables, mixing: np.ndarray) -> None:
    with pytest.raises(ValueError, match="mixing"):
        FaceTables.from_arrays({**tables.to_arrays(), "mixing": mixing})


def test_tables_with_a_mixing_survive_storage(tables: FaceTables) -> None:
    mixing = np.eye(56, dtype=np.int16) * 1000
    back = FaceTables.from_arrays({**tables.to_arrays(), "mixing": mixing})
    assert back.mixing is not None
    assert np.array_equal(back.mixing, mixing)
    assert np.array_equal(back.to_arrays()["mixing"], mixing)
    assert "mixing" not in tables.to_arrays()
