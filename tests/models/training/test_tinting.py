"""Finding a person's tints: the picture shows them, the first more than the last."""

from __future__ import annotations

import numpy as np

from models.field.planes import BASES, PLANES
from models.field.tints import TINTS
from models.render.cpu import CpuRenderer
from models.tracking.enrolment import Enrolment
from models.training.coverage import torso_map
from models.training.tinting import find_tints
from tests.models.training.conftest import TinyEnrolment, trained


def test_tints_are_what_the_picture_shows(tiny: TinyEnrolment, enrolment: Enrolment) -> None:
    trainer = trained(tiny, enrolment)
    trainer.bake()
    avatar = trainer.avatar
    avatar.torso_map = torso_map(avatar, trainer.face_codes())
    tints = find_tints(trainer, 2)
    assert tints.basis.shape == (TINTS, PLANES, BASES)
    code, renderer = trainer.face_codes()[0], CpuRenderer(avatar, 2)
    still = renderer.look(code, 2).rgb.astype(np.float32)
    avatar.tints = tints

    def change(number: int) -> float:
        amounts = code.freeform[avatar.free_parts.tints]
        amounts[:] = 0.0
        amounts[number] = 3.0
        return float(np.mean((renderer.look(code, 2).rgb - still) ** 2))

    assert change(0) > 4.0 * change(TINTS - 1)
    assert change(0) > 1.0
