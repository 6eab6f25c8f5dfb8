"""How alike two pictures are."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

SSIM_SIGMA = 1.5
SSIM_RADIUS = 5
"""Wang et al. 2004, section III.C: an 11 x 11 Gaussian window of 1.5 pixels."""


def psnr(a: NDArray[np.uint8], b: NDArray[np.uint8]) -> float:
    """Peak signal to noise ratio of two pictures uint8 (H, W, 3), in dB; 100 where they are the same."""
    error = float(np.mean((a.astype(np.float32) - b.astype(np.float32)) ** 2))
    return 100.0 if error == 0 else min(100.0, float(10 * np.log10(255.0**2 / error)))


def ssim(a: NDArray[np.uint8], b: NDArray[np.uint8]) -> float:
    """Structural similarity of two pictures uint8 (H, W, 3), the mean over the channels, -1 to 1.

    Wang et al. 2004, equation 13, without the border that the window does not cover.
    """
    x, y = a.astype(np.float64), b.astype(np.float64)
    mean_x, mean_y = _blur(x), _blur(y)
    variance_x = _blur(x * x) - mean_x * mean_x
    variance_y = _blur(y * y) - mean_y * mean_y
    covariance = _blur(x * y) - mean_x * mean_y
    c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    similarity = (2 * mean_x * mean_y + c1) * (2 * covariance + c2)
    similarity /= (mean_x**2 + mean_y**2 + c1) * (variance_x + variance_y + c2)
    return float(similarity[SSIM_RADIUS:-SSIM_RADIUS, SSIM_RADIUS:-SSIM_RADIUS].mean())


def _blur(values: NDArray[np.float64]) -> NDArray[np.float64]:
    side = 2 * SSIM_RADIUS + 1
    return np.asarray(cv2.GaussianBlur(values, (side, side), SSIM_SIGMA), np.float64)
