"""Likeness of faces: a head that looks elsewhere is found out, and so is a file that is no network."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import cv2
import numpy as np
import pytest

from app import paths
from app.bench.face_likeness import FaceMeter, FaceRecogniser, five_points
from app.bench.regions import Regions, find_regions
from app.offline import read_range
from codec.identity import Identity, read_identity
from codec.types import Frame


class Thumbnails(FaceRecogniser):
    """Tells people apart by what lies around their eyes, nose and mouth."""

    def __init__(self) -> None:
        pass

    def embed(self, picture: np.ndarray, points: np.ndarray) -> np.ndarray:
        (left, top), (right, bottom) = points.min(0).astype(int), points.max(0).astype(int)
        crop = cv2.resize(picture[top:bottom, left:right], (8, 8), interpolation=cv2.INTER_AREA).ravel() - 128.0
        return np.asarray(crop / np.linalg.norm(crop), np.float32)


@pytest.fixture(scope="module")
def identity() -> Identity:
    return read_identity(paths.sample_identity())


@pytest.fixture(scope="module")
def frames() -> list[Frame]:
    return list(read_range(paths.sample_clip(), (800, 816), 256))


@pytest.fixture(scope="module")
def regions(frames: list[Frame], identity: Identity) -> list[Regions]:
    return find_regions(frames, identity, lambda done: None)


def compared(frames: list[Frame], regions: list[Regions], pictures: Sequence[np.ndarray], identity: Identity) -> dict:
    with closing(FaceMeter(identity, 25.0, Thumbnails())) as meter:
        for frame, region, picture in zip(frames, regions, pictures, strict=True):
            assert region.tracked is not None
            meter.add(frame.rgb, region.tracked, picture)
        return meter.means()


def test_the_same_pictures_are_alike(frames: list[Frame], regions: list[Regions], identity: Identity) -> None:
    means = compared(frames, regions, [frame.rgb for frame in frames], identity)
    assert means["prmse"] < 0.1
    assert means["csim"] > 0.99


def test_a_head_that_leans_is_off_by_its_angle(frames: list[Frame], regions: list[Regions], identity: Identity) -> None:
    turn = cv2.getRotationMatrix2D((128, 128), 6.0, 1.0)
    leaning = [cv2.warpAffine(frame.rgb, turn, (256, 256), borderMode=cv2.BORDER_REPLICATE) for frame in frames]
    means = compared(frames, regions, leaning, identity)
    assert means["prmse"] == pytest.approx(6.0, abs=1.5)
    assert means["csim"] < 0.99


def test_pictures_without_a_face_do_not_count(frames: list[Frame], regions: list[Regions], identity: Identity) -> None:
    means = compared(frames, regions, [np.zeros_like(frame.rgb) for frame in frames], identity)
    assert np.isnan(means["prmse"])
    assert "csim" not in means


def test_five_points_lie_where_a_face_has_them(frames: list[Frame], regions: list[Regions]) -> None:
    tracked = regions[0].tracked
    assert tracked is not None
    right_eye, left_eye, nose, right_corner, left_corner = five_points(tracked, 512)
    assert right_eye[0] < nose[0] < left_eye[0]
    assert right_corner[0] < nose[0] < left_corner[0]
    assert right_eye[1] < nose[1] < right_corner[1]
    assert 0 < nose[0] < 512


def test_a_file_that_is_no_network_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "faces.onnx"
    path.write_bytes(b"not a network")
    with pytest.raises(ValueError, match="not a network"):
        FaceRecogniser(path)
