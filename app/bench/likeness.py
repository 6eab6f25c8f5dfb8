"""All measures of likeness over a sequence of pictures."""

from __future__ import annotations

import numpy as np

from app.bench.face_likeness import FaceMeter
from app.bench.metrics import Picture, l1, ms_ssim, psnr, psnr_within, ssim
from app.bench.regions import Regions
from app.bench.vmaf import VmafMeter, why_no_vmaf


class LikenessMeter:
    """Compares pictures with their originals as they come.

    Args:
        side: of the square pictures, pixels.
        faces: what compares the faces; without it only pictures are compared.
    """

    def __init__(self, side: int, faces: FaceMeter | None = None) -> None:
        self._scores: list[dict[str, float]] = []
        self._faces = faces
        self._vmaf = VmafMeter(side) if why_no_vmaf(side) is None else None

    def add(self, original: Picture, picture: Picture, regions: Regions) -> None:
        """Takes one frame, its original, and where the person is in it."""
        self._scores.append(
            {
                "psnr": psnr(original, picture),
                "psnr_person": psnr_within(original, picture, regions.person),
                "psnr_features": psnr_within(original, picture, regions.features),
                "ssim": ssim(original, picture),
                "ms_ssim": ms_ssim(original, picture),
                "l1": l1(original, picture),
            }
        )
        if self._vmaf is not None:
            self._vmaf.add(original, picture)
        if self._faces is not None and regions.tracked is not None:
            self._faces.add(regions.tracked, regions.embedding, picture)

    def means(self) -> dict[str, float]:
        """Each measure's mean over the frames that have it; VMAF is left out where it cannot be measured."""
        means = {name: _mean([score[name] for score in self._scores]) for name in self._scores[0]}
        vmaf = {} if self._vmaf is None else {"vmaf": self._vmaf.score()}
        return means | vmaf | ({} if self._faces is None else self._faces.means())


def _mean(values: list[float]) -> float:
    known = [value for value in values if not np.isnan(value)]
    return float(np.mean(known)) if known else float("nan")
