"""The sample clip with its ground truth, and synthetic faces whose pose and expression are known."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from models.tracking.enrolment import Enrolment, enrol_tracking
from models.tracking.landmarks import Landmarker

ROOT = Path(__file__).resolve().parents[3]
SAMPLE = ROOT / "assets" / "sample.mp4"
TEST_FIRST = 800

Rgb = NDArray[np.uint8]


def read_square(path: Path, first: int, end: int, step: int = 1) -> list[Rgb]:
    """Read pictures first:end:step of a clip, centre-cropped and scaled to 256x256."""
    pictures = []
    with av.open(str(path)) as container:
        for number, frame in enumerate(container.decode(video=0)):
            if number >= end:
                break
            if number < first or (number - first) % step:
                continue
            rgb = frame.to_ndarray(format="rgb24")
            side = min(rgb.shape[:2])
            top, left = (rgb.shape[0] - side) // 2, (rgb.shape[1] - side) // 2
            rgb = rgb[top : top + side, left : left + side]
            pictures.append(np.asarray(cv2.resize(rgb, (256, 256), interpolation=cv2.INTER_AREA), np.uint8))
    return pictures


def clip_path(name: str) -> Path:
    """Find a development clip, or skip the test."""
    folder = Path(os.environ.get("VISAVIS_CLIPS", ROOT.parent / "shared" / "clips"))
    path = folder / name
    if not path.exists():
        pytest.skip(f"no development clip {name} (set VISAVIS_CLIPS to their folder)")
    return path


@pytest.fixture(scope="session")
def portrait() -> Rgb:
    """The astronaut's portrait, public domain, 256x256."""
    from skimage.data import astronaut

    return np.asarray(cv2.resize(astronaut()[0:340, 60:400], (256, 256), interpolation=cv2.INTER_AREA), np.uint8)


@pytest.fixture(scope="session")
def face(portrait: Rgb) -> NDArray[np.float32]:
    """Landmarks of the portrait, (478, 3)."""
    with Landmarker() as landmarker:
        found = landmarker.detect(portrait)
    assert found is not None
    return found.points


@pytest.fixture(scope="session")
def truth() -> Iterator[dict[str, NDArray[np.float32]]]:
    """The sample's true pose and expression."""
    with np.load(SAMPLE.with_suffix(".truth.npz"), allow_pickle=False) as archive:
        yield {name: archive[name] for name in archive.files}


@pytest.fixture(scope="session")
def enrolment() -> Enrolment:
    """What every second picture of the sample's enrolment part taught."""
    return enrol_tracking(read_square(SAMPLE, 0, TEST_FIRST, 2), lambda share, what: None, fps=12.5)
