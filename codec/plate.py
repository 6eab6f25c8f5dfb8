"""Plate packets: a renewed background in a few hundred bytes. Format: BITSTREAM.md, "Plate packet".

Predicting a plate from the one before would save part of 0.3 kbps on a clip that changes its framing every 14 seconds,
and need both ends to keep old plates: not worth its rules.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from codec.intra import decode_intra, encode_intra

DEFAULT_BUDGET = 1500
"""Bytes: a busy background at 40 dB, a studio's backdrop at 43 dB in a third of it."""

FINEST_QP = 26
"""Least quantiser; finer costs a third more bytes for half a dB nobody sees behind a person."""

_SPS = bytes.fromhex("4201010408000003009fa800000300003ca00808040596ea491b6b9a020000030002000003003210")
"""Of 256x256 pixels."""


def encode_plate(rgb: NDArray[np.uint8], budget: int = DEFAULT_BUDGET) -> bytes:
    """Codes a background picture as well as a byte budget allows.

    Args:
        rgb: uint8 (H, W, 3), even sides of 32 to 1024 pixels, usually 256x256.
        budget: bytes to stay under; a picture too busy for that takes what the coarsest quantiser needs.

    Returns:
        The packet.

    Raises:
        ValueError: if the picture has another type or size.
    """
    return encode_intra(rgb, _SPS, FINEST_QP, budget)


def decode_plate(packet: bytes) -> NDArray[np.uint8]:
    """Decodes a plate packet from anybody.

    Returns:
        uint8 (H, W, 3).

    Raises:
        ValueError: if it is no plate packet, or declares a picture beyond `codec.intra.MAX_INTRA_SIDE`.
    """
    return decode_intra(packet, _SPS)
