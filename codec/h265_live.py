"""H.265 for a link whose rate changes: every picture has a quantiser of its own, and the encoder is never opened anew.

libx265 behind libavcodec ignores a new bitrate, and opening it anew costs an IDR picture, five to ten times as large as
others. But it takes *regions of interest* with every picture, and one region over all of it is a quantiser for that
picture. PyAV makes no such side data; libavfilter's ``addroi`` does, in 0.05 ms.

libx265 3.6 to 4.1 crashes on a region where the picture before had none, so every picture has one.
"""

from __future__ import annotations

from fractions import Fraction

import av
import numpy as np
from av.filter import Graph
from av.video.codeccontext import VideoCodecContext
from av.video.format import VideoFormat
from av.video.frame import PictureType
from numpy.typing import NDArray

from codec.h265 import require_picture, require_size

QP_BASE = 30
"""What regions are counted from; they reach 21 steps down and up from it."""

QP_RANGE = 51
"""Steps of the quantiser that an offset of 1 in a region stands for (libavcodec's libx265.c, 8 bits a sample)."""

X265_PARAMS = (
    # info=0: 2.4 kB of SEI on every IDR otherwise. keyint=-1: IDRs only where asked for. A constant quantiser: crf with
    # qcomp and ipratio of 1 and without a tree. Regions need adaptive quantisation, of a strength that changes nothing.
    "info=0:open-gop=0:repeat-headers=1:keyint=-1:scenecut=0:log-level=none:frame-threads=1"
    f":crf={QP_BASE}:qcomp=1:ipratio=1:cutree=0:aq-mode=1:aq-strength=0.02"
)


class LivePicture:
    """A picture in the encoder's colours.

    Args:
        rgb: uint8 (H, W, 3), even sides.

    Raises:
        ValueError: it is no such picture.
    """

    def __init__(self, rgb: NDArray[np.uint8]) -> None:
        require_picture(rgb)
        whole = av.VideoFrame.from_ndarray(np.ascontiguousarray(rgb), format="rgb24")
        self.frame = whole.reformat(format="yuv420p")

    @property
    def luma(self) -> NDArray[np.uint8]:
        """Brightness, uint8 (H, W)."""
        plane = self.frame.planes[0]
        rows = np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)
        return np.asarray(rows[: plane.height, : plane.width], np.uint8)


class H265LiveEncoder:
    """Encodes pictures of one size into Annex B access units, each at its own quantiser, with nothing held back.

    Args:
        width: even.
        height: even.
        preset: libx265's.

    Raises:
        ValueError: the size cannot be encoded.
    """

    def __init__(self, width: int, height: int, preset: str = "superfast") -> None:
        require_size(width, height)
        self.width = width
        self.height = height
        self._graphs: dict[int, Graph] = {}
        self._pts = 0
        self._context = self._open(preset)

    def _open(self, preset: str) -> VideoCodecContext:
        context = av.CodecContext.create("libx265", "w")
        assert isinstance(context, VideoCodecContext)
        context.width, context.height = self.width, self.height
        context.pix_fmt = "yuv420p"
        context.framerate, context.time_base = Fraction(25), Fraction(1, 25)
        context.options = {"preset": preset, "tune": "zerolatency", "forced-idr": "1", "x265-params": X265_PARAMS}
        context.open()
        return context

    def encode(self, picture: LivePicture, qp: int, force_key: bool = False) -> bytes:
        """Encode a picture.

        Args:
            picture: of this encoder's size.
            qp: quantiser, 9 to 51.
            force_key: makes it an IDR picture with its parameter sets in front; the first one is anyway.

        Raises:
            ValueError: the picture has another size.
        """
        frame = picture.frame
        if (frame.width, frame.height) != (self.width, self.height):
            raise ValueError(f"expected {self.width}x{self.height}, got {frame.width}x{frame.height}")
        frame.pts, frame.time_base = self._pts, Fraction(1, 25)
        self._pts += 1
        graph = self._graph(qp)
        graph.push(frame)
        marked = graph.pull()
        assert isinstance(marked, av.VideoFrame)
        marked.pict_type = PictureType.I if force_key else PictureType.NONE
        return b"".join(bytes(packet) for packet in self._context.encode(marked))

    def _graph(self, qp: int) -> Graph:
        """Give the graph that asks for a quantiser, made when it is first wanted."""
        if qp not in self._graphs:
            graph = Graph()
            source = graph.add_buffer(
                width=self.width, height=self.height, format=VideoFormat("yuv420p"), time_base=Fraction(1, 25)
            )
            region = graph.add("addroi", f"x=0:y=0:w=iw:h=ih:qoffset={qp - QP_BASE}/{QP_RANGE}")
            sink = graph.add("buffersink")
            source.link_to(region)
            region.link_to(sink)
            graph.configure()
            self._graphs[qp] = graph
        return self._graphs[qp]

    def close(self) -> None:
        """Drain the encoder, after which libx265's threads are gone; the object is not used afterwards."""
        self._context.encode(None)
        self._graphs.clear()
