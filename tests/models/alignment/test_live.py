"""Following a stream: corrections last from frame to frame, and a cut forgets them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from codec.identity import Identity
from codec.types import FaceCode
from models.alignment.calibration import (
    FIRST_SPREAD,
    surface_numbers,
    uncalibrated,
)
from models.alignment.live import LiveAligner
from models.field.avatar import Avatar
from models.field.freeform import Freeform
from models.field.planes import BASES, PLANES
from models.field.sheets import FACE, TORSO
from models.field.tints import Tints
from models.render.cpu import CpuRenderer
from tests.models.alignment.conftest import NOBODY, SIZE, displaced

BENDS, TINTS, FOLDS = (0.3, -0.4, 0.2, 0.5, -0.3, 0.2), (0.8, -1.0), (0.8, -0.8)


@pytest.fixture
def bending(sample: Identity) -> Avatar:
    avatar, random = Avatar.from_arrays(sample.arrays), np.random.default_rng(7)
    amounts = FACE.spread[..., None] * random.normal(size=(len(BENDS), *FACE.waves, 2))
    amounts[:, 3:, 3:] = 0.0
    avatar.freeform = Freeform.build(amounts)
    tints = random.normal(size=(len(TINTS), PLANES, BASES))
    tints[:, 0] = 0.0
    avatar.tints = Tints.build(tints)
    waves = TORSO.spread[..., None] * random.normal(size=(len(FOLDS), *TORSO.waves, 2))
    avatar.folds = Freeform.build(waves, TORSO)
    return avatar


def free(code: FaceCode, *amounts: float) -> FaceCode:
    return replace(code, freeform=np.array(amounts, np.float32))


def test_a_stream_keeps_its_correction_and_a_cut_forgets_it(avatar: Avatar, code: FaceCode) -> None:
    picture = CpuRenderer(avatar, 2).render(code, SIZE)
    off = displaced(code, 5)
    live = LiveAligner(avatar, uncalibrated(), 2)
    first, second = (surface_numbers(live.follow(off, picture, NOBODY)) for _ in range(2))
    target = surface_numbers(code)
    assert np.abs((second - target) / FIRST_SPREAD).mean() < np.abs((first - target) / FIRST_SPREAD).mean()
    unseen = live.follow(off, np.zeros_like(picture), NOBODY, steps=0)
    np.testing.assert_allclose(surface_numbers(unseen), second, rtol=1e-4, atol=1e-6)
    live.reset()
    assert np.array_equal(surface_numbers(live.follow(off, picture, NOBODY)), first)


def test_a_stream_expects_free_form_numbers_to_last_and_a_cut_forgets_them(bending: Avatar, code: FaceCode) -> None:
    live = LiveAligner(bending, uncalibrated(), 2)
    still = free(code, *[0.0] * bending.free_size)
    picture = CpuRenderer(bending, 2).render(free(code, *BENDS, *TINTS, *FOLDS), SIZE)
    first, second = (live.follow(still, picture, NOBODY).freeform for _ in range(2))
    parts = bending.free_parts
    for part in (parts.bends, parts.tints, parts.folds):
        assert np.linalg.norm(second[part]) > np.linalg.norm(first[part]) > 0.0
    dark = np.zeros_like(picture)
    assert np.array_equal(live.follow(still, dark, NOBODY, steps=0).freeform, second)
    live.reset()
    assert np.array_equal(live.follow(still, picture, NOBODY).freeform, first)
