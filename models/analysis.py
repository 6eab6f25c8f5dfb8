"""The sender's eye: from a camera frame to the code that crosses the wire."""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from codec.identity import Identity
from codec.statistics import FaceTables
from codec.types import FaceCode, Frame, Stakes
from models.alignment.calibration import Calibration
from models.alignment.live import LiveAligner
from models.background import PlateWatcher
from models.embedding import Embedder, ExpressionEmbedding
from models.field.avatar import Avatar
from models.field.space import pose_vector
from models.fineness import Fineness, error_of_steps
from models.texture import TextureWatcher
from models.tracking.tracker import Tracker, TrackingModel, reference_picture


@dataclass(frozen=True, slots=True)
class Analysis:
    """What one camera frame came to.

    Attributes:
        code: the frame's code, or None where no face was found.
        plate: uint8 (256, 256, 3), a new background that the receiver should have from this frame on, or None.
        reason: why there is no code, in words; empty otherwise.
        track_ms: time it took.
        unlike: how much of the person looks otherwise than its rendering, a share of the head, in [0, 1]; None where
            that was not looked at.
        texture: packet of colours that the receiver should add to the person's from this frame on, or None.
        quality: how finely the code is worth coding; steps are stretched by 2^(quality / 4).
        stakes: what rounding the code does to the picture, or None where there was no time to see.
    """

    code: FaceCode | None
    plate: NDArray[np.uint8] | None
    reason: str
    track_ms: float
    unlike: float | None = None
    texture: bytes | None = None
    quality: int = 0
    stakes: Stakes | None = None


@dataclass(frozen=True, slots=True)
class Care:
    """How closely a frame is looked at.

    Attributes:
        steps: of alignment; with none the last frame's correction serves once more.
        every: the code is weighed at every so many-th pixel of every so many-th row; 0 where it is not.
    """

    steps: int
    every: int


CARES = (Care(0, 0), Care(1, 0), Care(1, 2), Care(2, 2), Care(2, 1))
"""By the time that there is, from none on. To weigh a code is worth more than a second step of alignment: on a studio
clip 0.1 dB at 14 % fewer bits, and then the step 0.03 dB, and every pixel 0.1 dB. A third step is worth nothing."""


class FaceAnalyser:
    """Tracks one person, whose identity it holds. One thread uses it."""

    def __init__(self, identity: Identity, device: str = "cpu", threads: int | None = None) -> None:
        """Loads the sender's part of an identity.

        Args:
            identity: of the person before the camera.
            device: torch device of the pose and expression fit.
            threads: processor threads for aligning; all when None.

        Raises:
            ValueError: the identity does not fit this version.
        """
        arrays = dict(identity.arrays)
        model = TrackingModel.from_arrays(arrays)
        self._embedder = Embedder(ExpressionEmbedding.from_arrays(arrays))
        avatar = Avatar.from_arrays(arrays)
        self._aligner = LiveAligner(avatar, Calibration.from_arrays(arrays), threads)
        self._plates = PlateWatcher(reference_picture(avatar.plate))
        self._textures = TextureWatcher()
        error = error_of_steps(identity.meta)
        self._fineness = Fineness(error)
        self._weigher = self._aligner.weigher(FaceTables.from_arrays(identity.part("codec")), error)
        self._tracker = Tracker(model, device)

    def analyse(self, frame: Frame, care: int = 1) -> Analysis:
        """Looks at one frame; frames come in order.

        Args:
            frame: square picture of any size.
            care: how closely to hold the field against the picture, an index of `CARES`.

        Returns:
            its code, and what of the receiver's picture is to be renewed: background or the person's colours.
        """
        started = time.perf_counter_ns()
        small = Frame(reference_picture(frame.rgb), frame.t_ns, frame.seq)
        tracked = self._tracker.track(small)
        plate = self._plates.update(small.rgb, tracked.person_mask, frame.t_ns)
        code, reason, unlike, texture, stakes = None, "no face in the picture", None, None, None
        params = tracked.params
        if params is None or tracked.cut:
            self._embedder.reset()
            self._aligner.reset()
            self._textures.reset()
        if plate is not None:
            self._aligner.set_plate(plate)
        if params is not None:
            placed = FaceCode(self._embedder.embed(params), pose_vector(params), params.torso)
            steps, every = CARES[care].steps, CARES[care].every
            code, reason = self._aligner.follow(placed, small.rgb, tracked.person_mask, steps), ""
            if steps > 0:
                unlike, texture = self._aligner.unlike, self._compare(frame.t_ns)
            if every > 0:
                stakes = self._weigher.weigh(code, small.rgb, every)
        took_ms = (time.perf_counter_ns() - started) / 1e6
        return Analysis(code, plate, reason, took_ms, unlike, texture, self._fineness.quality, stakes)

    def _compare(self, now_ns: int) -> bytes | None:
        """Learns from what is left between picture and rendering: how finely to code, and a texture where one pays."""
        compared = self._aligner.compared
        assert compared is not None
        self._fineness.follow(compared.error)
        packet = self._textures.update(compared.surface, compared.left / np.float32(255), now_ns)
        if packet is not None:
            self._aligner.set_texture(self._textures.texture)
        return packet

    def close(self) -> None:
        """Frees the tracker's networks."""
        self._tracker.close()
