"""Texture packets: what head and torso look like now, less what the identity says of them, in a few hundred bytes.

An identity is of the day of its enrolment; another shirt, another lamp, a sunburn are not. The difference is coded as
one picture on the person's own surface, so that it moves with the person. Format: BITSTREAM.md, "Texture packet".
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from codec.intra import decode_intra, encode_intra

TORSO_SIDE = 160
"""Texels along a side of the torso's reference picture with its margins: one to two reference px."""

HEAD_SHAPE = (144, 128)
"""Rows and columns of texels over the front of the head's box: 26.7 to a unit, some two px in a usual picture."""

BUDGET = 1200
"""Bytes: another shirt altogether. A change of light takes 200 to 500."""

FINEST_QP = 30
"""Least quantiser: 27 and 24 take half as much again and thrice the bytes for 0.1 and 0.2 dB on a studio clip, 0 on a
webcam's."""

_SHAPE = (TORSO_SIDE, TORSO_SIDE + HEAD_SHAPE[1])
_NEUTRAL = 128.0
_LEVELS = (1, 2)
"""Grey levels that a step of the coded picture may stand for: half of the range is fine, all of it is coarse."""

_SPS = bytes.fromhex("4201010408000003009fa800000300003ca009080a165ba9246dae6808000003000800000300c840")
"""Of 288x160 pixels."""


@dataclass(frozen=True, slots=True)
class Texture:
    """Colours that are added to a person's fields, 1 being the whole range of a channel.

    Attributes:
        head: float32 (144, 128, 3) over the head's box from the front, x from -2.4 to 2.4 and y from -3.4 to 2.0.
        torso: float32 (160, 160, 3) over the torso's reference picture with its margins of 32 px.
    """

    head: NDArray[np.float32]
    torso: NDArray[np.float32]

    @staticmethod
    def none() -> Texture:
        """Nothing is added."""
        return Texture(np.zeros((*HEAD_SHAPE, 3), np.float32), np.zeros((TORSO_SIDE, TORSO_SIDE, 3), np.float32))


def encode_texture(texture: Texture, budget: int = BUDGET) -> bytes:
    """Codes a texture as well as a byte budget allows.

    Args:
        texture: what to code.
        budget: bytes to stay under, if it can be done.

    Returns:
        The packet.
    """
    levels = np.zeros((*_SHAPE, 3), np.float32)
    levels[:, :TORSO_SIDE] = texture.torso
    levels[: HEAD_SHAPE[0], TORSO_SIDE:] = texture.head
    levels *= 255
    scale = _LEVELS[0] if np.abs(levels).max() < _NEUTRAL else _LEVELS[1]
    picture = np.clip(np.rint(_NEUTRAL + levels / scale), 0, 255).astype(np.uint8)
    return bytes([scale]) + encode_intra(picture, _SPS, FINEST_QP, budget - 1)


def decode_texture(packet: bytes) -> Texture:
    """Decodes a texture packet from anybody.

    Raises:
        ValueError: if it is none, or its picture has another size.
    """
    if not packet or packet[0] not in _LEVELS:
        raise ValueError("not a texture packet")
    picture = decode_intra(packet[1:], _SPS)
    if picture.shape[:2] != _SHAPE:
        raise ValueError(f"a texture of {picture.shape[1]}x{picture.shape[0]}")
    levels = (picture.astype(np.float32) - np.float32(_NEUTRAL)) * np.float32(packet[0] / 255)
    head = levels[: HEAD_SHAPE[0], TORSO_SIDE:]
    return Texture(np.ascontiguousarray(head), np.ascontiguousarray(levels[:, :TORSO_SIDE]))
