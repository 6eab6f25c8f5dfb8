"""Learning a person's own motion from optical flow: motion that was put into pictures is found again."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest

from codec.types import POSE_SIZE
from models.alignment.kernels import STRIDE
from models.field.motion import CELLS, INPUTS, PersonalMotion
from models.field.space import BOX_HIGH, BOX_LOW
from models.field.warp import LEADING
from models.render.cpu import CpuRenderer
from models.training.motion import fit_motion, observe
from tests.models.builders import made_up_code, made_up_identity

FACE = (slice(18, 30), slice(14, 26))
"""Cells in the middle of the made-up head, rows and columns."""


def test_a_moved_picture_is_observed_as_moved_in_the_face_plane() -> None:
    code = made_up_code()
    noise = np.random.default_rng(0).uniform(0, 255, (128, 128, 3)).astype(np.float32)
    soft = cv2.GaussianBlur(noise, (0, 0), 3.0)
    skin = (255.0 * (soft - soft.min()) / np.ptp(soft)).astype(np.uint8)
    sight = replace(CpuRenderer.load(made_up_identity(), 2).look(code, STRIDE), rgb=skin)
    still = observe(sight, skin, STRIDE)
    seen = np.roll(skin, (0, 1), (0, 1))
    moved = observe(sight, seen, STRIDE)
    evidence = moved[0] > 2.0
    assert evidence[FACE].mean() > 0.5
    assert np.abs(still[1:]).max() < 0.05 * still[0].max()
    found = np.median(moved[1:, evidence] / moved[0, evidence], axis=1)
    in_picture = found @ sight.weights.rotation[:2, :2] * np.exp(code.pose[5])
    assert in_picture == pytest.approx([STRIDE, 0.0], abs=0.25 * STRIDE)


def test_evidence_lies_where_the_head_is() -> None:
    renderer = CpuRenderer.load(made_up_identity(), 2)
    sight = renderer.look(made_up_code(), STRIDE)
    evidence = observe(sight, sight.rgb, STRIDE)[0]
    rows = np.arange(CELLS) / (CELLS - 1) * (BOX_HIGH[1] - BOX_LOW[1]) + BOX_LOW[1]
    assert evidence[rows < -2.2].max() < 0.01 * evidence.max()


def observations(motion: np.ndarray, inputs: np.ndarray, pixels: float) -> np.ndarray:
    moved = np.tensordot(inputs, motion, 1) * pixels
    weight = np.full((len(inputs), 1, CELLS, CELLS), pixels)
    return np.concatenate([weight, np.moveaxis(moved, -1, 1)], 1).astype(np.float32)


def test_linear_motion_is_found_again_and_what_is_known_is_kept() -> None:
    random = np.random.default_rng(0)
    pose = random.normal(size=(400, POSE_SIZE)).astype(np.float32)
    z = random.normal(size=(400, LEADING)).astype(np.float32)
    still = PersonalMotion.still(pose, z)
    inputs = still.inputs(pose, z)
    truth = np.zeros((INPUTS, CELLS, CELLS, 2))
    truth[3] = 0.05 * np.sin(np.arange(CELLS) / 6.0)[:, None, None]
    truth[INPUTS - 1, ..., 1] = 0.03
    found = fit_motion(still, inputs, observations(truth, inputs, 20.0))
    assert np.abs(found.modes - truth).max() < 0.004
    again = fit_motion(found, inputs, observations(truth - found.modes, inputs, 20.0))
    assert np.abs(again.modes - truth).max() < 0.004


def test_cells_that_no_frame_shows_stay_where_they_are() -> None:
    pose, z = np.ones((3, POSE_SIZE), np.float32), np.ones((3, LEADING), np.float32)
    still = PersonalMotion.still(pose, z)
    observed = np.zeros((3, 3, CELLS, CELLS), np.float32)
    assert not fit_motion(still, still.inputs(pose, z), observed).modes.any()
