"""A camera through OpenCV: a clip stands in for the device, which the rest of the way does not know."""

from __future__ import annotations

import time
from fractions import Fraction
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from app.call.live_camera import CameraClock, LiveCamera
from codec.types import Frame
from tests.app.net.conftest import wait_for
from tests.fakes.stages import DISC, write_clip

MS = 1_000_000


@pytest.fixture
def paced(monkeypatch: pytest.MonkeyPatch) -> None:
    """Makes OpenCV read a file at a camera's pace."""
    real = cv2.VideoCapture

    class Paced:
        def __init__(self, *arguments: Any) -> None:
            self._file = real(arguments[0])

        def read(self) -> Any:
            time.sleep(0.04)
            return self._file.read()

        def __getattr__(self, name: str) -> Any:
            return getattr(self._file, name)

    monkeypatch.setattr(cv2, "VideoCapture", Paced)


def test_frames_are_square_numbered_and_in_colour(paced: None, tmp_path: Path) -> None:
    frames: list[Frame] = []
    failures: list[str] = []
    clip = write_clip(tmp_path / "disc.mp4", seconds=1.2)
    camera = LiveCamera(str(clip), 128, frames.append, lambda name, exc: failures.append(f"{name}: {exc}"))
    assert camera.fps == 25
    epoch_ns = time.monotonic_ns()
    camera.begin(epoch_ns)
    wait_for(lambda: failures)
    camera.request_stop()
    camera.join()
    assert failures == ["camera: the camera has stopped giving pictures"]
    assert len(frames) > 10
    assert {frame.rgb.shape for frame in frames} == {(128, 128, 3)}
    seqs = [frame.seq for frame in frames]
    assert seqs == sorted(set(seqs))
    assert all(abs(frame.t_ns - epoch_ns - frame.seq * 40 * MS) < 41 * MS for frame in frames)
    brightest = frames[0].rgb.reshape(-1, 3).astype(int)
    assert np.abs(brightest - DISC).sum(axis=1).min() < 30, "red and blue are where they belong"


def test_no_camera_is_a_clear_error() -> None:
    with pytest.raises(ValueError, match=r"camera 97 gives no picture$"):
        LiveCamera(97, 128, lambda frame: None, lambda name, exc: None)


def test_frames_are_numbered_by_their_time() -> None:
    clock = CameraClock(Fraction(25), 1000 * MS)
    assert clock.number(900 * MS) is None
    assert [clock.number(1000 * MS + at * MS) for at in (0, 41, 78, 122)] == [0, 1, 2, 3]
    assert clock.number(1125 * MS) == 4, "a little early"
    assert clock.number(1127 * MS) is None, "twice in one frame's time"
    assert clock.number(2000 * MS) == 25, "after a pause"
