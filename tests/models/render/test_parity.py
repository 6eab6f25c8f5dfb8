"""Every backend against the torch reference."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from codec.identity import Identity
from codec.texture import HEAD_SHAPE, TORSO_SIDE, Texture
from models.field.torso import COVERS, IN_FRONT
from models.render.base import LARGEST_SIDE, fit_plate, pixel_axes
from models.render.cpu import CpuRenderer
from models.render.reference import ReferenceRenderer
from models.render.registry import open_renderer, probe
from tests.models.builders import made_up_code, made_up_identity


def psnr(a: NDArray[np.uint8], b: NDArray[np.uint8]) -> float:
    return float(10.0 * np.log10(255.0**2 / max(np.mean((a.astype(np.float64) - b) ** 2), 1e-9)))


@pytest.mark.parametrize(
    ("seed", "size"), [(0, (128, 128)), (1, (96, 160)), (2, (131, 77)), (0, (255, 256)), (1, (512, 512))]
)
def test_cpu_matches_reference(seed: int, size: tuple[int, int]) -> None:
    identity, code = made_up_identity(seed), made_up_code(seed)
    picture = CpuRenderer.load(identity, 2).render(code, size)
    expected = ReferenceRenderer(identity).render(code, size)
    assert picture.shape == (size[1], size[0], 3)
    assert psnr(picture, expected) >= 45.0
    assert expected.std() > 10.0


def made_up_texture(seed: int) -> Texture:
    """Smooth colours of both signs on head and torso."""
    random = np.random.default_rng(seed)

    def part(rows: int, columns: int) -> NDArray[np.float32]:
        coarse = random.normal(0, 0.2, (rows // 16, columns // 16, 3)).astype(np.float32)
        return np.asarray(cv2.resize(coarse, (columns, rows), interpolation=cv2.INTER_CUBIC), np.float32)

    return Texture(part(*HEAD_SHAPE), part(TORSO_SIDE, TORSO_SIDE))


@pytest.mark.parametrize("size", [(128, 128), (131, 77), (512, 512)])
def test_cpu_matches_reference_with_a_texture(size: tuple[int, int]) -> None:
    identity, code = made_up_identity(1), made_up_code(1)
    pictures = []
    for renderer in (CpuRenderer.load(identity, 2), ReferenceRenderer(identity)):
        bare = renderer.render(code, size)
        renderer.set_texture(made_up_texture(1))
        pictures.append(renderer.render(code, size))
        assert psnr(pictures[-1], bare) < 25.0
        renderer.set_texture(Texture.none())
        np.testing.assert_array_equal(renderer.render(code, size), bare)
    assert psnr(*pictures) >= 45.0


def test_a_texture_lies_on_the_head_and_goes_along_with_it() -> None:
    renderer = CpuRenderer.load(made_up_identity(), 2)
    lit = Texture.none()
    lit.head[HEAD_SHAPE[0] // 2 :, : HEAD_SHAPE[1] // 2] = 0.5
    for seed in (0, 1):
        bare = renderer.render_surface(made_up_code(seed), (128, 128))
        renderer.set_texture(lit)
        added = renderer.render(made_up_code(seed), (128, 128)).astype(int) - bare.rgb
        renderer.set_texture(Texture.none())
        cover, x, y = bare.surface[..., 0], bare.surface[..., 1], bare.surface[..., 2]
        inside = (cover > 0.99) & (x < -0.1) & (y > -0.6)
        outside = (x > 0.1) | (y < -0.8) | (cover == 0)
        assert inside.sum() > 50
        assert np.abs(added - np.minimum(255 - bare.rgb.astype(int), 127))[inside].max() <= 2
        assert np.abs(added[outside]).max() <= 1


def test_head_and_torso_are_in_the_picture() -> None:
    identity, code = made_up_identity(), made_up_code()
    renderer = CpuRenderer.load(identity, 2)
    black, white = np.zeros((256, 256, 3), np.uint8), np.full((256, 256, 3), 255, np.uint8)
    renderer.set_plate(black)
    over_black = renderer.render(code, (128, 128)).astype(int)
    renderer.set_plate(white)
    seen_through = renderer.render(code, (128, 128)).astype(int) - over_black
    assert seen_through[60, 64].max() <= 2, "the head's middle hides the plate"
    assert seen_through[2, 2].min() >= 250, "the picture's corner shows it"


def test_a_torso_in_front_hides_the_head_and_its_surface() -> None:
    identity, code = made_up_identity(), made_up_code()
    arrays = dict(identity.arrays)
    arrays["field.torso_map"] = np.full_like(arrays["field.torso_map"], COVERS | IN_FRONT)
    arrays["field.torso.front.bias"] = np.full(1, 9.0, np.float32)
    before = CpuRenderer.load(Identity("x", 0, {}, arrays), 2).render_surface(code, (128, 128))
    behind = CpuRenderer.load(identity, 2).render_surface(code, (128, 128))
    assert behind.surface[60, 20:100, 0].max() > 0.9
    assert before.surface[..., 0].max() < 0.1
    assert psnr(before.rgb, behind.rgb) < 30.0


def test_code_moves_the_picture() -> None:
    renderer = CpuRenderer.load(made_up_identity(), 2)
    still, moved = made_up_code(0), made_up_code(1)
    assert psnr(renderer.render(still, (128, 128)), renderer.render(moved, (128, 128))) < 36.0
    assert psnr(renderer.render(still, (128, 128)), renderer.render(still, (128, 128))) > 80.0


def test_sizes_show_the_same_picture() -> None:
    renderer = CpuRenderer.load(made_up_identity(), 2)
    small, large = renderer.render(made_up_code(), (128, 128)), renderer.render(made_up_code(), (256, 256))
    halved = large.reshape(128, 2, 128, 2, 3).mean((1, 3))
    assert psnr(small, np.rint(halved).astype(np.uint8)) > 15.0
    columns, rows = pixel_axes((128, 64))
    assert columns[0] == pytest.approx(1.0)
    assert rows.mean() == pytest.approx(128.0)


@pytest.mark.parametrize("size", [(8, 8), (LARGEST_SIDE + 1, 64), (64, 0)])
def test_absurd_sizes_are_refused(size: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="cannot render"):
        CpuRenderer.load(made_up_identity(), 1).render(made_up_code(), size)


def test_plate_is_cropped_like_the_picture() -> None:
    plate = np.zeros((256, 256, 3), np.uint8)
    plate[:64] = 255
    assert fit_plate(plate, (128, 64)).max() == 0.0
    assert fit_plate(plate, (64, 128))[0].min() == 1.0


def test_an_explicit_backend_fails_loudly() -> None:
    with pytest.raises(ValueError, match="unknown backend"):
        open_renderer(made_up_identity(), "vulkan")
    if not torch.cuda.is_available():
        assert probe("cuda") is not None
        with pytest.raises(ValueError, match="cuda cannot run here"):
            open_renderer(made_up_identity(), "cuda")
    assert open_renderer(made_up_identity(), "auto", threads=1).name in {"cpu", "cuda"}


@pytest.mark.gpu
def test_cuda_matches_reference() -> None:
    if not torch.cuda.is_available():
        pytest.skip("no CUDA card")
    identity, code = made_up_identity(), made_up_code()
    picture = open_renderer(identity, "cuda").render(code, (256, 256))
    assert psnr(picture, ReferenceRenderer(identity).render(code, (256, 256))) >= 45.0
