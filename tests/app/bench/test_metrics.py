"""The likeness measures against scikit-image's and libvmaf's."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import imageio_ffmpeg
import numpy as np
import pytest
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

from app.bench.metrics import MS_SSIM_SIDE, Picture, l1, ms_ssim, psnr, psnr_within, ssim


@pytest.fixture
def pair() -> tuple[np.ndarray, np.ndarray]:
    """A picture and a noisy copy."""
    rng = np.random.default_rng(7)
    y, x = np.mgrid[:90, :120]
    picture = np.stack([x * 2, y * 2, (x + y) % 255], axis=2).astype(np.uint8)
    noisy = np.clip(picture + rng.normal(0, 12, picture.shape), 0, 255).astype(np.uint8)
    return picture, noisy


def test_psnr_is_the_usual_one(pair: tuple[np.ndarray, np.ndarray]) -> None:
    assert psnr(*pair) == pytest.approx(peak_signal_noise_ratio(*pair), abs=1e-3)
    assert psnr(pair[0], pair[0]) == 100


def test_ssim_is_the_usual_one(pair: tuple[np.ndarray, np.ndarray]) -> None:
    expected = structural_similarity(
        *pair, channel_axis=2, data_range=255, gaussian_weights=True, sigma=1.5, use_sample_covariance=False
    )
    assert ssim(*pair) == pytest.approx(expected, abs=1e-3)
    assert ssim(pair[0], pair[0]) == pytest.approx(1)


def grey_pair(side: int, noise: float) -> tuple[Picture, Picture]:
    """A grey picture with structure at every scale, and a noisy copy."""
    rng = np.random.default_rng(3)
    y, x = np.mgrid[:side, :side]
    grey = 128 + sum(20 * np.sin(x / (2.0 * 3**k)) * np.cos(y / (3.0 * 3**k)) for k in range(4))
    noisy = grey + rng.normal(0, noise, grey.shape)
    first, second = (np.clip(np.rint(v), 0, 255).astype(np.uint8)[..., None].repeat(3, 2) for v in (grey, noisy))
    return first, second


def libvmaf_ms_ssim(folder: Path, a: Picture, b: Picture) -> float:
    """MS-SSIM of two grey pictures by an implementation that is not ours."""
    side = a.shape[0]
    for name, picture in (("a", a), ("b", b)):
        (folder / name).write_bytes(picture[..., 0].tobytes())
    files = [["-f", "rawvideo", "-pixel_format", "gray", "-video_size", f"{side}x{side}", "-i", n] for n in ("b", "a")]
    measure = "libvmaf=feature=name=float_ms_ssim:log_fmt=json:log_path=log.json"
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-loglevel", "error", *files[0], *files[1], "-lavfi", measure]
    subprocess.run([*command, "-f", "null", "-"], cwd=folder, check=True)
    return float(json.loads((folder / "log.json").read_text())["pooled_metrics"]["float_ms_ssim"]["mean"])


@pytest.mark.parametrize("noise", [4.0, 12.0, 40.0])
def test_ms_ssim_is_the_usual_one(noise: float, tmp_path: Path) -> None:
    a, b = grey_pair(256, noise)
    assert ms_ssim(a, b) == pytest.approx(libvmaf_ms_ssim(tmp_path, a, b), abs=5e-3)
    assert ms_ssim(a, a) == pytest.approx(1)


def test_ms_ssim_needs_room_for_five_scales() -> None:
    assert np.isnan(ms_ssim(*grey_pair(MS_SSIM_SIDE - 1, 4.0)))
    assert ms_ssim(*grey_pair(MS_SSIM_SIDE, 4.0)) < 1


def test_only_what_is_in_the_mask_counts() -> None:
    a = np.zeros((4, 6, 3), np.uint8)
    b = a.copy()
    b[:, 3:] = 51
    left = np.zeros((4, 6), np.bool_)
    left[:, :3] = True
    assert psnr_within(a, b, left) == 100
    assert psnr_within(a, b, ~left) == pytest.approx(20 * np.log10(5))
    assert np.isnan(psnr_within(a, b, np.zeros_like(left)))
    assert l1(a, b) == pytest.approx(0.1)
