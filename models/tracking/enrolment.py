"""Learns a person's tracking model from a clip, and tracks the clip with it as a call would.

Three passes: networks over all pictures (two at a time, each over a stretch of the clip), learning of face, outline and
torso, and the same follower that a call uses, shot by shot. So training sees the very numbers that a call will send.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from models.background import estimate_plate
from models.tracking.alignment import procrustes
from models.tracking.arrays import Rgb
from models.tracking.basis_file import ExpressionBasis
from models.tracking.cuts import find_cuts
from models.tracking.landmarks import Landmarker, Segmenter
from models.tracking.morphable import MorphableModel, fit_from
from models.tracking.silhouette import fit_silhouette, measure_radii
from models.tracking.torso import grey_of, torso_mask
from models.tracking.torso_basis import learn_torso
from models.tracking.tracker import FaceFollower, Tracked, TrackingModel

Progress = Callable[[float, str], None]

_LEAST_SHARE = 0.5
"""Of the pictures must show a face, else the clip is no portrait."""


@dataclass(frozen=True, slots=True)
class Enrolment:
    """What a clip taught.

    Attributes:
        model: the person's tracking model.
        tracked: one per picture; its `params` is None where no face was found.
        cuts: numbers of the pictures that begin a new shot, without 0.
        plates: uint8 (256, 256, 3) each, one per shot, from that shot's pixels.
    """

    model: TrackingModel
    tracked: list[Tracked]
    cuts: list[int]
    plates: list[Rgb]

    @property
    def shots(self) -> list[tuple[int, int]]:
        """Half-open ranges of picture numbers, one per plate."""
        return shot_ranges(self.cuts, len(self.tracked))


def shot_ranges(cuts: Sequence[int], count: int) -> list[tuple[int, int]]:
    """Return the half-open ranges between cuts."""
    edges = [0, *cuts, count]
    return list(pairwise(edges))


@dataclass(frozen=True, slots=True)
class _Sight:
    """What the networks saw in one picture."""

    points: NDArray[np.float32] | None
    mask: NDArray[np.uint8]
    seconds: float


def _see(frames: Sequence[Rgb]) -> list[_Sight]:
    """Run both networks over a stretch of a clip in order."""
    sights = []
    with Landmarker() as landmarker, Segmenter() as segmenter:
        for rgb in frames:
            start = time.perf_counter()
            found = landmarker.detect(rgb)
            mask = np.rint(segmenter.person_mask(rgb) * 255.0).astype(np.uint8)
            points = None if found is None else found.points
            sights.append(_Sight(points, mask, time.perf_counter() - start))
    return sights


def _stretches(count: int, cuts: Sequence[int]) -> list[tuple[int, int]]:
    """Split a clip at its cuts, and long shots into pieces of at most 100 pictures."""
    pieces = []
    for first, end in shot_ranges(cuts, count):
        pieces += [(at, min(at + 100, end)) for at in range(first, end, 100)]
    return pieces


def enrol_tracking(
    frames: Sequence[Rgb],
    progress: Progress,
    fps: float = 25.0,
    threads: int = 2,
    device: str = "cpu",
    guide: ExpressionBasis | None = None,
) -> Enrolment:
    """Learn a person from a clip.

    Args:
        frames: uint8 (256, 256, 3) each, in order of time.
        progress: told the share that is done, 0 to 1, and what is being done, from any thread.
        fps: pictures per second; the smoothing needs it.
        threads: how many to use.
        device: torch device of the fit.
        guide: a user's own expression basis, see `basis_file.load_basis`.

    Raises:
        ValueError: when fewer than half of the pictures, or fewer than eight, show a face.
    """
    progress(0.0, "looking for cuts")
    cuts = find_cuts(frames)
    with ThreadPoolExecutor(threads, thread_name_prefix="enrol") as pool:
        sights = _see_all(frames, cuts, pool, progress)
        faces = [number for number, sight in enumerate(sights) if sight.points is not None]
        if len(faces) < _LEAST_SHARE * len(frames) or not faces:
            raise ValueError(f"a face was found in {len(faces)} of {len(frames)} pictures; at least half are needed")
        progress(0.45, "learning the face")
        model = _learn(frames, sights, faces, guide, threads, progress)
        tracked = _follow_all(frames, sights, cuts, model, 1.0 / fps, device, pool, progress)
        progress(0.97, "learning the background")
        plates = _plates(frames, [sight.mask for sight in sights], shot_ranges(cuts, len(frames)), pool)
    progress(1.0, "tracked")
    return Enrolment(model, tracked, cuts, plates)


def _see_all(frames: Sequence[Rgb], cuts: Sequence[int], pool: ThreadPoolExecutor, progress: Progress) -> list[_Sight]:
    pieces = _stretches(len(frames), cuts)
    sights: list[_Sight] = []
    for piece in pool.map(lambda ends: _see(frames[ends[0] : ends[1]]), pieces):
        sights += piece
        progress(0.45 * len(sights) / len(frames), "finding the face")
    return sights


def _learn(
    frames: Sequence[Rgb],
    sights: Sequence[_Sight],
    faces: Sequence[int],
    guide: ExpressionBasis | None,
    threads: int,
    progress: Progress,
) -> TrackingModel:
    points = np.stack([sight.points for sight in sights if sight.points is not None])
    morphable = fit_from(points, guide)
    rotation, translation = _poses(morphable, points)
    measured = [measure_radii(sights[n].mask, r, t) for n, r, t in zip(faces, rotation, translation, strict=True)]
    silhouette = fit_silhouette(np.stack([m[0] for m in measured]), np.stack([m[1] for m in measured]))
    masks = [torso_mask(sights[n].mask, r, t) for n, r, t in zip(faces, rotation, translation, strict=True)]
    torso = learn_torso(
        [grey_of(frames[n]) for n in faces],
        masks,
        lambda share: progress(0.5 + 0.25 * share, "learning the torso"),
        threads,
    )
    return TrackingModel(morphable, silhouette, torso)


def _poses(morphable: MorphableModel, points: NDArray[np.float32]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return rotations (T, 3, 3) and translations (T, 3) with log scale, by closed-form alignment."""
    pose = procrustes(points, morphable.mean, morphable.weights)
    return pose.rotation, np.concatenate([pose.translation[:, :2], np.log(pose.scale)[:, None]], axis=1)


def _follow_all(
    frames: Sequence[Rgb],
    sights: Sequence[_Sight],
    cuts: Sequence[int],
    model: TrackingModel,
    period: float,
    device: str,
    pool: ThreadPoolExecutor,
    progress: Progress,
) -> list[Tracked]:
    """Follow every shot from its beginning, as a call does."""
    done = 0

    def follow(ends: tuple[int, int]) -> list[Tracked]:
        nonlocal done
        follower, lost, shot = FaceFollower(model, device), True, []
        for number in range(*ends):
            sight, start = sights[number], time.perf_counter()
            params, fit_px, left = None, 0.0, float("inf")
            if lost:
                follower.reset()
            if sight.points is not None:
                t_ns = round(number * period * 1e9)
                params, fit_px, left = follower.follow(frames[number], sight.points, sight.mask, t_ns)
            lost = params is None
            seconds = sight.seconds + time.perf_counter() - start
            points = None if lost else sight.points
            cut = number == ends[0] and number > 0
            shot.append(Tracked(params, points, sight.mask, cut, fit_px, left, seconds))
            done += 1
            if done % 25 == 0:
                progress(0.75 + 0.22 * done / len(frames), "following face and torso")
        return shot

    shots = pool.map(follow, shot_ranges(cuts, len(frames)))
    return [tracked for shot in shots for tracked in shot]


def _plates(
    frames: Sequence[Rgb],
    masks: Sequence[NDArray[np.uint8]],
    shots: Sequence[tuple[int, int]],
    pool: ThreadPoolExecutor,
) -> list[Rgb]:
    whole = estimate_plate(frames, masks)
    if len(shots) == 1:
        return [whole]
    return list(pool.map(lambda ends: estimate_plate(frames[slice(*ends)], masks[slice(*ends)], whole), shots))
