"""Small made-up people: an avatar with everything in it, trained on nobody."""

from __future__ import annotations

import numpy as np
import torch

from codec.identity import Identity
from codec.types import FaceCode
from models.field.avatar import Avatar, quantise_density, restore_density, warp_basis
from models.field.freeform import Freeform
from models.field.march import BAKED_SHAPE
from models.field.occupancy import cell_centres
from models.field.planes import BASES, PLANES
from models.field.sheets import FACE, TORSO
from models.field.tints import Tints
from models.field.torso import COVERS
from models.tracking.morphable import MorphableModel
from models.tracking.silhouette import SilhouetteModel
from models.tracking.torso import TorsoModel

BENDS, TINTS, FOLDS = 8, 4, 5
"""Free-form numbers of made-up people."""


def made_up_models(seed: int = 0) -> tuple[MorphableModel, SilhouetteModel, TorsoModel]:
    """A morphable model, outline and torso with smooth random directions."""
    random = np.random.default_rng(seed)
    mean = random.normal(0.0, 0.6, (478, 3)).astype(np.float32)
    mean[:, 2] = 0.4 * (mean[:, :2] ** 2).sum(1) - 0.5
    basis = np.linalg.qr(random.normal(size=(478 * 3, 73)))[0].T.reshape(73, 478, 3)
    morphable = MorphableModel.build(mean, basis, np.full(73, 0.3, np.float32), np.ones(478, np.float32))
    outline = np.linalg.qr(random.normal(size=(40, 6)))[0].T.astype(np.float32)
    silhouette = SilhouetteModel(np.full(40, 2.0, np.float32), outline, np.full(6, 0.1, np.float32))
    flow = random.normal(size=(20, 64, 64, 2)).astype(np.float32)
    grey = random.integers(0, 255, (256, 256)).astype(np.uint8)
    torso = TorsoModel.build(grey, flow, np.ones(20, np.float32))
    return morphable, silhouette, torso


def made_up_identity(seed: int = 0) -> Identity:
    """An identity whose head is an ellipsoid of random colours over a random torso."""
    torch.manual_seed(seed)
    morphable, silhouette, torso = made_up_models(seed)
    random = np.random.default_rng(seed)
    plate = random.integers(0, 255, (256, 256, 3)).astype(np.uint8)
    avatar = Avatar(warp_basis(morphable, silhouette), torso.basis, plate)
    avatar.head.grid.table.data.normal_(std=0.1)
    avatar.torso.grid.table.data.normal_(std=0.3)
    for table in avatar.head.planes.tables:
        table.data.normal_(std=0.1)
    avatar.head.gate_centre.copy_(torch.tensor([[0.0, 0.7, -0.6], [-0.4, -0.3, -0.5], [0.4, -0.3, -0.5]]))
    inside = np.linalg.norm(cell_centres(BAKED_SHAPE) / np.array([1.0, 1.4, 0.7]), axis=-1)
    density = (30.0 * np.clip(2.0 * (1.1 - inside), 0.0, 1.0)).astype(np.float32)
    avatar.density = restore_density(quantise_density(density))
    avatar.torso_map[:24] = 0
    avatar.torso_map[24:, :32] = COVERS
    torch.nn.init.zeros_(avatar.torso.front.bias)
    avatar.tints = Tints.build(random.normal(0.0, 3.0, (TINTS, PLANES, BASES)))
    avatar.freeform = Freeform.build(random.normal(0.0, 0.001, (BENDS, *FACE.waves, 2)))
    avatar.folds = Freeform.build(random.normal(0.0, 0.1, (FOLDS, *TORSO.waves, 2)), TORSO)
    arrays = {**avatar.to_arrays(), **morphable.to_arrays(), **silhouette.to_arrays(), **torso.to_arrays()}
    return Identity("made up", 0, {}, arrays)


def made_up_code(seed: int = 0) -> FaceCode:
    """A plausible code: a turned head, an expression, a moved torso."""
    random = np.random.default_rng(seed)
    pose = np.array([0.1, -0.2, 0.05, 128.0, 120.0, np.log(45.0)], np.float32)
    pose[:5] += random.normal(0.0, [0.1, 0.1, 0.05, 6.0, 6.0]).astype(np.float32)
    z = random.normal(size=30).clip(-4, 4).astype(np.float32)
    torso, freeform = (random.normal(size=size).astype(np.float32) for size in (20, BENDS + TINTS + FOLDS))
    return FaceCode(z, pose, torso, freeform)
