"""The sample's person at rest, whom the tests of alignment put elsewhere and follow."""

from __future__ import annotations

import numpy as np
import pytest

from codec.identity import Identity, read_identity
from codec.types import FaceCode
from models.alignment.calibration import FIRST_SPREAD, UNKNOWNS, Calibration, surface_numbers, with_surface
from models.field.avatar import Avatar
from tests.models.tracking.conftest import SAMPLE

SIZE = (256, 256)

NOBODY = np.zeros((256, 256), np.uint8)


@pytest.fixture(scope="module")
def sample() -> Identity:
    return read_identity(SAMPLE.with_suffix(".visavis"))


@pytest.fixture(scope="module")
def avatar(sample: Identity) -> Avatar:
    return Avatar.from_arrays(sample.arrays)


@pytest.fixture(scope="module")
def code(sample: Identity, avatar: Avatar) -> FaceCode:
    calibration, nothing = Calibration.from_arrays(sample.arrays), np.zeros(avatar.free_size, np.float32)
    return FaceCode(np.zeros(30, np.float32), calibration.mean[:6].copy(), np.zeros(20, np.float32), nothing)


def displaced(code: FaceCode, seed: int) -> FaceCode:
    by = 0.5 * FIRST_SPREAD * np.random.default_rng(seed).normal(size=UNKNOWNS)
    return with_surface(code, surface_numbers(code) + by)
