"""Square pictures fitted to the output, and how far two pictures are apart."""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from models.clip import scale_square

LOSSLESS_DB = 100.0
"""PSNR given for equal pictures, where the formula is infinite and JSON has no word for it."""


def fit_picture(square: NDArray[np.uint8], size: tuple[int, int]) -> NDArray[np.uint8]:
    """Scale a square picture so that it covers width, height ``size`` and cut what stands over: uint8 (H, W, 3)."""
    width, height = size
    side = max(width, height)
    scaled = scale_square(square, side)
    top, left = (side - height) // 2, (side - width) // 2
    return np.ascontiguousarray(scaled[top : top + height, left : left + width])


def psnr_db(first: NDArray[np.uint8], second: NDArray[np.uint8]) -> float:
    """Give the PSNR of two uint8 pictures of one shape, dB over all channels."""
    if first.shape != second.shape:
        raise ValueError(f"pictures of {first.shape} and {second.shape} cannot be compared")
    error = float(cv2.norm(first, second, cv2.NORM_L2SQR)) / first.size
    return min(10 * math.log10(255.0**2 / error), LOSSLESS_DB) if error > 0 else LOSSLESS_DB
