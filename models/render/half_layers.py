"""`layers` in bfloat16, for processors that add up two products in one instruction.

Inputs go in pairs: an int32 holds the bfloat16 of two neighbouring rows of a pixel. Sums stay in float32. Rounding to
8 bits of precision moves a colour by less than one grey level.
"""

from __future__ import annotations

import numba
import numpy as np
from numpy.typing import NDArray

from models.field.conditioning import GATES
from models.kernel_cache import JIT
from models.render.layers import CHUNK, ENCODED, HIDDEN, OUTPUTS, squash, store_outputs
from models.render.vector import LANES, add_dots, join_halves, load, splat, store, where_less

MOST_PAIRS = (ENCODED + GATES + 1) // 2


def prepare_weight(weight: NDArray[np.float32]) -> NDArray[np.generic]:
    """A layer's weight (inputs, outputs) as `run_network` takes it: int32 (inputs / 2, outputs), two inputs each."""
    even = np.zeros((len(weight) + len(weight) % 2, weight.shape[1]), np.float32)
    even[: len(weight)] = weight
    halves = (even.view(np.uint32) + np.uint32(1 << 15)) >> 16
    return np.ascontiguousarray(halves[::2] | halves[1::2] << 16).view(np.int32)


@numba.njit(inline="always", **JIT)
def network_scratch():  # type: ignore[no-untyped-def]
    """What `run_network` needs: pairs of the input's and the layers' rows, and the outputs."""
    return (
        np.zeros((MOST_PAIRS, CHUNK), np.int32), np.zeros((HIDDEN // 2, CHUNK), np.int32),
        np.zeros((HIDDEN // 2, CHUNK), np.int32), np.zeros((OUTPUTS, CHUNK), np.float32),
    )  # fmt: skip


@numba.njit(inline="always", **JIT)
def run_network(layers, x, scratch):  # type: ignore[no-untyped-def]
    """`models.render.layers.run_network`; x has an even number of rows, those beyond the inputs finite."""
    w1, b1, w2, b2, w3, b3 = layers
    pairs, first, second, out = scratch
    for k in range(w1.shape[0]):
        for p in range(0, CHUNK, LANES):
            store(pairs, k, p, join_halves(load(x, 2 * k, p), load(x, 2 * k + 1, p)))
    _hidden_layer(w1, b1, pairs, first)
    _hidden_layer(w2, b2, first, second)
    _output_layer(w3, b3, second, out)
    return out


@numba.njit(inline="always", **JIT)
def _hidden_layer(weight, bias, x, out):  # type: ignore[no-untyped-def]
    """out = relu(weight.T @ x + bias), in pairs."""
    for p in range(0, CHUNK, 2 * LANES):
        for o in range(0, HIDDEN, 8):
            a0, a1, a2, a3 = splat(bias[o]), splat(bias[o + 1]), splat(bias[o + 2]), splat(bias[o + 3])
            a4, a5, a6, a7 = splat(bias[o + 4]), splat(bias[o + 5]), splat(bias[o + 6]), splat(bias[o + 7])
            b0, b1, b2, b3, b4, b5, b6, b7 = a0, a1, a2, a3, a4, a5, a6, a7
            for k in range(weight.shape[0]):
                left, right = load(x, k, p), load(x, k, p + LANES)
                a0, b0 = add_dots(a0, left, weight[k, o]), add_dots(b0, right, weight[k, o])
                a1, b1 = add_dots(a1, left, weight[k, o + 1]), add_dots(b1, right, weight[k, o + 1])
                a2, b2 = add_dots(a2, left, weight[k, o + 2]), add_dots(b2, right, weight[k, o + 2])
                a3, b3 = add_dots(a3, left, weight[k, o + 3]), add_dots(b3, right, weight[k, o + 3])
                a4, b4 = add_dots(a4, left, weight[k, o + 4]), add_dots(b4, right, weight[k, o + 4])
                a5, b5 = add_dots(a5, left, weight[k, o + 5]), add_dots(b5, right, weight[k, o + 5])
                a6, b6 = add_dots(a6, left, weight[k, o + 6]), add_dots(b6, right, weight[k, o + 6])
                a7, b7 = add_dots(a7, left, weight[k, o + 7]), add_dots(b7, right, weight[k, o + 7])
            row = o // 2
            _store_pair(out, row, p, a0, a1)
            _store_pair(out, row, p + LANES, b0, b1)
            _store_pair(out, row + 1, p, a2, a3)
            _store_pair(out, row + 1, p + LANES, b2, b3)
            _store_pair(out, row + 2, p, a4, a5)
            _store_pair(out, row + 2, p + LANES, b4, b5)
            _store_pair(out, row + 3, p, a6, a7)
            _store_pair(out, row + 3, p + LANES, b6, b7)


@numba.njit(inline="always", **JIT)
def _store_pair(out, row, p, low, high):  # type: ignore[no-untyped-def]
    zero = np.float32(0.0)
    store(out, row, p, join_halves(where_less(low, zero, zero, low), where_less(high, zero, zero, high)))


@numba.njit(inline="always", **JIT)
def _output_layer(weight, bias, x, out):  # type: ignore[no-untyped-def]
    """out = sigmoid(weight.T @ x + bias)."""
    for p in range(0, CHUNK, 2 * LANES):
        a0, a1, a2, a3, a4 = splat(bias[0]), splat(bias[1]), splat(bias[2]), splat(bias[3]), splat(bias[4])
        b0, b1, b2, b3, b4 = a0, a1, a2, a3, a4
        for k in range(HIDDEN // 2):
            left, right = load(x, k, p), load(x, k, p + LANES)
            a0, b0 = add_dots(a0, left, weight[k, 0]), add_dots(b0, right, weight[k, 0])
            a1, b1 = add_dots(a1, left, weight[k, 1]), add_dots(b1, right, weight[k, 1])
            a2, b2 = add_dots(a2, left, weight[k, 2]), add_dots(b2, right, weight[k, 2])
            a3, b3 = add_dots(a3, left, weight[k, 3]), add_dots(b3, right, weight[k, 3])
            a4, b4 = add_dots(a4, left, weight[k, 4]), add_dots(b4, right, weight[k, 4])
        store_outputs(out, p, a0, b0, a1, b1, a2, b2, a3, b3, a4, b4)
    squash(out)
