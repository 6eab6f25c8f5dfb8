"""Sound a little shorter or longer without a change of pitch: one period of it is left out or said twice. Pure."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

PERIOD_LEAST, PERIOD_MOST = 120, 720
"""Periods that are looked for, samples at 48 kHz: voices from 67 to 400 Hz."""

OVERLAP = 480
"""Length of the cross-fade, 10 ms: long enough that it does not click, short enough for a packet of 40 ms."""

COARSE = 6
"""Similarity is looked for at 8 kHz first: where the energy of a voice is."""

SHORTEST = PERIOD_MOST + OVERLAP

Samples = NDArray[np.int16]


def find_period(samples: Samples) -> int:
    """Give the distance, in samples, after which the beginning of int16 (n,), n >= 1200, repeats best."""
    sound = samples[:SHORTEST].astype(np.float32).reshape(-1, COARSE).mean(1)
    width = OVERLAP // COARSE
    head = sound[:width]
    scores = []
    for lag in range(PERIOD_LEAST // COARSE, PERIOD_MOST // COARSE + 1):
        other = sound[lag : lag + width]
        scores.append(float(head @ other) / (float(np.sqrt((other @ other) * (head @ head))) + 1.0))
    return PERIOD_LEAST + int(np.argmax(scores)) * COARSE


def _fade(out: Samples, into: Samples) -> Samples:
    rising = np.linspace(0, 1, OVERLAP, dtype=np.float32)
    mixed = out[:OVERLAP] * (1 - rising) + into[:OVERLAP] * rising
    return np.rint(mixed).astype(np.int16)


def shorten(samples: Samples) -> Samples:
    """Leave a period out of int16 (n,); what is shorter than 1200 samples stays as it is."""
    if samples.size < SHORTEST:
        return samples
    period = find_period(samples)
    return np.concatenate((_fade(samples, samples[period:]), samples[period + OVERLAP :]))


def lengthen(samples: Samples) -> Samples:
    """Say a period of int16 (n,) twice; what is shorter than 1200 samples stays as it is."""
    if samples.size < SHORTEST:
        return samples
    period = find_period(samples)
    return np.concatenate((samples[:period], _fade(samples[period:], samples), samples[OVERLAP:]))
