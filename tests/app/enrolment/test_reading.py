"""Readings of the sample against what it does at known frames, and of pictures that were spoilt."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from app import paths
from app.enrolment.acts import Act, degree
from app.enrolment.checks import Problem, find_problem
from app.enrolment.reading import FaceReading, neutral_of, read_face
from models.clip import read_clip
from models.tracking.landmarks import Landmarker
from tests.fakes.faces import DOING, NEUTRAL, REST, doing


def test_the_sample_turns_nods_smiles_and_closes_its_eyes(sample_readings: list[FaceReading]) -> None:
    neutral = neutral_of(sample_readings)
    most = {act: max(degree(act, reading, neutral) for reading in sample_readings) for act in DOING}
    assert most[Act.LEFT] > 0.9
    assert most[Act.RIGHT] > 0.9
    assert most[Act.UP] > 1.0
    assert most[Act.EYES] > 1.0
    assert most[Act.SMILE] > 1.0
    assert most[Act.TALK] > 1.0
    assert most[Act.MOUTH] < 1.15  # it talks, and never opens its mouth as wide as is asked for


def test_left_is_the_persons_own(sample_readings: list[FaceReading]) -> None:
    by_frame = dict(enumerate(sample_readings, 300))
    assert by_frame[385].yaw_deg > 10  # there she looks to the picture's right
    assert by_frame[482].yaw_deg < -10
    assert by_frame[533].pitch_deg > by_frame[591].pitch_deg + 15  # up, and down


@pytest.mark.parametrize("act", DOING)
def test_each_act_is_told_from_rest_and_from_the_others(act: Act) -> None:
    assert degree(act, doing(act), NEUTRAL) > 1.0
    assert degree(act, REST, NEUTRAL) < 0.3
    alike = {Act.TALK, Act.MOUTH}
    others = [other for other in DOING if other is not act and not {act, other} <= alike]
    assert all(degree(other, doing(act), NEUTRAL) < 0.6 for other in others)


def test_straight_is_neither_turned_nor_nodded() -> None:
    assert degree(Act.STRAIGHT, REST, NEUTRAL) >= 1.0
    assert degree(Act.STRAIGHT, doing(Act.LEFT), NEUTRAL) < 1.0
    assert degree(Act.STRAIGHT, doing(Act.UP), NEUTRAL) < 1.0


def test_spoilt_pictures_are_told_of() -> None:
    (frame,) = read_clip(paths.sample_clip(), (0, 1), 256)
    shrunk = np.full_like(frame.rgb, 128)
    shrunk[64:192, 64:192] = cv2.resize(frame.rgb, (128, 128), interpolation=cv2.INTER_AREA)
    spoilt = {
        None: frame.rgb,
        Problem.TOO_DARK: (frame.rgb * 0.25).astype(np.uint8),
        Problem.TOO_BRIGHT: np.clip(frame.rgb.astype(np.int32) * 0.2 + 210, 0, 255).astype(np.uint8),
        Problem.BLURRED: cv2.GaussianBlur(frame.rgb, (0, 0), 2.0),
        Problem.TOO_FAR: shrunk,
        Problem.OFF_CENTRE: np.roll(frame.rgb, 75, axis=1),
        Problem.NO_FACE: np.full_like(frame.rgb, 90),
    }
    for problem, rgb in spoilt.items():
        picture = np.ascontiguousarray(rgb, np.uint8)
        with Landmarker() as landmarker:
            found = [landmarker.detect(picture) for _ in range(3)][-1]
        reading = None if found is None else read_face(found.points, picture, 0)
        assert find_problem(reading) is problem


def test_a_face_off_the_picture_has_no_light() -> None:
    points = np.full((478, 3), -50.0, np.float32)
    points[:, 0] += np.linspace(0, 30, 478)
    reading = read_face(points, np.full((256, 256, 3), 200, np.uint8), 0)
    assert (reading.light, reading.contrast, reading.sharpness) == (0.0, 0.0, 0.0)


def test_a_resting_face_needs_readings() -> None:
    with pytest.raises(ValueError, match="no readings"):
        neutral_of([])
