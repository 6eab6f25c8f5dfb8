"""The studio with a clip in the camera's place: it watches, keeps what the guide says, and leaves no thread behind."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import numpy as np
import pytest

from app import paths
from app.call.options import CAPTURE_SIDE
from app.enrolment.guide import Guide, GuideView
from app.enrolment.reading import FaceReading
from app.enrolment.recorder import Recorder
from app.enrolment.studio import Seen, Studio
from codec.types import Frame
from models.clip import probe_clip, read_clip


class KeepAll(Guide):
    """Keeps every picture with a face, whoever that is."""

    def update(self, reading: FaceReading | None, now_ns: int) -> GuideView:
        view = super().update(reading, now_ns)
        return GuideView(
            "recording", view.problem, 1.0, None, 1, "", view.script, view.coverage, keep=reading is not None
        )


def wait_for(condition: threading.Event) -> None:
    assert condition.wait(60)


def test_the_sample_is_watched_and_recorded(tmp_path: Path) -> None:
    seen: list[Seen] = []
    enough = threading.Event()

    def look(one: Seen) -> None:
        seen.append(one)
        if len(seen) >= 40:
            enough.set()

    failures: list[Exception] = []
    before = set(threading.enumerate())
    studio = Studio(paths.sample_clip(), KeepAll(), tmp_path / "o.mp4", look, lambda _, error: failures.append(error))
    studio.start()
    wait_for(enough)
    studio.request_stop()
    studio.join()
    assert set(threading.enumerate()) == before
    assert failures == []
    assert all(one.reading is not None for one in seen)
    assert seen[0].rgb.shape == (CAPTURE_SIDE, CAPTURE_SIDE, 3)
    frames = list(read_clip(tmp_path / "o.mp4"))
    assert studio.recorder is not None
    assert len(frames) == studio.recorder.written > 0


def test_without_a_camera_it_says_so_and_ends(tmp_path: Path) -> None:
    told: list[str] = []
    over = threading.Event()

    def fail(name: str, _: Exception) -> None:
        told.append(name)
        over.set()

    studio = Studio(tmp_path / "no.mp4", Guide(), tmp_path / "o.mp4", lambda _: None, fail)
    studio.start()
    wait_for(over)
    studio.join()
    assert told == ["camera"]
    assert not (tmp_path / "o.mp4").exists()


def frame(index: int, t_ns: int) -> Frame:
    x = np.arange(64)[None, :].repeat(64, 0)
    return Frame(np.stack([(x * 3 + index * 5) % 256] * 3, 2).astype(np.uint8), t_ns, index)


def test_pauses_are_cut_out(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "o.mp4", 64, lambda *_: None)
    recorder.start()
    times = [index * 40_000_000 for index in range(25)]
    times += [10_000_000_000 + t_ns for t_ns in times]
    for index, t_ns in enumerate(times):
        recorder.frames.put(frame(index, t_ns))
    while recorder.written < 50:
        time.sleep(0.01)
    recorder.request_stop()
    recorder.join()
    info = probe_clip(tmp_path / "o.mp4")
    assert info.frames == 50
    assert float(info.fps) == pytest.approx(25, abs=0.6)


def test_a_disk_that_takes_nothing_is_told_of(tmp_path: Path) -> None:
    told: list[tuple[str, Exception]] = []
    recorder = Recorder(tmp_path / "gone" / "o.mp4", 64, lambda name, error: told.append((name, error)))
    recorder.frames.put(frame(0, 0))
    recorder.request_stop()
    recorder.start()
    recorder.join()
    assert [name for name, _ in told] == ["recorder"]
    assert isinstance(told[0][1], OSError)
