"""The three pictures side by side, without a display."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import av
import numpy as np
import pytest

from app.call.comparison import BitrateMeter, Comparator, LoopedClip
from app.call.demo import DemoOptions
from app.call.recording import HEIGHT, PANEL, WIDTH, fit_square, open_recording
from app.call.shown import LiveStats, ShownFrame
from models.clip import read_clip
from tests.fakes.staged_demo import stage_demo

STATS = LiveStats(1.9, 40.0, 9.0, 16.0, 25.0, 80.0)


def shown(seq: int) -> ShownFrame:
    rgb = np.full((64, 64, 3), 90, np.uint8)
    return ShownFrame(rgb, seq, "face", 0, seq * 40_000_000, "the identity arrived", STATS)


def test_a_clip_starts_over(clip: Path) -> None:
    frames = [frame.rgb for frame in read_clip(clip, size=32)]
    looped = LoopedClip(clip, 32)
    for seq in (0, 1, 7, 49, 50, 51, 149, 50 * 7 + 3):
        picture = looped.picture(seq)
        assert picture is not None
        np.testing.assert_array_equal(picture, frames[seq % 50])
    assert looped.picture(20) is looped.picture(50 * 7 + 3)  # what has passed is not searched for


def test_nothing_is_known_before_the_first_frame_number(clip: Path) -> None:
    comparator = Comparator(clip)
    comparison = comparator.compare(shown(-1))
    comparator.close()
    assert comparison.original is None
    assert comparison.h265 is None


def test_h265_is_measured_beside_the_call(clip: Path) -> None:
    comparator = Comparator(clip)
    for seq in range(60):
        comparison = comparator.compare(shown(seq))
    comparator.close()
    assert comparison.original is not None
    assert comparison.original.shape == (512, 512, 3)
    assert comparison.h265 is not None
    assert comparison.h265.shape == (256, 256, 3)
    assert 0.5 < comparison.h265_kbps < 400


def test_the_meter_forgets_what_is_old() -> None:
    meter = BitrateMeter(2.0)
    meter.add(0.0, 100_000)
    rates = [meter.add(t / 25, 100) for t in range(1, 100)]
    assert rates[0] == pytest.approx(20.0)
    assert rates[-1] == pytest.approx(20.0)


def test_a_picture_of_any_shape_fits_its_panel() -> None:
    rgb = np.full((60, 30, 3), 200, np.uint8)
    square = fit_square(rgb, 100)
    assert square.shape == (100, 100, 3)
    assert square[50, 50].tolist() == [200, 200, 200]
    assert square[50, 5].tolist() != [200, 200, 200]


def test_a_recording_holds_the_three_pictures(clip: Path, tmp_path: Path) -> None:
    path = tmp_path / "demo.mp4"
    with open_recording(path, clip) as take:
        stage_demo(DemoOptions(clip, seconds=1.2, size=(128, 128)), on_frame=take)
    with av.open(str(path)) as container:
        frames = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
        assert container.duration is not None
        assert 0.2e6 < container.duration < 10e6
    assert len(frames) == 30
    assert frames[-1].shape == (HEIGHT, WIDTH, 3)
    panels = [frames[-1][80:460, 24 + i * (PANEL + 24) : 24 + i * (PANEL + 24) + PANEL] for i in range(3)]
    assert all(panel.std() > 10 for panel in panels)


def test_recording_needs_no_qt() -> None:
    program = "import sys, app.call.recording; print('PySide6' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
