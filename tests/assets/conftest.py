"""The committed sample, read once, and what FaceMesh sees in it."""

from dataclasses import dataclass
from pathlib import Path

import av
import cv2
import numpy as np
import numpy.typing as npt
import pytest

FloatArray = npt.NDArray[np.float32]
ASSETS = Path(__file__).parents[2] / "assets"
STEP = 8  # every eighth frame is enough to see every move, and keeps these tests quick


@dataclass(frozen=True, slots=True)
class Seen:
    """FaceMesh's points (N, 478, 3) in reference px for the sampled frames, and the frames' numbers (N,)."""

    frames: npt.NDArray[np.int64]
    points: FloatArray
    sampled: int


@pytest.fixture(scope="session")
def clip() -> Path:
    return ASSETS / "sample.mp4"


@pytest.fixture(scope="session")
def truth() -> dict[str, FloatArray]:
    with np.load(ASSETS / "sample.truth.npz", allow_pickle=False) as arrays:
        return {name: arrays[name] for name in arrays.files}


@pytest.fixture(scope="session")
def seen(clip: Path) -> Seen:
    import mediapipe

    numbers, points, sampled = [], [], 0
    with av.open(str(clip)) as film, mediapipe.solutions.face_mesh.FaceMesh(refine_landmarks=True) as mesh:
        for number, frame in enumerate(film.decode(video=0)):
            if number % STEP:
                continue
            sampled += 1
            small = cv2.resize(frame.to_ndarray(format="rgb24"), (256, 256), interpolation=cv2.INTER_AREA)
            found = mesh.process(small).multi_face_landmarks
            if found:
                numbers.append(number)
                points.append([(p.x * 256, p.y * 256, p.z * 256) for p in found[0].landmark])
    return Seen(np.array(numbers), np.array(points, np.float32), sampled)
