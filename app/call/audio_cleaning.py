"""Echo, noise and loudness of what a microphone hears, by WebRTC's own audio processing (AEC3, NS, AGC2)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from pywebrtc_audio import AudioProcessor

from app.net.opus import SAMPLE_RATE

BLOCK_SAMPLES = 480
"""10 ms: what the processing works in."""

NOISE_LEVEL = 2
"""18 dB less noise: fans go, and voices stay natural; the next level takes consonants with it."""

GAIN_MOST_DB = 12.0
"""Most that a quiet voice is raised. What is left of an echo is raised with it: by 6 dB it is 24 dB below what the
microphone heard, by 12 dB 18, by 24 dB 14."""

Samples = NDArray[np.int16]


class Cleaner:
    """Cleans a microphone's sound. One thread.

    Args:
        echo: whether a loudspeaker plays near the microphone.
    """

    def __init__(self, echo: bool = True) -> None:
        self._echo = echo
        self._processor = AudioProcessor(
            SAMPLE_RATE,
            1,
            echo_cancellation=echo,
            noise_suppression=True,
            high_pass_filter=True,
            auto_gain_control=True,
            ns_level=NOISE_LEVEL,
            agc_max_gain_db=GAIN_MOST_DB,
        )

    def clean(self, near: Samples, far: Samples, delay_ms: float = 0.0) -> Samples:
        """Clean a stretch of sound: int16 (n,) of the same length, n a multiple of 480.

        Args:
            near: what the microphone heard, int16 (n,).
            far: what was handed to the loudspeaker meanwhile, int16 (n,).
            delay_ms: from that until it is heard and recorded; a hint, the rest is estimated.

        Raises:
            ValueError: the lengths differ or are no multiple of 480.
        """
        if near.shape != far.shape or near.size % BLOCK_SAMPLES:
            raise ValueError(f"{near.size} and {far.size} samples are no whole blocks of {BLOCK_SAMPLES}")
        self._processor.stream_delay_ms = round(min(max(delay_ms, 0.0), 500.0))
        parts = []
        for at in range(0, near.size, BLOCK_SAMPLES):
            block = slice(at, at + BLOCK_SAMPLES)
            parts.append(
                self._processor.process(np.ascontiguousarray(near[block]), np.ascontiguousarray(far[block]))
                if self._echo
                else self._processor.process(np.ascontiguousarray(near[block]))
            )
        return np.concatenate(parts)
