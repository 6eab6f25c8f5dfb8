from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from models.tracking.landmarks import (
    CHIN,
    FOREHEAD,
    LEFT_EYE_CORNERS,
    LEFT_IRIS,
    RIGHT_EYE_CORNERS,
    RIGHT_IRIS,
    Landmarker,
    Segmenter,
)

Rgb = NDArray[np.uint8]


def test_portrait_has_478_points_with_irises_between_the_eye_corners(face: NDArray[np.float32]) -> None:
    assert face.shape == (478, 3)
    assert face.dtype == np.float32
    assert face[CHIN, 1] > face[FOREHEAD, 1] + 40
    for corners, iris in ((RIGHT_EYE_CORNERS, RIGHT_IRIS), (LEFT_EYE_CORNERS, LEFT_IRIS)):
        ends = sorted(face[list(corners), 0])
        assert ends[0] < face[iris[0], 0] < ends[1]


def test_nose_is_nearer_to_the_camera_than_the_ears(face: NDArray[np.float32]) -> None:
    assert face[4, 2] < face[234, 2]
    assert face[4, 2] < face[454, 2]


def test_no_face_is_none() -> None:
    with Landmarker() as landmarker:
        assert landmarker.detect(np.full((256, 256, 3), 90, np.uint8)) is None


def test_a_picture_that_is_not_contiguous_is_the_same_picture(portrait: Rgb, face: NDArray[np.float32]) -> None:
    mirrored = np.ascontiguousarray(portrait[:, ::-1])
    with Landmarker() as landmarker:
        found = landmarker.detect(mirrored[:, ::-1])
    assert found is not None
    np.testing.assert_allclose(found.points, face, atol=1e-3)


@pytest.mark.parametrize("shape", [(256, 256), (128, 256, 3), (256, 256, 4)])
def test_another_shape_is_refused(shape: tuple[int, ...]) -> None:
    with Landmarker() as landmarker, pytest.raises(ValueError, match="256x256"):
        landmarker.detect(np.zeros(shape, np.uint8))


def test_mask_holds_the_face_and_not_the_corners(portrait: Rgb, face: NDArray[np.float32]) -> None:
    with Segmenter() as segmenter:
        mask = segmenter.person_mask(portrait)
    assert mask.shape == (256, 256)
    assert 0.0 <= mask.min() <= mask.max() <= 1.0
    x, y = np.rint(face[4, :2]).astype(int)
    assert mask[y, x] > 0.9


def test_closing_twice_is_harmless() -> None:
    landmarker = Landmarker()
    landmarker.close()
    landmarker.close()
