"""Means over a sequence."""

from __future__ import annotations

import numpy as np
import pytest

from app.bench.likeness import LikenessMeter
from app.bench.metrics import psnr
from app.bench.regions import Regions


def test_a_frame_without_a_face_does_not_count_for_the_face() -> None:
    rng = np.random.default_rng(1)
    original = rng.integers(0, 255, (64, 64, 3)).astype(np.uint8)
    near, far = (np.clip(original.astype(int) + step, 0, 255).astype(np.uint8) for step in (2, 20))
    everything, nothing = np.ones((64, 64), np.bool_), np.zeros((64, 64), np.bool_)
    meter = LikenessMeter(64)
    meter.add(original, near, Regions(everything, everything))
    meter.add(original, far, Regions(everything, nothing))
    means = meter.means()
    assert means["psnr"] == pytest.approx((psnr(original, near) + psnr(original, far)) / 2)
    assert means["psnr_person"] == pytest.approx(means["psnr"])
    assert means["psnr_features"] == pytest.approx(psnr(original, near))
    assert np.isnan(means["ms_ssim"])
    assert 0 <= means["vmaf"] <= 100


def test_pictures_too_small_for_vmaf_have_no_such_column() -> None:
    picture = np.zeros((32, 32, 3), np.uint8)
    meter = LikenessMeter(32)
    meter.add(picture, picture, Regions(np.ones((32, 32), np.bool_), np.ones((32, 32), np.bool_)))
    means = meter.means()
    assert means["psnr"] == 100
    assert "vmaf" not in means
