"""VMAF by way of ffmpeg: what it says of good and bad pictures, and what is said where it cannot."""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np
import pytest

from app.bench import vmaf
from app.bench.metrics import Picture
from app.bench.vmaf import VmafMeter, why_no_vmaf

SIDE = 96


@pytest.fixture(autouse=True)
def _forget_reasons() -> Iterator[None]:
    why_no_vmaf.cache_clear()
    yield
    why_no_vmaf.cache_clear()


def pictures() -> list[Picture]:
    rng = np.random.default_rng(5)
    texture = cv2.GaussianBlur(rng.integers(0, 255, (SIDE + 8, SIDE, 3)).astype(np.uint8), (0, 0), 1.0)
    return [np.ascontiguousarray(texture[shift : shift + SIDE]) for shift in range(5)]


def blurred(picture: Picture, sigma: float) -> Picture:
    return np.asarray(cv2.GaussianBlur(picture, (0, 0), sigma), np.uint8) if sigma else picture


def score(sigma: float) -> float:
    meter = VmafMeter(SIDE)
    for picture in pictures():
        meter.add(picture, blurred(picture, sigma))
    return meter.score()


def test_the_same_is_best_and_blur_is_worse() -> None:
    assert why_no_vmaf(SIDE) is None
    scores = [score(sigma) for sigma in (0.0, 0.8, 2.0)]
    assert scores[0] > 95
    assert scores == sorted(scores, reverse=True)


def test_a_reason_is_given_where_there_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "even sides from 64" in str(why_no_vmaf(62))
    monkeypatch.setattr(vmaf, "_ffmpeg", lambda: "/no/such/ffmpeg")
    assert "has no ffmpeg" in str(why_no_vmaf(SIDE))
    monkeypatch.setattr(vmaf, "_ffmpeg", lambda: "/bin/true")
    assert "without libvmaf" in str(why_no_vmaf(SIDE + 2))


def test_a_failing_ffmpeg_is_told_of(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vmaf, "FILTER", "nosuchfilter")
    meter = VmafMeter(SIDE)

    def feed() -> None:
        for picture in pictures() * 20:
            meter.add(picture, picture)
        meter.score()

    with pytest.raises(RuntimeError, match=r"could not measure VMAF.*nosuchfilter"):
        feed()
