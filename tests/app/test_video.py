"""Written videos hold the pictures that were put in."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from app.video import VideoWriter, check_video


def read(path: Path) -> tuple[list[np.ndarray], Fraction]:
    with av.open(str(path)) as container:
        rate = container.streams.video[0].average_rate
        assert rate is not None
        return [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)], Fraction(rate)


def test_matroska_is_lossless(tmp_path: Path) -> None:
    pictures = np.random.default_rng(1).integers(0, 256, (6, 50, 71, 3), np.uint8)
    path = tmp_path / "o.mkv"
    with VideoWriter(path, (71, 50), Fraction(25)) as video:
        for rgb in pictures:
            video.write(rgb)
    decoded, fps = read(path)
    assert fps == 25
    np.testing.assert_array_equal(np.stack(decoded), pictures)


def test_mp4_is_close(tmp_path: Path) -> None:
    ramp = np.broadcast_to(np.linspace(20, 230, 64, dtype=np.uint8)[:, None], (64, 64, 3))
    path = tmp_path / "o.mp4"
    with VideoWriter(path, (64, 64), Fraction(30000, 1001)) as video:
        for _ in range(5):
            video.write(np.ascontiguousarray(ramp))
    decoded, fps = read(path)
    assert fps == Fraction(30000, 1001)
    assert len(decoded) == 5
    assert np.abs(decoded[-1].astype(int) - ramp).mean() < 2


@pytest.mark.parametrize("rate", [Fraction(4294967295, 4294967294), Fraction(1, 1000), Fraction(1000)])
def test_any_rate_of_a_stream_can_be_written(rate: Fraction, tmp_path: Path) -> None:
    path = tmp_path / "o.mkv"
    with VideoWriter(path, (16, 16), rate) as video:
        for _ in range(3):
            video.write(np.zeros((16, 16, 3), np.uint8))
    decoded, fps = read(path)
    assert len(decoded) == 3
    assert float(fps) == pytest.approx(float(rate), rel=0.01)


@pytest.mark.parametrize(("name", "size"), [("o.avi", (64, 64)), ("o", (64, 64)), ("o.mp4", (65, 64))])
def test_what_cannot_be_written_is_told_of(name: str, size: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="mkv"):
        check_video(Path(name), size)
