"""The sample's face, read once."""

from __future__ import annotations

import pytest

from app import paths
from app.enrolment.reading import FaceReading, read_face
from models.clip import read_clip
from models.tracking.landmarks import Landmarker


@pytest.fixture(scope="session")
def sample_readings() -> list[FaceReading]:
    """Twenty seconds of the sample, which turns, blinks, smiles and talks."""
    readings = []
    with Landmarker() as landmarker:
        for frame in read_clip(paths.sample_clip(), (300, 800), 256):
            found = landmarker.detect(frame.rgb)
            assert found is not None
            readings.append(read_face(found.points, frame.rgb, frame.t_ns))
    return readings
