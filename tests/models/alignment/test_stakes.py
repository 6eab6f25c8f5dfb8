"""What is at stake in a frame: the error that rendering shows when its numbers are off."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from codec.identity import Identity
from codec.statistics import FaceTables
from codec.types import FaceCode, Stakes
from models.alignment.calibration import FIRST_SPREAD
from models.alignment.colour_slopes import FEATURES_COUNT, at_features
from models.alignment.equations import ROBUST
from models.alignment.kernels import STRIDE
from models.alignment.photometric import PhotometricAligner
from models.alignment.stakes import ERROR_OF_A_BIT, LEADING_COMPONENTS, SLOPE_SHARE, Weigher
from models.field.avatar import Avatar
from models.render.cpu import CpuRenderer
from tests.models.alignment.conftest import SIZE

ERROR = 9.0


@pytest.fixture(scope="module")
def tables(sample: Identity) -> FaceTables:
    return FaceTables.from_arrays(sample.part("codec"))


@pytest.fixture(scope="module")
def there(code: FaceCode, tables: FaceTables) -> FaceCode:
    """A code about a step in every component away from the one at rest."""
    return moved(tables, code, np.random.default_rng(0).normal(size=LEADING_COMPONENTS))


def moved(tables: FaceTables, code: FaceCode, by: np.ndarray) -> FaceCode:
    """A code whose leading components are so many steps more."""
    numbers = tables.layout.pack(code) + tables.step_numbers()[:, : len(by)] @ by
    return tables.layout.unpack(numbers.astype(np.float32))


def weigh(avatar: Avatar, tables: FaceTables, code: FaceCode, picture: np.ndarray) -> Stakes:
    aligner = PhotometricAligner(avatar, FIRST_SPREAD, 2, tinting=True)
    aligner.align(code, code, picture)
    return Weigher(avatar, aligner, tables, ERROR).weigh(code, picture, STRIDE)


def changes(
    avatar: Avatar, tables: FaceTables, code: FaceCode, picture: np.ndarray, by: Sequence[np.ndarray]
) -> np.ndarray:
    """How the rendering's error changes as components move, pixels counted as stakes count them."""
    renderer = CpuRenderer(avatar, 2)
    sight = renderer.look(code, STRIDE)
    seen = picture[::STRIDE, ::STRIDE].astype(np.float32)
    counts = np.where(at_features(avatar, sight.surface), FEATURES_COUNT, 1.0)[..., None]
    counts = counts / (1.0 + ((sight.rgb - seen) / ROBUST) ** 2)

    def error(shown: np.ndarray) -> float:
        return float((counts * (shown.astype(np.float32) - seen) ** 2).mean())

    here = error(sight.rgb)
    return np.array([error(renderer.look(moved(tables, code, d), STRIDE).rgb) - here for d in by])


def expected(stakes: Stakes, by: Sequence[np.ndarray]) -> np.ndarray:
    slope, curvature = stakes.slope.astype(float), stakes.curvature.astype(float)
    return np.array([2 / SLOPE_SHARE * slope @ d + d @ curvature @ d for d in by])


def test_they_foretell_how_the_error_changes(
    avatar: Avatar, tables: FaceTables, code: FaceCode, there: FaceCode
) -> None:
    picture = CpuRenderer(avatar, 2).render(there, SIZE)
    random = np.random.default_rng(1)
    towards = np.linalg.lstsq(
        tables.step_numbers()[:, :LEADING_COMPONENTS], tables.layout.pack(there) - tables.layout.pack(code), rcond=None
    )[0]
    by = [0.3 * towards + random.normal(0.0, 0.5, LEADING_COMPONENTS) for _ in range(20)]
    by += [-0.3 * towards + random.normal(0.0, 0.5, LEADING_COMPONENTS) for _ in range(20)]
    found = changes(avatar, tables, code, picture, by)
    told = expected(weigh(avatar, tables, code, picture), by)
    assert np.corrcoef(found, told)[0, 1] > 0.95
    assert np.abs(told).sum() == pytest.approx(np.abs(found).sum(), rel=0.3)


def test_the_best_numbers_have_no_slope(avatar: Avatar, tables: FaceTables, code: FaceCode, there: FaceCode) -> None:
    renderer = CpuRenderer(avatar, 2)
    off = weigh(avatar, tables, code, renderer.render(there, SIZE))
    best = weigh(avatar, tables, code, renderer.render(code, SIZE))
    assert np.abs(best.slope).max() < 0.02 * np.abs(off.slope).max()


def test_a_hand_before_the_face_hardly_pulls(avatar: Avatar, tables: FaceTables, code: FaceCode) -> None:
    picture = CpuRenderer(avatar, 2).render(code, SIZE).astype(np.int64)
    pulls = []
    for levels in (30, 150):
        covered = picture.copy()
        covered[120:170, 100:140] += np.where(picture[120:170, 100:140] < 128, levels, -levels)
        pulls.append(np.linalg.norm(weigh(avatar, tables, code, covered.clip(0, 255).astype(np.uint8)).slope))
    assert pulls[1] < pulls[0]


def test_a_form_is_symmetric_and_never_negative(
    avatar: Avatar, tables: FaceTables, code: FaceCode, there: FaceCode
) -> None:
    stakes = weigh(avatar, tables, code, CpuRenderer(avatar, 2).render(there, SIZE))
    curvature = stakes.curvature.astype(float)
    assert curvature.shape == (LEADING_COMPONENTS, LEADING_COMPONENTS)
    assert np.allclose(curvature, curvature.T, atol=1e-3 * np.abs(curvature).max())
    assert np.linalg.eigvalsh(curvature).min() > -1e-2 * np.linalg.eigvalsh(curvature).max()
    assert stakes.bit_worth == pytest.approx(ERROR_OF_A_BIT * ERROR)


def test_a_person_far_out_of_sight_leaves_a_finite_form(avatar: Avatar, tables: FaceTables, code: FaceCode) -> None:
    pose = code.pose.copy()
    pose[3:5] = 4000.0
    away = FaceCode(code.z, pose, np.full(20, 1e4, np.float32), code.freeform)
    stakes = weigh(avatar, tables, away, np.zeros((256, 256, 3), np.uint8))
    assert np.isfinite(stakes.curvature).all()
    assert np.isfinite(stakes.slope).all()


def test_tables_of_another_person_are_refused(avatar: Avatar) -> None:
    aligner = PhotometricAligner(avatar, FIRST_SPREAD, 2, tinting=True)
    with pytest.raises(ValueError, match="codec tables of 30 \\+ 6 \\+ 20 \\+ 0 numbers"):
        Weigher(avatar, aligner, FaceTables.generic(), ERROR)
