"""Likeness against bitrate: the face stream at several qualities, H.265 at several rates, on the same frames."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from app.bench.metrics import psnr, ssim
from app.bench.report import Axis, Row
from app.offline import Player, SeenFrame, code_frames
from codec.h265 import H265Decoder, H265Encoder
from codec.identity import Identity
from codec.statistics import FaceTables
from models.render.registry import open_renderer

QUALITIES = (-4, 0, 4, 8, 12)
"""Steps of half to eight times the personal ones."""

H265_KBPS = (2.0, 12.0, 20.0, 35.0, 60.0)
"""From the face stream's own rate, which libx265 cannot reach (the figure beside it is what it takes), to a good
picture at 256 x 256."""

H265_PRESET = "slow"
"""As the baselines that the design compares with."""

X = Axis("kbps", "payload, kbps", logarithmic=True)
Y = Axis("psnr", "PSNR, dB")

Picture = NDArray[np.uint8]


def measure_rd(
    identity: Identity,
    seen: Sequence[SeenFrame],
    originals: Sequence[Picture],
    fps: float,
    backend: str,
    threads: int | None,
    progress: Callable[[float], None],
) -> list[Row]:
    """Codes the same frames in every way and compares each with the originals.

    Args:
        identity: the person's.
        seen: the tracked frames.
        originals: uint8 (N, N, 3), the same frames as they were filmed.
        fps: frames per second.
        backend: which renderer.
        threads: its threads, or None for its own choice.
        progress: called with the share that is done.

    Returns:
        One row for each point: codec, setting, kbps, psnr, ssim.
    """
    side = originals[0].shape[0]
    rows: list[Row] = []
    total = len(QUALITIES) + len(H265_KBPS)
    renderer = open_renderer(identity, backend, threads)
    for quality in QUALITIES:
        # Every point starts from the identity's own background, as a new call does.
        renderer.set_plate(np.asarray(identity.arrays["field.plate"]))
        coding = code_frames(seen, FaceTables.from_arrays(identity.part("codec")), quality)
        player = Player(identity, renderer, (side, side))
        pictures = (player.show(seq, frame) for seq, frame in enumerate(coding.frames))
        likeness = _compare(originals, pictures)
        rows.append(_row("visavis", f"quality {quality}", coding.payload_bytes, len(originals) / fps, likeness))
        progress(len(rows) / total)
    for kbps in H265_KBPS:
        size, decoded = _through_h265(originals, fps, kbps)
        likeness = _compare(originals, decoded)
        rows.append(_row("x265", f"asked {kbps:g} kbps", size, len(originals) / fps, likeness))
        progress(len(rows) / total)
    return rows


def _row(codec: str, setting: str, size: int, seconds: float, likeness: tuple[float, float]) -> Row:
    return {
        "codec": codec,
        "setting": setting,
        "kbps": size * 8 / 1000 / seconds,
        "psnr": likeness[0],
        "ssim": likeness[1],
    }


def _compare(originals: Sequence[Picture], pictures: Iterable[Picture]) -> tuple[float, float]:
    scores = [(psnr(a, b), ssim(a, b)) for a, b in zip(originals, pictures, strict=True)]
    mean_psnr, mean_ssim = np.mean(scores, axis=0)
    return float(mean_psnr), float(mean_ssim)


def _through_h265(originals: Sequence[Picture], fps: float, kbps: float) -> tuple[int, list[Picture]]:
    side = originals[0].shape[0]
    encoder, decoder = H265Encoder(side, side, fps, kbps, H265_PRESET), H265Decoder()
    size, pictures = 0, []
    for original in originals:
        for unit in encoder.encode(original):
            size += len(unit)
            pictures += decoder.decode(unit)
    encoder.close()
    return size, pictures
