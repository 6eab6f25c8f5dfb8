"""Slopes of colours: a pixel's own at mouth and eyes, the resting head's elsewhere, for two frames."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from codec.types import FaceCode
from models.alignment.calibration import MOVED
from models.alignment.colour_slopes import LASTING, ColourSlopes, at_features, no_slopes
from models.field.avatar import Avatar
from models.field.planes import REACH
from models.render.cpu import CpuRenderer
from tests.models.builders import made_up_code, made_up_identity


@pytest.fixture(scope="module")
def avatar() -> Avatar:
    return Avatar.from_arrays(made_up_identity().arrays)


def looked(avatar: Avatar, code: FaceCode) -> np.ndarray:
    return CpuRenderer(avatar, 2).look(code, 2).surface


def test_pixels_at_mouth_and_eyes_have_their_own(avatar: Avatar) -> None:
    surface = looked(avatar, made_up_code())
    shown = at_features(avatar, surface)
    off = np.abs(surface[..., 1:3] - avatar.head.gate_centre.numpy()[0, :2])
    mouth = (off < 0.9 * np.array(REACH[1])).all(2) & (surface[..., 0] > 0.5)
    assert shown[mouth].all()
    assert mouth.any()
    assert not shown[surface[..., 0] == 0.0].any()
    slopes = ColourSlopes(avatar).at(made_up_code(), surface)
    assert np.array_equal(slopes.near >= 0, shown)
    assert slopes.tints.shape == (np.count_nonzero(shown), 3, MOVED + avatar.tints.size)
    assert np.abs(slopes.tints[slopes.near[mouth], :, MOVED:]).max() > 1.0


def test_colours_change_as_a_tint_s_slope_says(avatar: Avatar) -> None:
    code = made_up_code()
    renderer = CpuRenderer(avatar, 2)
    surface = looked(avatar, code)
    slopes = ColourSlopes(avatar).at(code, surface)
    free = code.freeform.copy()
    free[avatar.freeform.size] += 1.0
    here, there = (renderer.look(c, 2).rgb.astype(np.float32) for c in (code, replace(code, freeform=free)))
    own = (slopes.near >= 0) & (surface[..., 0] > 0.9)
    found = slopes.tints[slopes.near[own], :, MOVED]
    assert np.corrcoef(found.ravel(), (there - here)[own].ravel())[0, 1] > 0.8


def test_a_linearisation_lasts_and_a_cut_ends_it(avatar: Avatar) -> None:
    codes, surface = [made_up_code(seed) for seed in range(LASTING + 1)], looked(avatar, made_up_code())
    slopes = ColourSlopes(avatar)
    found = [slopes.at(code, surface).at_rest for code in codes]
    assert all(np.array_equal(one, found[0]) for one in found[:LASTING])
    assert not np.array_equal(found[LASTING], found[0])
    slopes.begin_anew()
    assert np.array_equal(slopes.at(codes[0], surface).at_rest, found[0])


def test_a_head_whose_colours_never_change_has_none() -> None:
    slopes = no_slopes(16)
    assert not slopes.at_rest.any()
    assert (slopes.near == -1).all()
    assert slopes.tints.shape == (0, 3, MOVED)
