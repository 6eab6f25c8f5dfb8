"""One's own camera before a call."""

from __future__ import annotations

import threading
from pathlib import Path

from app.call.camera_names import CameraName, list_cameras
from app.call.preview import Preview
from app.call.retirement import Retirement
from tests.app.net.conftest import wait_for
from tests.fakes.stages import write_clip


def test_a_clip_is_shown_and_everything_ends(tmp_path: Path) -> None:
    before = set(threading.enumerate())
    clip = write_clip(tmp_path / "disc.mp4", seconds=1)
    told: list[bool] = []
    problems: list[str] = []
    preview = Preview(clip, lambda: told.append(True), problems.append)
    preview.start()
    wait_for(lambda: len(told) > 2)
    frame = preview.frames.take(0)
    assert frame is not None
    assert frame.rgb.shape == (256, 256, 3)
    retirement = Retirement()
    retirement.retire(preview)
    assert retirement.wait()
    assert set(threading.enumerate()) <= before
    assert not problems


def test_a_camera_that_is_not_there_is_told_of(tmp_path: Path) -> None:
    problems: list[str] = []
    preview = Preview(tmp_path / "missing.mp4", lambda: None, problems.append)
    preview.start()
    wait_for(lambda: problems)
    preview.request_stop()
    preview.join()
    assert "missing.mp4" in problems[0]


def test_cameras_are_listed_without_opening_them(tmp_path: Path) -> None:
    for name, index, words in (("video0", "0", "Webcam\n"), ("video1", "1", "Webcam"), ("video10", "0", "Phone")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "index").write_text(index)
        (tmp_path / name / "name").write_text(words)
    (tmp_path / "videotape").mkdir()
    assert list_cameras(tmp_path, "linux") == (CameraName(0, "Webcam"), CameraName(10, "Phone"))
    assert list_cameras(tmp_path / "missing", "linux") == ()
    assert [camera.number for camera in list_cameras(platform="darwin")] == [0, 1, 2]
