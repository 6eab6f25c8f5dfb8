"""How alike two pictures are."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

SSIM_SIGMA = 1.5
SSIM_RADIUS = 5
"""Wang et al. 2004, section III.C: an 11 x 11 Gaussian window of 1.5 pixels."""

SCALE_WEIGHTS = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)
"""Wang, Simoncelli and Bovik 2003, section 3.2: exponents of the scales, the finest first."""

MS_SSIM_SIDE = (2 * SSIM_RADIUS + 1) << (len(SCALE_WEIGHTS) - 1)
"""Smallest side at which the window fits into the coarsest scale."""

Picture = NDArray[np.uint8]


def psnr(a: Picture, b: Picture) -> float:
    """Peak signal to noise ratio of two pictures uint8 (H, W, 3), in dB; 100 where they are the same."""
    return psnr_within(a, b, np.ones(a.shape[:2], np.bool_))


def psnr_within(a: Picture, b: Picture, mask: NDArray[np.bool_]) -> float:
    """`psnr` of the pixels in a mask (H, W); not a number where the mask is empty."""
    if not mask.any():
        return float("nan")
    error = float(np.mean((a[mask].astype(np.float32) - b[mask].astype(np.float32)) ** 2))
    return 100.0 if error == 0 else min(100.0, float(10 * np.log10(255.0**2 / error)))


def l1(a: Picture, b: Picture) -> float:
    """Mean absolute difference of two pictures uint8 (H, W, 3), in [0, 1]."""
    return float(np.mean(cv2.absdiff(a, b))) / 255.0


def ssim(a: Picture, b: Picture) -> float:
    """Structural similarity of two pictures uint8 (H, W, 3), the mean over the channels, -1 to 1.

    Wang et al. 2004, equation 13, without the border that the window does not cover.
    """
    whole, _ = _similarity(a.astype(np.float32), b.astype(np.float32))
    return float(whole.mean())


def ms_ssim(a: Picture, b: Picture) -> float:
    """Structural similarity over five scales (Wang, Simoncelli and Bovik 2003, equation 7), the mean over the channels.

    Not a number for pictures with a side under `MS_SSIM_SIDE`. Where a scale's structures are opposed, it counts as 0.
    """
    if min(a.shape[:2]) < MS_SSIM_SIDE:
        return float("nan")
    x, y = a.astype(np.float32), b.astype(np.float32)
    product = np.ones(a.shape[2], np.float32)
    for weight in SCALE_WEIGHTS[:-1]:
        _, structure = _similarity(x, y)
        product *= structure.clip(0.0) ** weight
        x, y = _halve(x), _halve(y)
    whole, _ = _similarity(x, y)
    return float((product * whole.clip(0.0) ** SCALE_WEIGHTS[-1]).mean())


def _similarity(x: NDArray[np.float32], y: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Each channel's mean similarity, and that of contrast and structure alone."""
    mean_x, mean_y = _blur(x), _blur(y)
    variance_x = _blur(x * x) - mean_x * mean_x
    variance_y = _blur(y * y) - mean_y * mean_y
    covariance = _blur(x * y) - mean_x * mean_y
    c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    structure = (2 * covariance + c2) / (variance_x + variance_y + c2)
    whole = structure * (2 * mean_x * mean_y + c1) / (mean_x**2 + mean_y**2 + c1)
    inside = slice(SSIM_RADIUS, -SSIM_RADIUS)
    return whole[inside, inside].mean((0, 1)), structure[inside, inside].mean((0, 1))


def _blur(values: NDArray[np.float32]) -> NDArray[np.float32]:
    side = 2 * SSIM_RADIUS + 1
    return np.asarray(cv2.GaussianBlur(values, (side, side), SSIM_SIGMA), np.float32)


def _halve(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Every second pixel of the mean over 2 x 2."""
    height, width = (side // 2 * 2 for side in values.shape[:2])
    even = values[:height, :width]
    return np.asarray(0.25 * (even[::2, ::2] + even[1::2, ::2] + even[::2, 1::2] + even[1::2, 1::2]))
