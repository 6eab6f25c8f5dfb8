"""Opens what sees and what renders, when it is needed: torch, mediapipe and numba are imported here and not before.

`DemoOptions.stages` names this module; a test names one that opens the same things without a trained identity.
"""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from codec.identity import Identity
from codec.types import FaceCode, Frame


class Analysis(Protocol):
    """What the analyser gives for a frame (`models.analysis.Analysis`)."""

    @property
    def code(self) -> FaceCode | None:
        """The face, or None where there is none."""

    @property
    def plate(self) -> NDArray[np.uint8] | None:
        """A renewed background, uint8 (H, W, 3), when the framing has changed."""


class Analyser(Protocol):
    """What turns a camera's frames into face codes; one thread uses it."""

    def analyse(self, frame: Frame) -> Analysis:
        """Analyse the next frame."""


class Renderer(Protocol):
    """What turns face codes into pictures; one thread uses it."""

    def set_plate(self, rgb: NDArray[np.uint8]) -> None:
        """Take a new background."""

    def render(self, code: FaceCode, size: tuple[int, int]) -> NDArray[np.uint8]:
        """Render a picture of width, height ``size``: uint8 (H, W, 3)."""


class Decoded(Protocol):
    """A face packet, decoded (`codec.face.DecodedFace`)."""

    @property
    def seq(self) -> int:
        """Frame number."""

    @property
    def code(self) -> FaceCode:
        """The dequantised code."""


class FaceCoder(Protocol):
    """The sending end of the face codec."""

    def encode(self, code: FaceCode, seq: int) -> bytes:
        """Give the packet of a frame."""

    def acknowledge(self, seq: int) -> None:
        """Take word that the other end has decoded a frame."""


class FaceReader(Protocol):
    """The receiving end of the face codec."""

    def decode(self, payload: bytes) -> Decoded | None:
        """Decode a packet; None where it builds on one that never came.

        Raises:
            ValueError: it is not a face packet.
        """


class Stages(Protocol):
    """What a stages module offers: this one, or a test's."""

    def open_analyser(self, identity: Identity) -> Analyser:
        """Load the tracker and the embedding of an identity."""

    def open_renderer(self, identity: Identity, backend: str, threads: int | None) -> Renderer:
        """Load an identity's fields into a render backend."""

    def open_coder(self, identity: Identity) -> FaceCoder:
        """Load an identity's tables for sending."""

    def open_reader(self, identity: Identity) -> FaceReader:
        """Load an identity's tables for receiving."""

    def resting_code(self, identity: Identity) -> FaceCode:
        """Give a code to warm a renderer with."""

    def pack_plate(self, rgb: NDArray[np.uint8]) -> bytes:
        """Code a background."""

    def unpack_plate(self, payload: bytes) -> NDArray[np.uint8]:
        """Decode a background; ValueError where it is none."""
