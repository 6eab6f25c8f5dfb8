"""What a render backend is."""

from __future__ import annotations

from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from codec.texture import Texture
from codec.types import REFERENCE_SIZE, FaceCode

LARGEST_SIDE = 2048
"""Widest picture a backend renders: four times the 512 px that cameras of such calls give."""


class Renderer(Protocol):
    """Renders one person. One thread uses it."""

    @property
    def name(self) -> str:
        """The backend's name, as `--backend` takes it."""
        ...

    def set_plate(self, rgb: NDArray[np.uint8]) -> None:
        """Takes a new background, uint8 (H, W, 3), square."""
        ...

    def set_texture(self, texture: Texture) -> None:
        """Takes what is added to the person's colours from now on, in the place of the texture before."""
        ...

    def render(self, code: FaceCode, size: tuple[int, int]) -> NDArray[np.uint8]:
        """Renders one frame.

        Args:
            code: the frame's dequantised code.
            size: width and height in pixels. Where they differ, the square picture is cropped to fill them.

        Returns:
            uint8 (height, width, 3).

        Raises:
            ValueError: a side is under 16 or over `LARGEST_SIDE`.
        """
        ...


def pixel_axes(size: tuple[int, int]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Reference px of the columns and rows of a picture that shows the square's centre.

    Args:
        size: width and height in pixels.

    Returns:
        float32 (width,) and float32 (height,).

    Raises:
        ValueError: a side is under 16 or over `LARGEST_SIDE`.
    """
    width, height = size
    if not (16 <= width <= LARGEST_SIDE and 16 <= height <= LARGEST_SIDE):
        raise ValueError(f"cannot render {width}x{height}: sides go from 16 to {LARGEST_SIDE} pixels")
    scale = REFERENCE_SIZE / max(width, height)
    centre = REFERENCE_SIZE / 2
    columns = centre + (np.arange(width) + 0.5 - width / 2) * scale
    rows = centre + (np.arange(height) + 0.5 - height / 2) * scale
    return columns.astype(np.float32), rows.astype(np.float32)


def fit_plate(plate: NDArray[np.uint8], size: tuple[int, int]) -> NDArray[np.float32]:
    """Scales and crops a square background to a picture: float32 (height, width, 3) in [0, 1]."""
    width, height = size
    side = max(width, height)
    shrinking = side < plate.shape[0]
    scaled = cv2.resize(plate, (side, side), interpolation=cv2.INTER_AREA if shrinking else cv2.INTER_CUBIC)
    top, left = (side - height) // 2, (side - width) // 2
    return np.ascontiguousarray(scaled[top : top + height, left : left + width], np.float32) / np.float32(255.0)
