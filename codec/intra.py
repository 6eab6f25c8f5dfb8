"""One H.265 intra picture in a few hundred bytes: what plate and texture packets are made of.

Format: BITSTREAM.md, "Intra picture". A picture of the usual size leaves out its parameter sets, which are always the
same there: 70 bytes of what is 300 to 1500.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from fractions import Fraction

import av
import numpy as np
from av.video.codeccontext import VideoCodecContext
from numpy.typing import NDArray

from codec.h265 import H265Decoder, require_picture, split_nal_units

MAX_INTRA_BYTES = 1 << 16
"""Largest intra picture in bytes, 1024x1024 at a good quality."""

MAX_INTRA_SIDE = 1024
"""Largest width or height in pixels."""

COARSEST_QP = 50

_STANDARD = 0
_WHOLE = 1

_START = b"\x00\x00\x01"


_VPS = bytes.fromhex("40010c01ffff0408000003009fa800000300003cba0240")
_PPS = bytes.fromhex("4401c174528112")
"""Of pictures of every size: 4:2:0, 8 bit, QP offset of chroma -2, transform skip."""


def encode_intra(rgb: NDArray[np.uint8], sps: bytes, finest: int, budget: int) -> bytes:
    """Codes a picture as well as a byte budget allows.

    Args:
        rgb: uint8 (H, W, 3), even sides of 32 to 1024 pixels.
        sps: sequence parameter set of pictures of the usual size, a NAL unit without start code.
        finest: least quantiser.
        budget: bytes to stay under; a picture too busy for that takes what the coarsest quantiser needs.

    Returns:
        The coded picture, a byte of its form in front.

    Raises:
        ValueError: if the picture has another type or size.
    """
    require_picture(rgb)
    if max(rgb.shape[:2]) > MAX_INTRA_SIDE:
        raise ValueError(f"an intra picture of {rgb.shape[1]}x{rgb.shape[0]} exceeds {MAX_INTRA_SIDE} pixels")
    frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(rgb), format="rgb24").reformat(format="yuv420p")
    # Every quantiser step of 6 halves the size about; the first that fits, found by bisection.
    low, high = finest, COARSEST_QP
    packets = {low: _encode(frame, sps, low)}
    if len(packets[low]) <= budget:
        return packets[low]
    while high - low > 1:
        middle = (low + high) // 2
        packets[middle] = _encode(frame, sps, middle)
        low, high = (low, middle) if len(packets[middle]) <= budget else (middle, high)
    return packets[high] if high in packets else _encode(frame, sps, high)


def _encode(frame: av.VideoFrame, sps: bytes, quantiser: int) -> bytes:
    context = av.CodecContext.create("libx265", "w")
    assert isinstance(context, VideoCodecContext)
    context.width, context.height, context.pix_fmt = frame.width, frame.height, "yuv420p"
    context.time_base = Fraction(1, 25)
    # Plain squared error, no adaptive quantisation: 20 % fewer bytes at equal PSNR on smooth backgrounds.
    x265 = (
        f"qp={quantiser}:keyint=1:info=0:repeat-headers=1:log-level=none:frame-threads=1:pools=none"
        ":aq-mode=0:psy-rd=0:psy-rdoq=0:tskip=1:cbqpoffs=-2:crqpoffs=-2"
    )
    context.options = {"preset": "veryslow", "x265-params": x265}
    packets = itertools.chain(context.encode(frame), context.encode(None))
    units = split_nal_units(b"".join(bytes(packet) for packet in packets))
    *sets, picture = units
    if sets == [_VPS, sps, _PPS]:
        return bytes([_STANDARD]) + picture
    return bytes([_WHOLE]) + _join(units)


def _join(units: Iterable[bytes]) -> bytes:
    return b"".join(_START + unit for unit in units)


def decode_intra(data: bytes, sps: bytes) -> NDArray[np.uint8]:
    """Decodes a picture from anybody.

    Returns:
        uint8 (H, W, 3).

    Raises:
        ValueError: if it is none, or declares a picture beyond ``MAX_INTRA_SIDE``.
    """
    if not 2 <= len(data) <= MAX_INTRA_BYTES:
        raise ValueError(f"an intra picture of {len(data)} bytes")
    kind, body = data[0], data[1:]
    if kind not in (_STANDARD, _WHOLE):
        raise ValueError("not an intra picture")
    access_unit = _join([_VPS, sps, _PPS, body]) if kind == _STANDARD else body
    pictures = H265Decoder(MAX_INTRA_SIDE**2).decode(access_unit)
    if not pictures or max(pictures[0].shape[:2]) > MAX_INTRA_SIDE:
        raise ValueError("an intra packet without a picture")
    return pictures[0]
