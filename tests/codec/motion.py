"""A synthetic speaker: smooth, correlated, deterministic numbers for the face codec's tests."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from codec.layout import Layout
from codec.statistics import default_steps

FPS = 25


def speaker(frames: int, layout: Layout | None = None, seed: int = 1, start: int = 0) -> NDArray[np.float32]:
    """Numbers of a speaking head, (frames, N): a few slow sines per dimension, rounded so that any machine agrees."""
    layout = layout or Layout()
    dimension = np.arange(layout.size)[:, None]
    t = (np.arange(start, start + frames) / FPS)[None]
    numbers = np.zeros((layout.size, frames))
    for harmonic, (rate, size) in enumerate(((0.23, 1.0), (0.71, 0.6), (1.9, 0.25), (4.1, 0.06))):
        phase = (dimension * 37 + harmonic * 91 + seed * 53) % 101 / 101 * 2 * np.pi
        speed = rate * (0.7 + ((dimension * 17 + seed * 29) % 13) / 20)
        numbers += size * np.sin(2 * np.pi * speed * t + phase)
    amplitude = np.ones(layout.size)
    amplitude[layout.groups["z"]] = 1.0
    amplitude[layout.groups["pose"]] = [0.05, 0.05, 0.04, 6.0, 5.0, 0.03]
    amplitude[layout.groups["torso"]] = 2.0 / (1 + np.arange(layout.torso))
    return np.round(numbers.T * amplitude, 4).astype(np.float32)


def steps(layout: Layout | None = None) -> NDArray[np.float32]:
    """Quantiser steps for :func:`speaker`."""
    return default_steps(layout or Layout())
