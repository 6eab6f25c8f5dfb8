"""A person's own motion: what it moves, and its way through an identity."""

from __future__ import annotations

import numpy as np
import pytest

from codec.types import POSE_SIZE
from models.field.motion import CELLS, FARTHEST, INPUTS, LONGEST, PREFIX, PersonalMotion, at_nodes
from models.field.warp import LEADING, NODES

NOD = 0


def clip(frames: int = 200, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    pose = random.normal(0.0, [0.1, 0.1, 0.05, 6.0, 6.0, 0.03], (frames, POSE_SIZE)).astype(np.float32)
    return pose, random.normal(size=(frames, LEADING)).astype(np.float32)


def some_motion(size: float = 0.05, seed: int = 0) -> PersonalMotion:
    modes = np.random.default_rng(seed).normal(0.0, size, (INPUTS, CELLS, CELLS, 2))
    return PersonalMotion.still(*clip()).with_modes(modes)


def test_a_nod_moves_what_its_mode_says() -> None:
    pose, z = clip()
    still = PersonalMotion.still(pose, z)
    modes = np.zeros((INPUTS, CELLS, CELLS, 2), np.float32)
    modes[NOD, 19:22, 9:12] = (0.1, -0.05)
    motion = still.with_modes(modes)
    nod = still.mean.copy()
    nod[NOD] += 2.0 * still.scale[NOD]
    moved = at_nodes(motion.displacement(nod[:POSE_SIZE], nod[POSE_SIZE:]))
    row, column = (round(cell / (CELLS - 1) * (NODES - 1)) for cell in (20, 10))
    assert moved[row, column] == pytest.approx([0.2, -0.1], rel=0.1)
    assert np.abs(moved[row + 8 :]).max() == 0.0
    assert not still.displacement(nod[:POSE_SIZE], nod[POSE_SIZE:]).any()


def test_motion_follows_no_farther_than_its_range() -> None:
    motion = some_motion()
    pose, z = motion.mean[:POSE_SIZE], motion.mean[POSE_SIZE:]
    far, farther = (pose + times * FARTHEST * motion.scale[:POSE_SIZE] for times in (1.0, 50.0))
    assert np.allclose(motion.displacement(far, z), motion.displacement(farther, z), atol=1e-5)


def test_warp_modes_are_the_slopes_of_the_displacement() -> None:
    motion = some_motion()
    pose, z = motion.mean[:POSE_SIZE], motion.mean[POSE_SIZE:]
    modes = motion.warp_modes()
    for k in (0, LEADING - 1):
        aside = z + np.float32(0.5) * np.eye(LEADING, dtype=np.float32)[k]
        slope = (motion.displacement(pose, aside) - motion.displacement(pose, z)) / np.float32(0.5)
        assert np.abs(modes[..., :2, k] - at_nodes(slope)).max() < 1e-4
    assert not modes[..., 2, :].any()


def test_what_is_trained_with_is_what_is_stored() -> None:
    motion = some_motion()
    again = PersonalMotion.from_arrays(motion.to_arrays())
    pose, z = clip(1, seed=5)
    assert np.array_equal(again.displacement(pose[0], z[0]), motion.displacement(pose[0], z[0]))
    given_modes = np.random.default_rng(0).normal(0.0, 0.05, motion.modes.shape)
    assert np.abs(motion.modes - given_modes).max() < 0.6 * motion.step.max()


def test_an_identity_of_before_has_no_motion() -> None:
    motion = PersonalMotion.from_arrays({})
    assert not motion.displacement(np.full(POSE_SIZE, 2.0, np.float32), np.full(30, 2.0, np.float32)).any()


def test_modes_are_cut_to_a_face() -> None:
    motion = PersonalMotion.still(*clip()).with_modes(np.full((INPUTS, CELLS, CELLS, 2), 40.0))
    assert np.abs(motion.modes).max() <= LONGEST * 1.0001


@pytest.mark.parametrize("name", ["mean", "scale", "step", "levels"])
def test_arrays_that_do_not_fit_are_refused(name: str) -> None:
    arrays = some_motion().to_arrays()
    damaged = (arrays[PREFIX + name][:-1], arrays[PREFIX + name].astype(np.float64), None)
    for array in damaged:
        changed = {key: value for key, value in arrays.items() if key != PREFIX + name}
        if array is not None:
            changed[PREFIX + name] = array
        with pytest.raises(ValueError, match="identity"):
            PersonalMotion.from_arrays(changed)


@pytest.mark.parametrize(("name", "value"), [("mean", np.nan), ("scale", 0.0), ("step", -1.0), ("step", LONGEST)])
def test_numbers_that_no_motion_has_are_refused(name: str, value: float) -> None:
    wrong = {PREFIX + name: np.full(INPUTS, value, np.float32)}
    with pytest.raises(ValueError, match="identity"):
        PersonalMotion.from_arrays({**some_motion().to_arrays(), **wrong})
