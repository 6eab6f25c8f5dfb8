"""H.265 pictures: the track that carries a call until the receiver has an identity.

One access unit in, one access unit out, no delay: libx265 in ``zerolatency``, libavcodec's decoder without frame
threads. Format: BITSTREAM.md, "H.265 track". Colours are BT.601, limited range, 4:2:0.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import av
import numpy as np
from av.video.codeccontext import VideoCodecContext
from av.video.frame import PictureType
from numpy.typing import NDArray

from codec.types import Frame

MIN_SIDE = 32
"""libx265 refuses pictures smaller than its minimum coding tree unit; 32 leaves room for every preset's."""

MAX_SIDE = 4096
"""Largest width or height in pixels, encoded or decoded."""

MAX_PIXELS = 4096 * 2304
"""Largest picture a decoder accepts: what a hostile sequence header may make it allocate (a dozen such pictures)."""

MAX_ACCESS_UNIT = 4 << 20
"""Largest access unit in bytes that a decoder accepts."""


def require_picture(rgb: NDArray[np.uint8]) -> None:
    """Checks that an array is a picture that H.265 4:2:0 can carry.

    Args:
        rgb: the picture, uint8 (H, W, 3).

    Raises:
        ValueError: if it is not uint8 (H, W, 3) with even sides from ``MIN_SIDE`` to ``MAX_SIDE``.
    """
    if rgb.dtype != np.uint8 or rgb.ndim != 3 or rgb.shape[2] != 3:
        raise ValueError(f"a picture must be uint8 (H, W, 3), not {rgb.dtype} {rgb.shape}")
    require_size(rgb.shape[1], rgb.shape[0])


def require_size(width: int, height: int) -> None:
    """Checks a picture size in pixels.

    Raises:
        ValueError: if a side is odd or outside ``MIN_SIDE`` to ``MAX_SIDE``, or the picture exceeds ``MAX_PIXELS``.
    """
    for side in (width, height):
        if not MIN_SIDE <= side <= MAX_SIDE or side % 2:
            raise ValueError(f"H.265 needs even sides from {MIN_SIDE} to {MAX_SIDE} pixels, not {width}x{height}")
    if width * height > MAX_PIXELS:
        raise ValueError(f"a picture of {width}x{height} exceeds {MAX_PIXELS} pixels")


class H265Encoder:
    """Encodes pictures of one size and rate into Annex B access units with nothing held back.

    Calls use `codec.h265_live`, which follows the link.

    Args:
        width: picture width in pixels, even.
        height: picture height in pixels, even.
        fps: frames per second, what the rate control spends its bits over.
        kbps: target bitrate.
        preset: libx265 preset; 640x360 takes 2.5 ms in ``superfast`` and 4.1 ms in ``medium`` at 100 kbps.

    Raises:
        ValueError: if a size or rate cannot be encoded.
    """

    def __init__(
        self, width: int, height: int, fps: float = 25.0, kbps: float = 100.0, preset: str = "superfast"
    ) -> None:
        require_size(width, height)
        if not 1.0 <= fps <= 240.0 or not 1.0 <= kbps <= 100_000.0:
            raise ValueError(f"cannot encode at {fps} frames/s and {kbps} kbps")
        self.width = width
        self.height = height
        self.fps = float(fps)
        self.kbps = float(kbps)
        self._preset = preset
        self._pts = 0
        self._context = self._open()

    def _open(self) -> VideoCodecContext:
        # info=0: x265 would spend 2.4 kB of SEI on every IDR. keyint=-1: IDRs only where asked for. The buffer of
        # half a second keeps one picture from blocking the link.
        bits = max(round(self.kbps), 1)
        x265 = (
            f"info=0:open-gop=0:repeat-headers=1:keyint=-1:scenecut=0:log-level=none:frame-threads=1"
            f":vbv-maxrate={bits}:vbv-bufsize={max(bits // 2, 1)}"
        )
        options = {"preset": self._preset, "tune": "zerolatency", "forced-idr": "1", "x265-params": x265}
        context = av.CodecContext.create("libx265", "w")
        assert isinstance(context, VideoCodecContext)
        context.width, context.height = self.width, self.height
        context.pix_fmt = "yuv420p"
        rate = Fraction(self.fps).limit_denominator(1001)
        context.framerate, context.time_base = rate, 1 / rate
        context.bit_rate = bits * 1000
        context.options = options
        context.open()
        return context

    def encode(self, picture: NDArray[np.uint8] | Frame, force_key: bool = False) -> list[bytes]:
        """Encodes one picture.

        Args:
            picture: uint8 (height, width, 3) or a :class:`Frame` of that size.
            force_key: makes it an IDR picture with its parameter sets in front.

        Returns:
            Annex B access units, normally exactly one.

        Raises:
            ValueError: if the picture has another size or type.
        """
        rgb = picture.rgb if isinstance(picture, Frame) else picture
        require_picture(rgb)
        if rgb.shape[:2] != (self.height, self.width):
            raise ValueError(f"expected {self.width}x{self.height}, got {rgb.shape[1]}x{rgb.shape[0]}")
        frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(rgb), format="rgb24").reformat(format="yuv420p")
        frame.pts, frame.time_base = self._pts, self._context.time_base
        frame.pict_type = PictureType.I if force_key else PictureType.NONE
        self._pts += 1
        return [bytes(packet) for packet in self._context.encode(frame)]

    def close(self) -> None:
        """Drains the encoder, after which libx265's threads are gone; the object is not used afterwards."""
        self._context.encode(None)


class H265Decoder:
    """Decodes Annex B access units from an untrusted peer.

    Args:
        max_pixels: largest picture to accept.
    """

    def __init__(self, max_pixels: int = MAX_PIXELS) -> None:
        self._max_pixels = min(max_pixels, MAX_PIXELS)
        self._context = self._open()

    def _open(self) -> VideoCodecContext:
        context = av.CodecContext.create("hevc", "r")
        assert isinstance(context, VideoCodecContext)
        # Frame threads would hold one picture back per thread.
        context.thread_count = 1
        context.options = {"max_pixels": str(self._max_pixels), "flags": "low_delay"}
        return context

    def decode(self, access_unit: bytes) -> list[NDArray[np.uint8]]:
        """Decodes one access unit.

        Args:
            access_unit: Annex B bytes, from anybody.

        Returns:
            The pictures that came out, uint8 (H, W, 3): normally one, none before the first IDR picture.

        Raises:
            ValueError: if the bytes are no H.265, or declare a picture larger than allowed. The decoder stays usable
                from the next IDR picture on.
        """
        if not access_unit:
            return []
        if len(access_unit) > MAX_ACCESS_UNIT:
            raise ValueError(f"an access unit of {len(access_unit)} bytes exceeds {MAX_ACCESS_UNIT}")
        try:
            frames = self._context.decode(av.Packet(access_unit))
            return [to_rgb(frame) for frame in frames if frame.width * frame.height <= self._max_pixels]
        except av.FFmpegError as error:
            raise ValueError(f"not a decodable H.265 picture: {error.strerror}") from None
        except MemoryError:
            raise ValueError("an H.265 picture too large for this machine") from None

    def flush(self) -> None:
        """Forgets what was decoded; the next picture must be an IDR."""
        self._context = self._open()


def to_rgb(frame: av.VideoFrame) -> NDArray[np.uint8]:
    """Converts a decoded picture to uint8 (H, W, 3)."""
    return np.asarray(frame.to_ndarray(format="rgb24"), dtype=np.uint8)


def split_nal_units(access_unit: bytes) -> Sequence[bytes]:
    """Cuts Annex B bytes at their start codes.

    Returns:
        The NAL units without start codes and without trailing zero bytes, empty ones left out.
    """
    units = access_unit.replace(b"\x00\x00\x00\x01", b"\x00\x00\x01").split(b"\x00\x00\x01")
    return [unit.rstrip(b"\x00") for unit in units[1:] if unit.rstrip(b"\x00")]
