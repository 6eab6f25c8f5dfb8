"""Opens what sees and what renders, when it is needed: torch, mediapipe and numba are imported here and not before.

`DemoOptions.stages` names this module; a test names one that opens stand-ins without a trained identity.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from codec.identity import Identity
from codec.statistics import FaceTables
from codec.types import REFERENCE_SIZE, FaceCode, Frame, Stakes
from models.loading import keep_torch_to_one_thread, loading

if TYPE_CHECKING:
    from codec.texture import Texture


class Analysis(Protocol):
    """What the analyser gives for a frame (`models.analysis.Analysis`)."""

    @property
    def code(self) -> FaceCode | None:
        """The face, or None where there is none."""

    @property
    def plate(self) -> NDArray[np.uint8] | None:
        """A renewed background, uint8 (H, W, 3), when the framing has changed."""

    @property
    def texture(self) -> bytes | None:
        """Packet of what is added to the person's colours, when they have changed."""

    @property
    def quality(self) -> int:
        """How finely the face is worth coding (BITSTREAM.md, quality)."""

    @property
    def stakes(self) -> Stakes | None:
        """What rounding the face does to the picture; None where that was not looked at."""

    @property
    def unlike(self) -> float | None:
        """Share of the head that looks otherwise than its rendering, 0..1; None where that was not looked at."""


class Analyser(Protocol):
    """What turns a camera's frames into face codes; one thread uses it."""

    def analyse(self, frame: Frame, care: int = 1) -> Analysis:
        """Analyse the next frame; the less care, the quicker, and the less true to the picture."""

    def close(self) -> None:
        """Free the tracker's networks."""


class Renderer(Protocol):
    """What turns face codes into pictures; one thread uses it."""

    def set_plate(self, rgb: NDArray[np.uint8]) -> None:
        """Take a new background."""

    def set_texture(self, texture: Texture) -> None:
        """Take what is added to the person's colours."""

    def render(self, code: FaceCode, size: tuple[int, int]) -> NDArray[np.uint8]:
        """Render a picture of width, height ``size``: uint8 (H, W, 3)."""


@dataclass(frozen=True, slots=True)
class Stages:
    """How to open the two heavy ends.

    Attributes:
        open_analyser: loads the tracker and the embedding of an identity.
        open_renderer: loads an identity's fields into a backend, with so many threads.
    """

    open_analyser: Callable[[Identity], Analyser]
    open_renderer: Callable[[Identity, str, int | None], Renderer]


def open_analyser(identity: Identity) -> Analyser:
    """Load the tracker and the embedding of an identity.

    Raises:
        ValueError: the identity does not fit this version.
    """
    with loading("torch", "mediapipe"):
        from models.analysis import FaceAnalyser

        keep_torch_to_one_thread()
        return FaceAnalyser(identity)


def open_renderer(identity: Identity, backend: str, threads: int | None) -> Renderer:
    """Load an identity's fields into a render backend.

    Raises:
        ValueError: the identity does not fit this version, or the backend cannot run here.
    """
    with loading("torch"):
        from models.render import registry

        keep_torch_to_one_thread()
        return registry.open_renderer(identity, backend, threads)


def load_stages(module: str) -> Stages:
    """Take the two openers from a module: this one, unless a test stands in."""
    found = importlib.import_module(module)
    return Stages(found.open_analyser, found.open_renderer)


def face_tables(identity: Identity) -> FaceTables:
    """Take the face codec's tables out of an identity.

    Raises:
        ValueError: they are missing or damaged.
    """
    return FaceTables.from_arrays(identity.part("codec"))


def warm_renderer(renderer: Renderer, tables: FaceTables, sizes: set[tuple[int, int]]) -> None:
    """Render a face at rest at each size, so that kernels are compiled and buffers there before the first real one."""
    centre, layout = REFERENCE_SIZE / 2, tables.layout
    pose = np.array([0, 0, 0, centre, centre, np.log(REFERENCE_SIZE / 5)], np.float32)
    code = replace(layout.unpack(np.zeros(layout.size, np.float32)), pose=pose)
    for size in sorted(sizes):
        renderer.render(code, size)
