"""The likeness measures against scikit-image's."""

from __future__ import annotations

import numpy as np
import pytest
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

from app.bench.metrics import psnr, ssim


@pytest.fixture
def pair() -> tuple[np.ndarray, np.ndarray]:
    """A picture and a noisy copy."""
    rng = np.random.default_rng(7)
    y, x = np.mgrid[:90, :120]
    picture = np.stack([x * 2, y * 2, (x + y) % 255], axis=2).astype(np.uint8)
    noisy = np.clip(picture + rng.normal(0, 12, picture.shape), 0, 255).astype(np.uint8)
    return picture, noisy


def test_psnr_is_the_usual_one(pair: tuple[np.ndarray, np.ndarray]) -> None:
    assert psnr(*pair) == pytest.approx(peak_signal_noise_ratio(*pair), abs=1e-3)
    assert psnr(pair[0], pair[0]) == 100


def test_ssim_is_the_usual_one(pair: tuple[np.ndarray, np.ndarray]) -> None:
    expected = structural_similarity(
        *pair, channel_axis=2, data_range=255, gaussian_weights=True, sigma=1.5, use_sample_covariance=False
    )
    assert ssim(*pair) == pytest.approx(expected, abs=1e-3)
    assert ssim(pair[0], pair[0]) == pytest.approx(1)
