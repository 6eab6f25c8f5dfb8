"""What errors in the transmitted numbers do to the picture, and the code that follows from it.

Many numbers move the same pixels: a nod and a shift, a jaw and a mouth. Coded one by one they pay for each other's
precision. So the codec gets components: directions in which the picture's squared change is one unit and in which
frames of this person follow one another independently (the Karhunen-Loeve transform in the metric of the picture). At
high rate an equal step for all of them is best (reverse water-filling, Cover and Thomas, chapter 10); those that matter
less than a step cost nothing.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from codec.layout import Layout
from codec.types import TORSO_SIZE, FaceCode
from models.alignment.colour_slopes import picture_counts
from models.alignment.kernels import STRIDE
from models.clip import evenly
from models.embedding import LEARNED
from models.field.avatar import Avatar
from models.field.warp import LANDMARK_DIMS
from models.render.cpu import CpuRenderer
from models.tracking.enrolment import Enrolment
from models.tracking.tracker import reference_picture
from models.training.trainer import Trainer

PROBED_FRAMES, PROBED_ROUGHLY = 12, 3
"""In the end, and for a checkpoint: 32 in the place of 8 lose 0.02 dB less at the same rate on a studio clip; three
will do for a preview."""

FACE_PROBE_PX, POSE_PROBE_PX, TORSO_PROBE_PX = 0.8, 0.5, 0.3
"""How far numbers are moved to see what changes, reference px: by less, the rounding to grey levels is what one
measures."""

LEARNED_PROBE = 1.6
"""Likewise for the learned numbers, whose effect has no length in px."""

FREEFORM_PROBE = 1.0
"""And for free-form numbers, of their unit variance."""

PROBE_LIMITS = (0.2, 0.8)
"""Probes of the leading numbers in standard deviations."""

SHARE = 0.13
"""Of the picture's expected squared error that quantisation adds. It costs half of what that says, as much of what is
rounded away was noise: on five clips 0.05 to 0.3 dB, see docs/rate.md."""

USUAL_ERROR, MOST_FLATTERED = 32.6, 1.5
"""Squared error of unseen frames, grey levels: 33 dB. Training frames flatter a long enrolment by up to 4 dB, so what
is expected lies half-way between theirs and this, on the scale of decibels, but by no more than such a factor above
theirs: four clips have 1.0 to 2.4 times the error of their training frames, the best of them 1.4."""

TORSO_COUNT, FOLDS_COUNT = 2.0, 4.0
"""What a squared change of the picture by torso numbers and by folds counts beside one by others. They are many and
move slowly, so finer steps cost few bits: on a studio clip folds lost 0.2 dB to rounding that 0.1 kbps buys back, torso
numbers 0.1 dB for as much."""

MOST_STEP = 2.0
"""Longest steps in probes: a direction that these frames hardly show may matter in the next call."""


def probes(enrolment: Enrolment, scale: float, layout: Layout) -> NDArray[np.float32]:
    """How far to move each number of a code: float32 (N,), each in its number's own unit.

    Args:
        enrolment: the tracked clip.
        scale: reference px per canonical unit.
        layout: order of the numbers.
    """
    morphable, silhouette = enrolment.model.morphable, enrolment.model.silhouette
    moved = morphable.basis[:LANDMARK_DIMS] * morphable.deviation[:LANDMARK_DIMS, None, None] * scale
    landmarks = FACE_PROBE_PX / np.sqrt((moved[..., :2] ** 2).sum(2).mean(1)).clip(1e-3)
    outline = FACE_PROBE_PX / (np.sqrt((silhouette.basis**2).mean(1)) * silhouette.deviation * scale).clip(1e-3)
    z = np.concatenate([np.concatenate([landmarks, outline]).clip(*PROBE_LIMITS), np.full(LEARNED, LEARNED_PROBE)])
    turn = POSE_PROBE_PX / scale
    pose = np.array([turn, turn, turn, POSE_PROBE_PX, POSE_PROBE_PX, turn])
    torso = np.full(TORSO_SIZE, TORSO_PROBE_PX, np.float32)
    freeform = np.full(layout.freeform, FREEFORM_PROBE, np.float32)
    return layout.pack(FaceCode(z.astype(np.float32), pose.astype(np.float32), torso, freeform))


def sensitivity(
    trainer: Trainer,
    probe: NDArray[np.float32],
    layout: Layout,
    threads: int | None = None,
    frames: int = PROBED_FRAMES,
) -> tuple[NDArray[np.float64], float]:
    """Renders a few training frames with each number moved.

    Args:
        trainer: a training run whose density is baked and whose torso's place is known.
        probe: float32 (N,), from `probes`.
        layout: order of the numbers.
        threads: processor threads; all when None.
        frames: how many of them.

    Returns:
        float64 (N, N): G of the picture's mean squared change d' G d, grey levels squared, by a change d of the
        numbers; and the mean squared error of the unmoved pictures.
    """
    renderer = CpuRenderer(trainer.avatar, threads)
    codes = trainer.face_codes()
    weight = layout.pack(_counts(trainer.avatar, layout))
    gram = np.zeros((len(probe), len(probe)))
    chosen = evenly(len(codes), frames)
    error = 0.0
    for t in chosen:
        renderer.set_plate(trainer.plate(int(trainer.data.shot[t])))
        numbers = layout.pack(codes[t])
        sight = renderer.look(codes[t], STRIDE)
        here = sight.rgb.astype(np.float32)
        worth = np.sqrt(picture_counts(trainer.avatar, sight.surface))[..., None]
        error += float(np.mean((here - reference_picture(trainer.data.rgb[t])[::STRIDE, ::STRIDE]) ** 2))
        change = np.empty((len(probe), here.size), np.float32)
        for k, by in enumerate(probe):
            moved = numbers.copy()
            moved[k] += by
            change[k] = (worth * (renderer.look(layout.unpack(moved), STRIDE).rgb - here)).ravel() * (weight[k] / by)
        gram += change @ change.T / here.size
    return gram / len(chosen), error / len(chosen)


def _counts(avatar: Avatar, layout: Layout) -> FaceCode:
    """By how much each number's change of the picture is multiplied."""
    counts = layout.unpack(np.ones(layout.size, np.float32))
    counts.torso[:] = np.sqrt(TORSO_COUNT)
    counts.freeform[avatar.free_parts.folds] = np.sqrt(FOLDS_COUNT)
    return counts


def innovations(codes: NDArray[np.float32], starts: Sequence[int]) -> NDArray[np.float64]:
    """How numbers change from frame to frame: their second moments, float64 (N, N).

    Args:
        codes: float32 (T, N), consecutive frames.
        starts: frames that do not follow the one before them.
    """
    change = np.delete(np.diff(codes.astype(np.float64), axis=0), [s - 1 for s in starts if s > 0], axis=0)
    return change.T @ change / max(1, len(change))


def component_mixing(
    gram: NDArray[np.float64],
    error: float,
    moments: NDArray[np.float64],
    probe: NDArray[np.float32],
    share: float = SHARE,
    sharing: int | None = None,
) -> NDArray[np.float64]:
    """Components whose steps all add the same to the picture's error.

    Args:
        gram: float64 (N, N), from `sensitivity`.
        error: squared error that the picture is expected to have, grey levels.
        moments: float64 (N, N), from `innovations`.
        probe: float32 (N,), from `probes`.
        share: of that error that quantisation may add.
        sharing: components that share it; all when None. Free form is left out, for most of it is never worth a step.

    Returns:
        float64 (N, N): the numbers that one step of each component makes, a component to a column, those that move the
        picture most from frame to frame first.
    """
    square = 12.0 * share * error / (sharing or len(probe))
    values, vectors = np.linalg.eigh(gram + np.diag(square / (MOST_STEP * probe.astype(np.float64)) ** 2))
    root, inverse = (vectors * np.sqrt(values)) @ vectors.T, (vectors / np.sqrt(values)) @ vectors.T
    _, directions = np.linalg.eigh(root @ moments @ root)
    return np.asarray(inverse @ directions[:, ::-1] * np.sqrt(square))


def expected_error(error: float) -> float:
    """Squared error to expect of unseen frames, grey levels, from that of training frames."""
    error = max(error, 1e-3)
    return min(float(np.sqrt(error * USUAL_ERROR)), MOST_FLATTERED * error)
