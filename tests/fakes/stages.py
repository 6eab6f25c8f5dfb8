"""Stand-ins for the analyser and the renderer that see and draw a synthetic clip in well under a millisecond.

The code they exchange is real: it goes through the face codec and tells where a disc is in the picture.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from app.call.pace import MOST_CARE
from codec.identity import Identity, write_identity
from codec.layout import Layout
from codec.statistics import FaceTables
from codec.texture import Texture, encode_texture
from codec.types import REFERENCE_SIZE, FaceCode, Frame, Stakes

NO_FACE_FROM, NO_FACE_TO = 40, 110
"""Clip frames that have no disc where `write_clip` is asked for a gap."""

RADIUS_PX = 40
DISC = (230, 180, 140)
BACKGROUND = (20, 60, 90)


@dataclass(frozen=True, slots=True)
class FakeAnalysis:
    code: FaceCode | None
    plate: NDArray[np.uint8] | None
    unlike: float | None = None
    texture: bytes | None = None
    quality: int = 0
    stakes: Stakes | None = None


class FakeAnalyser:
    """Finds the disc by its colour."""

    closed = False

    def close(self) -> None:
        self.closed = True

    def analyse(self, frame: Frame, care: int = 1) -> FakeAnalysis:
        small = cv2.resize(frame.rgb, (REFERENCE_SIZE, REFERENCE_SIZE), interpolation=cv2.INTER_AREA)
        rows, columns = np.nonzero(small[:, :, 0] > 128)
        plate = np.full((64, 64, 3), BACKGROUND, np.uint8) if frame.seq == 5 else None
        texture = encode_texture(Texture.none()) if frame.seq == 7 else None
        if rows.size < 100:
            return FakeAnalysis(None, plate, texture=texture)
        pose = np.array([0, 0, 0, columns.mean(), rows.mean(), 4], np.float32)
        z = np.sin(np.arange(30) + frame.seq / 10).astype(np.float32)
        size = Layout().size
        alike = Stakes(np.eye(size, dtype=np.float16), np.zeros(size, np.float16), 0.1) if care == MOST_CARE else None
        return FakeAnalysis(FaceCode(z, pose, np.zeros(20, np.float32)), plate, texture=texture, stakes=alike)


class FakeRenderer:
    """Draws the disc where the code says, on the background it was given."""

    def __init__(self) -> None:
        self._background: tuple[int, ...] = BACKGROUND
        self._tint = np.zeros(3)

    def set_plate(self, rgb: NDArray[np.uint8]) -> None:
        self._background = tuple(int(value) for value in rgb.reshape(-1, 3).mean(0).round())

    def set_texture(self, texture: Texture) -> None:
        self._tint = texture.torso.mean((0, 1)) * 255

    def render(self, code: FaceCode, size: tuple[int, int]) -> NDArray[np.uint8]:
        x, y = float(code.pose[3]), float(code.pose[4])
        background = np.clip(self._background + self._tint, 0, 255)
        return draw(x, y, size, tuple(int(value) for value in background))


class BrokenRenderer(FakeRenderer):
    """Renders while it is being warmed, and fails in the call."""

    def __init__(self) -> None:
        super().__init__()
        self._renders = 0

    def render(self, code: FaceCode, size: tuple[int, int]) -> NDArray[np.uint8]:
        self._renders += 1
        if self._renders > 3:
            raise RuntimeError("out of luck")
        return super().render(code, size)


def draw(
    x: float, y: float, size: tuple[int, int], background: tuple[int, ...] = BACKGROUND, disc: bool = True
) -> NDArray[np.uint8]:
    width, height = size
    picture = np.empty((height, width, 3), np.uint8)
    picture[:] = background
    scale = width / REFERENCE_SIZE
    if disc:
        cv2.circle(picture, (round(x * scale), round(y * scale)), round(RADIUS_PX * scale), DISC, -1, cv2.LINE_AA)
    return picture


def open_analyser(identity: Identity) -> FakeAnalyser:
    return FakeAnalyser()


def open_renderer(identity: Identity, backend: str, threads: int | None) -> FakeRenderer:
    return BrokenRenderer() if "broken" in identity.meta else FakeRenderer()


def make_identity(padding: int = 50_000, **meta: object) -> Identity:
    """An identity with generic tables, and incompressible padding so that it takes a while to cross."""
    arrays = {f"codec.{name}": array for name, array in FaceTables.generic(Layout()).to_arrays().items()}
    arrays["padding.noise"] = np.random.default_rng(1).integers(0, 256, padding, np.uint8)
    return Identity("Disc", 1, meta, arrays)


def write_fake_identity(path: Path, padding: int = 50_000, **meta: object) -> Path:
    write_identity(path, make_identity(padding, **meta))
    return path


def write_clip(path: Path, seconds: float = 4.0, fps: int = 25, gap: bool = False, side: int = 256) -> Path:
    """Write a clip of the disc going round, with a tone; without the disc for a while if there is to be a gap."""
    with av.open(str(path), "w") as container:
        video = container.add_stream("libx264", rate=fps, options={"crf": "18", "preset": "ultrafast"})
        video.width = video.height = side
        video.pix_fmt = "yuv420p"
        audio = container.add_stream("aac", rate=48000, layout="mono")
        for index in range(round(seconds * fps)):
            angle = index * 0.08
            hidden = gap and NO_FACE_FROM <= index < NO_FACE_TO
            picture = draw(128 + 50 * np.cos(angle), 128 + 50 * np.sin(angle), (side, side), disc=not hidden)
            container.mux(video.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(video.encode(None))
        times = np.arange(round(seconds * 48000)) / 48000
        tone = (np.sin(times * 2 * np.pi * 440) * 0.3).astype(np.float32)
        for start in range(0, tone.size - 1023, 1024):
            frame = av.AudioFrame.from_ndarray(tone[start : start + 1024].reshape(1, -1), format="fltp", layout="mono")
            frame.sample_rate, frame.pts = 48000, start
            container.mux(audio.encode(frame))
        container.mux(audio.encode(None))
    return path
