"""Which changes of the planes' blend a frame may choose: found while an enrolment's field is trained."""

from __future__ import annotations

import numpy as np

from models.alignment.colour_modes import COVERED, ColourModes
from models.alignment.kernels import STRIDE
from models.clip import evenly
from models.field.planes import BASES, PLANES
from models.field.tints import Tints, telling_tints
from models.render.cpu import CpuRenderer
from models.training.trainer import Trainer

FRAMES = 64
"""Of the clip that tell what its head does."""


def ensure_tints(trainer: Trainer, threads: int | None = None) -> None:
    """Finds the person's tints, unless frames settled on some already: their numbers are amounts of those."""
    if not trainer.avatar.tints.telling:
        trainer.avatar.tints = find_tints(trainer, threads)


def find_tints(trainer: Trainer, threads: int | None = None) -> Tints:
    """The tints that a person's picture shows most.

    Args:
        trainer: a training run whose density is baked and whose torso's place is known.
        threads: processor threads; all when None.
    """
    avatar, codes = trainer.avatar, trainer.face_codes()
    renderer, modes = CpuRenderer(avatar, threads), ColourModes(avatar)
    gram, blends = np.zeros((PLANES * BASES, PLANES * BASES)), []
    for t in evenly(len(codes), FRAMES):
        around = modes.around(codes[t])
        surface = renderer.look(codes[t], STRIDE).surface
        gram += modes.of_blend(surface[surface[..., 0] > COVERED][:, 1:4], around)
        blends.append(around.blend.cpu().numpy())
    return telling_tints(gram, np.stack(blends))
