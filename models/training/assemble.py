"""From a trained avatar to an identity: coverage maps, the codec's personal statistics, and all arrays."""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from codec.identity import Identity
from codec.layout import Layout
from codec.quantise import quantise_mixing
from codec.table_training import train_tables
from models.fineness import EXPECTED
from models.tracking.enrolment import Enrolment
from models.training.alignment import FrameAlignment
from models.training.coverage import torso_map
from models.training.latest_plate import latest_plate
from models.training.rehearsal import STRETCHES, STRETCHES_ROUGHLY, rehearse
from models.training.sensitivity import (
    PROBED_FRAMES,
    PROBED_ROUGHLY,
    component_mixing,
    expected_error,
    innovations,
    probes,
    sensitivity,
)
from models.training.tinting import ensure_tints
from models.training.trainer import Trainer

MOUTH_LANDMARKS = (13, 14)
RIGHT_EYE_LANDMARKS = (33, 133)
LEFT_EYE_LANDMARKS = (362, 263)
"""MediaPipe FaceMesh: inner lips, and the corners of each eye."""


@dataclass(frozen=True, slots=True)
class Thoroughness:
    """How much the codec learns from.

    Attributes:
        probed: frames that the picture's sensitivity is measured on.
        stretches: of the clip that are rehearsed.
    """

    probed: int
    stretches: int

    @classmethod
    def within(cls, share: float) -> Thoroughness:
        """What a share, in [0, 1], of the time of everything affords, a draft's at least."""
        probed, stretches = int(share * PROBED_FRAMES), int(share * STRETCHES)
        return cls(max(probed, ROUGHLY.probed), max(stretches, ROUGHLY.stretches))


THOROUGHLY = Thoroughness(PROBED_FRAMES, STRETCHES)
ROUGHLY = Thoroughness(PROBED_ROUGHLY, STRETCHES_ROUGHLY)
"""For an identity that has all the time it wants, and for a draft."""


def feature_centres(mean: NDArray[np.float32]) -> NDArray[np.float32]:
    """Canonical positions of mouth, right eye and left eye on a mean face (478, 3): float32 (3, 3)."""
    groups = (MOUTH_LANDMARKS, RIGHT_EYE_LANDMARKS, LEFT_EYE_LANDMARKS)
    return np.stack([mean[list(group)].mean(0) for group in groups]).astype(np.float32)


def assemble(
    trainer: Trainer,
    enrolment: Enrolment,
    alignment: FrameAlignment,
    name: str,
    threads: int | None = None,
    thoroughness: Thoroughness = THOROUGHLY,
) -> Identity:
    """Gathers everything that sender and receiver need.

    Args:
        trainer: a training run whose density is baked.
        enrolment: the tracked clip.
        alignment: of its frames.
        name: whom the identity shows.
        threads: processor threads; all when None.
        thoroughness: of what the codec learns.
    """
    codes = trainer.face_codes()
    trainer.avatar.conditioner.set_range(np.stack([code.z for code in codes]))
    trainer.avatar.torso_map = torso_map(trainer.avatar, codes)
    trainer.avatar.plate = latest_plate(trainer, threads)
    ensure_tints(trainer, threads)
    layout = Layout(freeform=trainer.avatar.free_size)
    scale = float(np.exp(np.median(trainer.data.pose[:, 5])))
    probe = probes(enrolment, scale, layout)
    calibration = alignment.calibration
    sent = rehearse(trainer, alignment.tracked(), calibration, threads, thoroughness.stretches)
    numbers = np.stack([layout.pack(code) for code in sent.codes])
    gram, error = sensitivity(trainer, probe, layout, threads, thoroughness.probed)
    moments = innovations(numbers, sent.starts)
    expected = expected_error(error)
    mixing, steps = quantise_mixing(component_mixing(gram, expected, moments, probe, sharing=layout.tracked))
    cuts = [start for start in sent.starts if start > 0]
    tables = train_tables(numbers, cuts, steps, layout, mixing)
    arrays = {
        **trainer.avatar.to_arrays(),
        **trainer.embedding.to_arrays(),
        **enrolment.model.to_arrays(),
        **calibration.to_arrays(),
        **{f"codec.{key}": value for key, value in tables.to_arrays().items()},
    }
    meta = {"frames": len(codes), "size": int(trainer.data.rgb.shape[1]), EXPECTED: round(expected, 3)}
    return Identity(name, int(time.time()), meta, arrays)
