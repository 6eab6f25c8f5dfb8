"""The networks in both precisions against numpy."""

from __future__ import annotations

from types import ModuleType

import numba
import numpy as np
import pytest
from numpy.typing import NDArray

from models.field.conditioning import GATES
from models.render import half_layers, layers, networks
from models.render.layers import CHUNK, ENCODED, HIDDEN, OUTPUTS
from models.render.networks import INPUTS
from models.render.vector import DOTS

PRECISIONS = [
    pytest.param(layers, 1e-4, id="float32"),
    pytest.param(half_layers, 0.01, id="bfloat16", marks=pytest.mark.skipif(not DOTS, reason="no bfloat16 units here")),
]


def _network(inputs: int) -> tuple[NDArray[np.float32], ...]:
    random = np.random.default_rng(inputs)
    sizes = ((inputs, HIDDEN), (HIDDEN, HIDDEN), (HIDDEN, OUTPUTS))
    return tuple(
        (random.standard_normal(shape) * (2.0 / shape[0]) ** 0.5).astype(np.float32)
        for size in sizes
        for shape in (size, size[1:])
    )


def _run(module: ModuleType, network: tuple[NDArray[np.float32], ...], x: NDArray[np.float32]) -> NDArray[np.float32]:
    run, scratch = module.run_network, module.network_scratch

    @numba.njit
    def answer(prepared, rows):  # type: ignore[no-untyped-def]
        return run(prepared, rows, scratch()).copy()

    prepared = tuple(module.prepare_weight(part) if part.ndim == 2 else part for part in network)
    out: NDArray[np.float32] = answer(prepared, x)
    return out


@pytest.mark.parametrize(("module", "tolerance"), PRECISIONS)
@pytest.mark.parametrize("inputs", [ENCODED, ENCODED + GATES])
def test_layers_compute_the_network(module: ModuleType, tolerance: float, inputs: int) -> None:
    network = _network(inputs)
    x = np.zeros((INPUTS, CHUNK), np.float32)
    x[:inputs] = np.random.default_rng(1).standard_normal((inputs, CHUNK))
    w1, b1, w2, b2, w3, b3 = network
    hidden = np.maximum(w1.T @ x[:inputs] + b1[:, None], 0.0)
    hidden = np.maximum(w2.T @ hidden + b2[:, None], 0.0)
    expected = 1.0 / (1.0 + np.exp(-(w3.T @ hidden + b3[:, None])))
    assert expected.std() > 0.1
    np.testing.assert_allclose(_run(module, network, x), expected, atol=tolerance)


def test_pairs_of_weights_are_rounded_to_the_nearest() -> None:
    weight = np.random.default_rng(0).standard_normal((5, 3)).astype(np.float32)
    packed = half_layers.prepare_weight(weight).view(np.uint32)
    assert packed.shape == (3, 3)
    low, high = ((part & 0xFFFF).astype(np.uint32) << 16 for part in (packed, packed >> 16))
    np.testing.assert_allclose(low.view(np.float32), weight[::2], rtol=2**-8)
    np.testing.assert_allclose(high.view(np.float32)[:2], weight[1::2], rtol=2**-8)
    assert not high[2].any()


def test_the_best_precision_for_this_processor_is_chosen() -> None:
    assert networks.run_network is (half_layers if DOTS else layers).run_network
