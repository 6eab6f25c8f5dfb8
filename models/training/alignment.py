"""Rounds of photometric alignment over the training frames: tracking and field sharpen each other.

Rounds find what moves. Once density is fixed frames settle: they take the numbers that a sender would give them, tints
and all, and what remains of the training paints the field for those.
"""

from __future__ import annotations

import copy
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from codec.types import FaceCode
from models.alignment.calibration import FIRST_SPREAD, Calibration, fit_calibration, uncalibrated
from models.alignment.photometric import PhotometricAligner
from models.field.avatar import Avatar, quantise_density, restore_density
from models.field.freeform import Freeform, telling_modes
from models.field.motion import CELLS, PersonalMotion
from models.field.sheets import FACE, TORSO
from models.field.tints import Tints
from models.field.warp import LEADING
from models.tracking.rotation import from_vector
from models.tracking.tracker import reference_picture
from models.training.coverage import torso_map
from models.training.motion import MotionRound
from models.training.rehearsal import STRETCH, STRETCHES, rehearse
from models.training.tinting import ensure_tints
from models.training.trainer import Trainer

FIRST_ROUND, LAST_ROUND = 0.15, 0.5
"""Shares of the training between which rounds align frames: before, the field is too blurred to tell where it lies;
after, frames settle."""

SETTLED_AT = (0.5, 0.65, 0.8)
"""Shares of the training at which frames settle. On unseen frames of a studio clip once, at 0.6, is worth 0.13 dB and
.0004 of SSIM, twice 0.17 dB and .0006."""

FORETOLD_RIDGE = 100.0
"""Frames of evidence for free-form numbers that pose and code do not foretell."""

TIME_SHARE = 0.25
"""Of the training's time that rounds may take, where time ends training before its frames do."""

MOST_ROUNDS = 4
"""Two for motion, two for free form, evenly apart. On unseen frames of a studio clip four have 0.2 dB more than two;
five have as much as four but 0.5 dB less at mouth and eyes, ten 0.8 dB less there, for 7 and 10 % more bits."""

SENDERS_COST = 1.5
"""What a frame takes in a settling against one in a round, for tints."""


class FrameAlignment:
    """Aligns a training run's frames with its field, round by round."""

    def __init__(self, trainer: Trainer, threads: int) -> None:
        self._trainer = trainer
        self._threads = threads
        self._tracked = trainer.face_codes()
        self._spent = 0.0
        self._rounds = self._settled = 0
        self.calibration = uncalibrated()

    def state(self) -> dict[str, NDArray[Any]]:
        """Everything that rounds change but the frames' numbers, and the codes that they started from."""
        tracked = {
            "tracked_z": np.stack([code.z for code in self._tracked]),
            "tracked_pose": np.stack([code.pose for code in self._tracked]),
            "tracked_torso": np.stack([code.torso for code in self._tracked]),
        }
        avatar = self._trainer.avatar
        learned = {**self.calibration.to_arrays(), **avatar.motion.to_arrays()}
        learned |= {**avatar.freeform.to_arrays(), **avatar.folds.to_arrays(), **avatar.tints.to_arrays()}
        counts = {"spent": self._spent, "rounds": self._rounds, "settled": self._settled}
        return {**tracked, **{name: np.array(count) for name, count in counts.items()}, **learned}

    def restore(self, arrays: Mapping[str, NDArray[Any]]) -> None:
        """Takes what `state` gave.

        Raises:
            ValueError, KeyError: it does not fit.
        """
        numbers = zip(arrays["tracked_z"], arrays["tracked_pose"], arrays["tracked_torso"], strict=True)
        nothing = np.zeros(self._trainer.avatar.free_size, np.float32)
        tracked = [FaceCode(z, pose, torso, nothing) for z, pose, torso in numbers]
        if len(tracked) != len(self._tracked):
            raise ValueError("the checkpoint is of another number of frames")
        self.calibration = Calibration.from_arrays(dict(arrays))
        self._trainer.avatar.motion = PersonalMotion.from_arrays(dict(arrays))
        self._trainer.avatar.freeform = Freeform.from_arrays(dict(arrays))
        self._trainer.avatar.folds = Freeform.from_arrays(dict(arrays), TORSO)
        self._trainer.avatar.tints = Tints.from_arrays(dict(arrays))
        self._tracked, self._spent = tracked, float(arrays["spent"])
        self._rounds, self._settled = int(arrays["rounds"]), int(arrays["settled"])

    def tracked(self) -> list[FaceCode]:
        """Every frame's code as the sender knows it before it looks at the picture."""
        learned = self._trainer.codes()[:, LEADING:]
        return [
            replace(code, z=np.concatenate([code.z[:LEADING], late]))
            for code, late in zip(self._tracked, learned, strict=True)
        ]

    def due(self, fraction: float, trained: float) -> bool:
        """Whether a round should run now.

        Args:
            fraction: how much of the training is over, in [0, 1].
            trained: seconds since training began, rounds included; infinite where there is time for all rounds.
        """
        if self._rounds == MOST_ROUNDS:
            return False
        next_at = FIRST_ROUND + (LAST_ROUND - FIRST_ROUND) * self._rounds / MOST_ROUNDS
        return next_at <= fraction <= LAST_ROUND and self._spent <= TIME_SHARE * (trained * (1.0 - FIRST_ROUND))

    def run(self, go_on: Callable[[], bool]) -> None:
        """One Gauss-Newton step on every frame, from where the last round left it.

        Every other round, from the first on, also learns the person's motion; those between find the free-form numbers.
        Both at once would correct the same error twice.

        Args:
            go_on: asked before every frame; a round that is broken off leaves calibration and motion as they were.
        """
        start = time.monotonic()
        data, avatar, studied = self._trainer.data, self._trainer.avatar, self._trainer.data.studied
        codes = self._studied(self._trainer.face_codes())
        bending = self._rounds % 2 == 1
        motion = None if bending else MotionRound(avatar.motion, codes)
        aligner = PhotometricAligner(solid(self._trainer), FIRST_SPREAD, self._threads, bending=bending)
        shot, tensors, torso_tensors = -1, np.zeros((CELLS, CELLS, 3)), np.zeros((TORSO.cells, TORSO.cells, 3))
        for n, (t, code) in enumerate(zip(studied, codes, strict=True)):
            if not go_on():
                return
            if data.shot[t] != shot:
                shot = int(data.shot[t])
                aligner.set_plate(self._trainer.plate(shot))
            picture = reference_picture(data.rgb[t])
            if motion is not None:
                motion.watch(n, aligner, picture)
            aligned = aligner.align(code, self._tracked[t], picture)
            if self._rounds == 0:
                tensors += aligner.tensors
                torso_tensors += aligner.torso_tensors
            self._put(t, aligned)
        if motion is not None:
            avatar.motion = motion.learned()
        self._free_of_habits()
        if self._rounds == 0:
            avatar.freeform = telling_modes(tensors, FACE.most)
            avatar.folds = telling_modes(torso_tensors, TORSO.most, TORSO, avatar.torso_basis)
        self._rounds += 1
        after = self._studied(self._trainer.face_codes())
        self.calibration = fit_calibration(self._studied(self._tracked), after)
        self._spent += time.monotonic() - start

    def settles(self, fraction: float) -> bool:
        """Whether frames should settle now that so much of the training is over, in [0, 1]."""
        return self._trainer.baked and self._settled < len(SETTLED_AT) and fraction >= SETTLED_AT[self._settled]

    def settle(self, go_on: Callable[[], bool], seconds: float) -> None:
        """Frames take the numbers that a sender would give them; of a long clip, those of some stretches.

        Args:
            go_on: asked before every frame; those that come after stay as they were.
            seconds: that it may take: stretches are as many as that leaves time for.
        """
        avatar, codes = self._trainer.avatar, self._trainer.face_codes()
        avatar.torso_map = torso_map(avatar, codes)
        with avatar.conditioner.within_range(np.stack([code.z for code in codes])):
            ensure_tints(self._trainer, self._threads)
            stretches = self._affordable(seconds)
            sent = rehearse(
                self._trainer, self.tracked(), self.calibration, self._threads, stretches, self._settled, go_on
            )
        for t, code in zip(sent.numbers, sent.codes, strict=True):
            self._put(t, code)
        self._free_of_habits()
        self._settled += 1

    def _affordable(self, seconds: float) -> int:
        """Stretches that so much time is enough for, one at least."""
        aligned = self._rounds * len(self._trainer.data.studied)
        if aligned == 0:
            return STRETCHES
        each = STRETCH * SENDERS_COST * self._spent / aligned
        return int(np.clip(seconds / each, 1, STRETCHES))

    def _studied(self, codes: list[FaceCode]) -> list[FaceCode]:
        """Of every frame's codes those of the frames that are studied."""
        return [codes[t] for t in self._trainer.data.studied]

    def _put(self, t: int, code: FaceCode) -> None:
        """Frame t has these numbers from now on; its learned ones are the embedding's to say."""
        data = self._trainer.data
        data.pose[t], data.leading[t], data.torso[t] = code.pose, code.z[:LEADING], code.torso
        data.freeform[t] = code.freeform
        data.rotation[t] = from_vector(code.pose[:3])

    def _free_of_habits(self) -> None:
        """Takes out of free-form numbers what others foretell of them, and what all frames have in common.

        Frames that have none of a kind yet keep none.
        """
        data, avatar = self._trainer.data, self._trainer.avatar
        inputs, parts = avatar.motion.inputs(data.pose, data.leading), avatar.free_parts
        for part in (parts.bends, parts.tints, parts.folds):
            if not (found := data.freeform[:, part].any(1)).any():
                continue
            numbers = data.freeform[found, part]
            own = numbers - numbers.mean(0) if part is parts.folds else unforeseen(numbers, inputs[found])
            data.freeform[found, part] = own


def unforeseen(freeform: NDArray[np.float32], inputs: NDArray[np.float32]) -> NDArray[np.float32]:
    """A clip's free-form numbers less what its pose and code foretell: that is for motion and conditioner to learn.

    And what all frames have in common is the field's own shape. Without this they drift, for the field follows them:
    from round to round further from zero, with 0.3 dB less on unseen grimaces.

    Args:
        freeform: float32 (T, n).
        inputs: float32 (T, 32), from `PersonalMotion.inputs`.
    """
    known = np.concatenate([inputs, np.ones((len(inputs), 1), np.float32)], 1).astype(np.float64)
    ridge = FORETOLD_RIDGE * np.eye(known.shape[1])
    return np.asarray(freeform - known @ np.linalg.solve(known.T @ known + ridge, known.T @ freeform), np.float32)


def solid(trainer: Trainer) -> Avatar:
    """The avatar as it would be rendered now: with its density baked, were it not yet, and its torso's place known."""
    avatar = copy.copy(trainer.avatar)
    if not trainer.baked:
        avatar.density = restore_density(quantise_density(trainer.occupancy.bake(trainer.avatar.head)))
    avatar.torso_map = torso_map(avatar, trainer.face_codes())
    return avatar
