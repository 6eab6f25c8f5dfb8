"""Learns a person's torso model from the enrolment clip: a reference picture, flow to it, and its main directions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import cv2
import numpy as np
from numpy.typing import NDArray

from codec.types import REFERENCE_SIZE, TORSO_SIZE
from models.tracking.arrays import Floats
from models.tracking.torso import GRID, TorsoModel

_PRINCIPAL = 8
"""Directions learned from the clip; 2 x 3 cosine modes per axis add postures that the clip does not show."""
_COSINE_ROWS, _COSINE_COLUMNS = 2, 3
_NEAR_PX, _FAR_PX = 6.0, 25.0
"""Flow is smoothed by the first where it is known, and continued by the second where it is not."""
_MOST_PICTURES = 180
"""Flow for the basis is computed for so many pictures, evenly spread: 25 ms each. From 360 it left as much of other
pictures' flow unexplained (0.38 px for 0.36, 0.16 for 0.16 and 0.49 for 0.49 on three clips), from 90 more."""
_CELL = REFERENCE_SIZE // GRID


def choose_reference(greys: Sequence[NDArray[np.uint8]], masks: Sequence[NDArray[np.bool_]]) -> int:
    """Return the index of the picture that is nearest to the median torso.

    Args:
        greys: uint8 (256, 256) each.
        masks: bool (256, 256) each, where the torso is.
    """
    size = GRID
    small = np.stack([cv2.resize(grey, (size, size), interpolation=cv2.INTER_AREA) for grey in greys]).astype(
        np.float32
    )
    shown = np.stack(
        [cv2.resize(mask.astype(np.float32), (size, size), interpolation=cv2.INTER_AREA) for mask in masks]
    )
    usual = shown.mean(0)
    median = np.median(small[:: max(1, len(small) // 400)], axis=0)
    distance = (np.abs(small - median) * usual).sum((1, 2)) + 30.0 * np.abs(shown - usual).sum((1, 2))
    return int(distance.argmin())


def flow_engine() -> cv2.DISOpticalFlow:
    """Return dense inverse search (Kroeger et al. 2016) down to single pixels. One thread each."""
    engine = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    engine.setFinestScale(0)
    return engine


class ReferenceFlow:
    """Dense flow from a picture to the reference, with how far it can be trusted. One thread each."""

    def __init__(self, reference: NDArray[np.uint8]) -> None:
        self._reference = reference
        self._engine = flow_engine()
        rows, columns = np.mgrid[0:REFERENCE_SIZE, 0:REFERENCE_SIZE].astype(np.float32)
        self._columns, self._rows = columns, rows

    def measure(
        self, grey: NDArray[np.uint8], mask: NDArray[np.bool_]
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Measure one picture.

        Args:
            grey: uint8 (256, 256).
            mask: bool (256, 256), where the torso is.

        Returns:
            Flow, float32 (64, 64, 2) in px, continued smoothly beyond the mask, and the trust in it, float32 (64, 64).
        """
        blank = np.zeros((*grey.shape, 2), np.float32)
        forth = np.asarray(self._engine.calc(grey, self._reference, blank))
        back = np.asarray(self._engine.calc(self._reference, grey, np.zeros_like(blank)))
        returned = cv2.remap(back, self._columns + forth[..., 0], self._rows + forth[..., 1], cv2.INTER_LINEAR)
        mismatch = ((forth + returned) ** 2).sum(2)
        trust = mask / (1.0 + mismatch) * (0.05 + texture(grey))
        weight = cv2.resize(trust.astype(np.float32), (GRID, GRID), interpolation=cv2.INTER_AREA)
        moment = cv2.resize(forth * trust[..., None].astype(np.float32), (GRID, GRID), interpolation=cv2.INTER_AREA)
        return _fill(moment, weight), weight


def texture(grey: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return how much there is to hold on to, float32 (H, W) in [0, 1]: the slope's strength around each pixel."""
    slope_x = cv2.Sobel(grey, cv2.CV_32F, 1, 0) / 8.0
    slope_y = cv2.Sobel(grey, cv2.CV_32F, 0, 1) / 8.0
    energy = cv2.GaussianBlur(slope_x**2 + slope_y**2, (0, 0), 3.0)
    return np.asarray(energy / (energy + 25.0), np.float32)  # half at a slope of 5 grey levels per px


def _fill(moment: NDArray[np.float32], weight: NDArray[np.float32]) -> NDArray[np.float32]:
    """Smooth flow by normalised convolution, narrow where there is weight and wide where there is none."""
    filled: NDArray[np.float32] | None = None
    for sigma_px in (4 * _FAR_PX, _FAR_PX, _NEAR_PX):
        total = cv2.GaussianBlur(moment, (0, 0), sigma_px / _CELL)
        mass = cv2.GaussianBlur(weight, (0, 0), sigma_px / _CELL)
        if filled is None:
            filled = total / (mass[..., None] + 1e-6)
        else:
            floor = np.float32(0.02)  # below this much trust the wider estimate takes over
            filled = (total + floor * filled) / (mass[..., None] + floor)
    assert filled is not None
    return filled


def cosine_modes() -> NDArray[np.float64]:
    """Return 2 x 3 cosine modes per axis, (12, 64, 64, 2)."""
    phase = np.pi * (np.arange(GRID) + 0.5) / GRID
    modes = []
    for row in range(_COSINE_ROWS):
        for column in range(_COSINE_COLUMNS):
            mode = np.cos(row * phase)[:, None] * np.cos(column * phase)[None, :]
            modes += [np.stack([mode, 0 * mode], 2), np.stack([0 * mode, mode], 2)]
    return np.stack(modes)


def orthogonal_basis(flows: Floats, weight: Floats) -> NDArray[np.float64]:
    """Make a basis of twenty fields.

    Args:
        flows: (T, 64, 64, 2), px.
        weight: (64, 64), how much each node counts.

    Returns:
        (20, 64, 64, 2): eight principal fields of the flows, then cosine modes, orthogonal and of RMS 1 px under the
        weight.
    """
    share = np.repeat((weight / weight.sum()).ravel(), 2)
    root = np.sqrt(share + 1e-12)
    rows = flows.reshape(len(flows), -1) * root
    values, vectors = np.linalg.eigh(rows @ rows.T)
    order = np.argsort(-values)[:_PRINCIPAL]
    # The directions in full, not only where there is weight: each is a mixture of the flows that were measured.
    mixture = vectors[:, order] / np.sqrt(np.maximum(values[order], 1e-9))
    fields = list((mixture.T @ flows.reshape(len(flows), -1))[: min(_PRINCIPAL, len(flows))])
    fields += list(cosine_modes().reshape(_COSINE_ROWS * _COSINE_COLUMNS * 2, -1))
    basis: list[NDArray[np.float64]] = []
    for field in fields[:TORSO_SIZE]:
        rest = field.astype(np.float64)
        for _ in range(2):  # twice: Gram-Schmidt loses orthogonality on nearly dependent fields
            for other in basis:
                rest = rest - other * ((rest * other) @ share)
        size = np.sqrt((rest**2) @ share)
        basis.append(rest / max(size, 1e-6) if size > 1e-6 else 0.0 * rest)
    while len(basis) < TORSO_SIZE:
        basis.append(np.zeros_like(basis[0]))
    return np.stack(basis).reshape(TORSO_SIZE, GRID, GRID, 2)


def learn_torso(
    greys: Sequence[NDArray[np.uint8]],
    masks: Sequence[NDArray[np.bool_]],
    progress: Callable[[float], None],
    threads: int = 2,
) -> TorsoModel:
    """Learn the torso model of a clip.

    Args:
        greys: uint8 (256, 256) each, in order of time.
        masks: bool (256, 256) each, where the torso is.
        progress: told the share that is done, 0 to 1.
        threads: how many flows to compute at a time.
    """
    reference = greys[choose_reference(greys, masks)]
    chosen = np.unique(np.linspace(0, len(greys) - 1, min(_MOST_PICTURES, len(greys))).astype(int))
    lots = [chosen[lot::threads] for lot in range(threads)]
    done = 0

    def measure(lot: NDArray[np.int64]) -> list[tuple[NDArray[np.float32], NDArray[np.float32]]]:
        nonlocal done
        engine, found = ReferenceFlow(reference), []
        for index in lot:
            found.append(engine.measure(greys[index], masks[index]))
            done += 1
            progress(done / len(chosen))
        return found

    with ThreadPoolExecutor(threads, thread_name_prefix="torso-flow") as pool:
        results = [item for lot in pool.map(measure, lots) for item in lot]
    flows = np.stack([flow for flow, _ in results])
    weight = np.mean([trust for _, trust in results], axis=0) + 1e-4
    basis = orthogonal_basis(flows, weight)
    share = weight / weight.sum()
    numbers = np.einsum("tyxc,kyxc,yx->tk", flows, basis, share)
    return TorsoModel.build(reference, basis, numbers.std(0))
