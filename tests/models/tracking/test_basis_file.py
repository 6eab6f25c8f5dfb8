from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from models.tracking.alignment import procrustes
from models.tracking.basis_file import load_basis
from models.tracking.morphable import fit_from, region_weights
from tests.models.tracking.test_morphable import animate

CHOSEN = np.random.default_rng(0).permutation(1000)[:478]


def arrays(face: NDArray[np.float32]) -> dict[str, NDArray[Any]]:
    """A made-up basis of 1000 vertices in BFM's axes, one direction of which is the jaw of `animate`."""
    rng = np.random.default_rng(1)
    mean, basis = rng.normal(size=(1000, 3)), rng.normal(size=(5, 1000, 3)) * 0.01
    shape = (face - face.mean(0)) / 45.0
    mean[CHOSEN] = shape * 100 * [1, -1, -1]
    basis[3][CHOSEN] = np.clip(shape[:, 1:2] - 0.3, 0, None) * [0.0, -40.0, -5.0]
    return {"meanshape": mean.reshape(1, -1), "exBase": basis.reshape(5, -1).T, "landmarks": CHOSEN}


def save(path: Path, content: dict[str, NDArray[Any]]) -> Path:
    np.savez(path, **content)
    return path


def test_a_files_direction_serves_the_personal_model(tmp_path: Path, face: NDArray[np.float32]) -> None:
    guide = load_basis(save(tmp_path / "bfm.npz", arrays(face)))
    assert guide.directions.shape == (5, 478, 3)
    points, opened = animate(face)
    model = fit_from(points, guide)
    offsets = procrustes(points, model.mean, model.weights).remove(points) - model.mean
    rows = model.basis.reshape(73, -1) * np.repeat(region_weights(), 3)
    first = offsets.reshape(len(offsets), -1) @ rows[0]
    assert abs(np.corrcoef(first, opened)[0, 1]) > 0.98
    # The file's five and the person's own directions together lose no more than 73 of the person's own.
    left = offsets.reshape(len(offsets), -1)
    left = left - (left @ rows.T) @ model.basis.reshape(73, -1)
    assert np.abs(left).max() < 0.02


def test_a_basis_at_the_landmarks_needs_no_map(tmp_path: Path, face: NDArray[np.float32]) -> None:
    content = {"mean": face.astype(np.float64), "basis": np.ones((2, 478, 3))}
    guide = load_basis(save(tmp_path / "own.npz", content))
    np.testing.assert_allclose(guide.mean, face)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"landmarks": None}, "landmarks"),
        ({"landmarks": np.full(478, 1000)}, "vertex numbers"),
        ({"landmarks": np.zeros(478)}, "vertex numbers"),
        ({"meanshape": None}, "no mean shape"),
        ({"meanshape": np.zeros((1, 100))}, "100 numbers"),
        ({"exBase": np.zeros((7, 5))}, "does not fit"),
        ({"exBase": np.full((3000, 5), np.inf)}, "finite"),
        ({"exBase": np.array([None, 1], object)}, "plain numbers"),
    ],
)
def test_a_wrong_file_is_one_line(
    tmp_path: Path, face: NDArray[np.float32], change: dict[str, NDArray[Any] | None], message: str
) -> None:
    content = arrays(face)
    for name, value in change.items():
        if value is None:
            del content[name]
        else:
            content[name] = value
    with pytest.raises(ValueError, match=message) as caught:
        load_basis(save(tmp_path / "wrong.npz", content))
    assert "\n" not in str(caught.value)


def test_a_missing_file_is_a_value_error(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no readable npz"):
        load_basis(tmp_path / "none.npz")


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000), st.integers(0, 255), st.booleans())
def test_any_damage_is_a_value_error_or_a_basis(
    tmp_path_factory: pytest.TempPathFactory, place: int, value: int, cut: bool
) -> None:
    path = tmp_path_factory.mktemp("damage") / "basis.npz"
    save(path, {"mean": np.ones((478, 3), np.float32), "basis": np.ones((1, 478, 3), np.float32)})
    content = bytearray(path.read_bytes())
    place %= len(content)
    content[place] = value
    path.write_bytes(content[:place] if cut else content)
    with contextlib.suppress(ValueError):
        assert load_basis(path).directions.shape[1:] == (478, 3)
