"""The lattice: what lies between marched pixels is what marching them would have found."""

from __future__ import annotations

import math

import numpy as np
import pytest

from models.render import cpu
from models.render.cpu import CpuRenderer
from models.render.lattice import BLOCK_HEIGHT, BLOCK_WIDTH, TILE_HEIGHT, TILE_WIDTH, lattice_shape, lattice_stride
from tests.models.builders import made_up_code, made_up_identity
from tests.models.render.test_parity import psnr

LOG_SCALE = math.log(45.0)


@pytest.mark.parametrize(
    ("size", "threads"), [((256, 256), 1), ((257, 301), 2), ((512, 339), 2), ((509, 512), 1), ((768, 1031), 2)]
)
def test_it_shows_what_a_march_of_every_pixel_shows(
    size: tuple[int, int], threads: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    identity, code = made_up_identity(1), made_up_code(1)
    renderer = CpuRenderer.load(identity, threads)
    sight = renderer.render_surface(code, size)
    monkeypatch.setattr(cpu, "lattice_stride", lambda pixel, log_scale: 1)
    full = renderer.render_surface(code, size)
    assert psnr(sight.rgb, full.rgb) >= 48.0
    assert (sight.rgb != full.rgb).any(), "the lattice was not used"
    both = (sight.surface[..., 0] > 0.9) & (full.surface[..., 0] > 0.9)
    assert both.mean() > 0.05
    apart = np.linalg.norm(sight.surface[both, 1:4] - full.surface[both, 1:4], axis=1)
    assert np.quantile(apart, 0.99) < 0.02
    assert ((sight.surface[..., 0] > 0) == (full.surface[..., 0] > 0)).mean() > 0.999


def test_threads_do_not_change_the_picture() -> None:
    identity, code = made_up_identity(), made_up_code()
    one, two = (CpuRenderer.load(identity, threads).render(code, (300, 260)) for threads in (1, 2))
    np.testing.assert_array_equal(one, two)


def test_the_lattice_is_finer_for_smaller_heads() -> None:
    assert [lattice_stride(256 / side, LOG_SCALE) for side in (128, 256, 512, 1024, 2048)] == [1, 2, 4, 8, 8]
    assert lattice_stride(0.5, LOG_SCALE - math.log(2.0)) == 2
    assert lattice_stride(0.5, -1e4) == 1


@pytest.mark.parametrize("stride", [2, 4, 8])
@pytest.mark.parametrize("size", [(16, 16), (33, 257), (256, 256)])
def test_every_cell_of_every_tile_has_four_corners(size: tuple[int, int], stride: int) -> None:
    rows, columns = lattice_shape(size, stride)
    assert rows % BLOCK_HEIGHT == columns % BLOCK_WIDTH == 0
    assert (rows - 1) * stride >= math.ceil(size[1] / TILE_HEIGHT) * TILE_HEIGHT
    assert (columns - 1) * stride >= math.ceil(size[0] / TILE_WIDTH) * TILE_WIDTH
