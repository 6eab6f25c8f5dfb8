"""What the viewing end of a call gives out: pictures as they are shown, and the live figures beside them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Mode = Literal["face", "h265", "audio_only"]
"""A rung of the ladder: face parameters, an H.265 picture, or sound alone."""


@dataclass(frozen=True, slots=True)
class LiveStats:
    """Figures over the last second or so, as the viewing end sees them.

    Attributes:
        payload_kbps: bits of the picture's stream (face, plate and texture packets, or H.265 access units), no headers.
        wire_kbps_out: UDP payload plus 28 bytes per packet, from the portrayed peer to the viewer.
        wire_kbps_back: the same from the viewer to the portrayed peer.
        audio_kbps: Opus payload, from the portrayed peer to the viewer.
        fps: pictures shown per second.
        latency_ms: median of capture to shown; 0 where the capture clock is not known.
    """

    payload_kbps: float
    wire_kbps_out: float
    wire_kbps_back: float
    audio_kbps: float
    fps: float
    latency_ms: float


@dataclass(frozen=True, slots=True)
class ShownFrame:
    """One picture at the moment the viewer would see it.

    Attributes:
        rgb: uint8 (H, W, 3), at the output size that was current when it was rendered.
        seq: frame number at the portrayed peer's camera, from 0; frame ``seq % n`` of a looping clip of n frames;
            -1 where it is not known (the first H.265 pictures, before the video clock's origin arrived).
        mode: the stream it came from.
        t_capture_ns: capture time on the machine's monotonic clock; 0 where it is not known.
        t_shown_ns: when it was ready, on the same clock.
        reason: why the call is in this mode, for people.
        stats: live figures.
    """

    rgb: NDArray[np.uint8]
    seq: int
    mode: Mode
    t_capture_ns: int
    t_shown_ns: int
    reason: str
    stats: LiveStats
