"""The networks' layers over a chunk of pixels in float32, register-blocked; `half_layers` has them in bfloat16.

Eight outputs of two vectors of pixels stay in registers while the inputs go by: 16 sums, fed by two loads of pixels
and eight weights, which are one cache line of the transposed matrix. A chunk's numbers (37 + 64 + 64 rows of 128
bytes) and a layer's weights stay in the first cache.
"""

from __future__ import annotations

import numba
import numpy as np
from numpy.typing import NDArray

from models.field.head import EYE_WIDTH, MOUTH_WIDTH, SEAM_WIDTH, SEAM_Y
from models.kernel_cache import JIT
from models.render.vector import LANES, load, splat, store, where_less

CHUNK = 32
"""Pixels per chunk: two vectors of the widest registers, so that a layer's inner loop needs no remainder."""

ENCODED = 32
HIDDEN = 64
OUTPUTS = 5
"""Those of the torso; the head's three are filled up."""


@numba.njit(inline="always", **JIT)
def hidden_layer(weight, bias, x, inputs, out):  # type: ignore[no-untyped-def]
    """out = relu(weight.T @ x + bias); weight (inputs, HIDDEN), x and out rows of a chunk."""
    for p in range(0, CHUNK, 2 * LANES):
        for o in range(0, HIDDEN, 8):
            a0, a1, a2, a3 = splat(bias[o]), splat(bias[o + 1]), splat(bias[o + 2]), splat(bias[o + 3])
            a4, a5, a6, a7 = splat(bias[o + 4]), splat(bias[o + 5]), splat(bias[o + 6]), splat(bias[o + 7])
            b0, b1, b2, b3, b4, b5, b6, b7 = a0, a1, a2, a3, a4, a5, a6, a7
            for k in range(inputs):
                left, right = load(x, k, p), load(x, k, p + LANES)
                a0, b0 = a0 + weight[k, o] * left, b0 + weight[k, o] * right
                a1, b1 = a1 + weight[k, o + 1] * left, b1 + weight[k, o + 1] * right
                a2, b2 = a2 + weight[k, o + 2] * left, b2 + weight[k, o + 2] * right
                a3, b3 = a3 + weight[k, o + 3] * left, b3 + weight[k, o + 3] * right
                a4, b4 = a4 + weight[k, o + 4] * left, b4 + weight[k, o + 4] * right
                a5, b5 = a5 + weight[k, o + 5] * left, b5 + weight[k, o + 5] * right
                a6, b6 = a6 + weight[k, o + 6] * left, b6 + weight[k, o + 6] * right
                a7, b7 = a7 + weight[k, o + 7] * left, b7 + weight[k, o + 7] * right
            _store_pair(out, o, p, a0, b0)
            _store_pair(out, o + 1, p, a1, b1)
            _store_pair(out, o + 2, p, a2, b2)
            _store_pair(out, o + 3, p, a3, b3)
            _store_pair(out, o + 4, p, a4, b4)
            _store_pair(out, o + 5, p, a5, b5)
            _store_pair(out, o + 6, p, a6, b6)
            _store_pair(out, o + 7, p, a7, b7)


@numba.njit(inline="always", **JIT)
def _store_pair(out, row, p, left, right):  # type: ignore[no-untyped-def]
    zero = np.float32(0.0)
    store(out, row, p, where_less(left, zero, zero, left))
    store(out, row, p + LANES, where_less(right, zero, zero, right))


@numba.njit(inline="always", **JIT)
def store_outputs(out, p, a0, b0, a1, b1, a2, b2, a3, b3, a4, b4):  # type: ignore[no-untyped-def]
    """Writes the outputs' sums of two vectors of pixels to the rows of out, from pixel p on."""
    store(out, 0, p, a0)
    store(out, 0, p + LANES, b0)
    store(out, 1, p, a1)
    store(out, 1, p + LANES, b1)
    store(out, 2, p, a2)
    store(out, 2, p + LANES, b2)
    store(out, 3, p, a3)
    store(out, 3, p + LANES, b3)
    store(out, 4, p, a4)
    store(out, 4, p + LANES, b4)


@numba.njit(inline="always", **JIT)
def output_layer(weight, bias, x, out):  # type: ignore[no-untyped-def]
    """out = sigmoid(weight.T @ x + bias); weight (HIDDEN, OUTPUTS)."""
    for p in range(0, CHUNK, 2 * LANES):
        a0, a1, a2, a3, a4 = splat(bias[0]), splat(bias[1]), splat(bias[2]), splat(bias[3]), splat(bias[4])
        b0, b1, b2, b3, b4 = a0, a1, a2, a3, a4
        for k in range(HIDDEN):
            left, right = load(x, k, p), load(x, k, p + LANES)
            a0, b0 = a0 + weight[k, 0] * left, b0 + weight[k, 0] * right
            a1, b1 = a1 + weight[k, 1] * left, b1 + weight[k, 1] * right
            a2, b2 = a2 + weight[k, 2] * left, b2 + weight[k, 2] * right
            a3, b3 = a3 + weight[k, 3] * left, b3 + weight[k, 3] * right
            a4, b4 = a4 + weight[k, 4] * left, b4 + weight[k, 4] * right
        store_outputs(out, p, a0, b0, a1, b1, a2, b2, a3, b3, a4, b4)
    squash(out)


@numba.njit(inline="always", **JIT)
def squash(out):  # type: ignore[no-untyped-def]
    """The logistic function of the outputs, in place."""
    for c in range(OUTPUTS):
        for p in range(CHUNK):
            out[c, p] = np.float32(1.0) / (np.float32(1.0) + decay(-max(out[c, p], np.float32(-30.0))))


@numba.njit(inline="always", **JIT)
def network_scratch():  # type: ignore[no-untyped-def]
    """What `run_network` needs: the layers' rows, of which the last are the outputs."""
    return (
        np.zeros((HIDDEN, CHUNK), np.float32), np.zeros((HIDDEN, CHUNK), np.float32),
        np.zeros((OUTPUTS, CHUNK), np.float32),
    )  # fmt: skip


@numba.njit(inline="always", **JIT)
def run_network(layers, x, scratch):  # type: ignore[no-untyped-def]
    """Three layers on a chunk.

    Args:
        layers: weight (inputs, outputs) and bias of three layers; weights from `prepare_weight`.
        x: float32 (>= inputs, CHUNK).
        scratch: from `network_scratch`.

    Returns:
        float32 (OUTPUTS, CHUNK) in [0, 1], good until the next call.
    """
    w1, b1, w2, b2, w3, b3 = layers
    first, second, out = scratch
    hidden_layer(w1, b1, x, w1.shape[0], first)
    hidden_layer(w2, b2, first, HIDDEN, second)
    output_layer(w3, b3, second, out)
    return out


def prepare_weight(weight: NDArray[np.float32]) -> NDArray[np.generic]:
    """A layer's weight (inputs, outputs) as `run_network` takes it."""
    return weight


@numba.njit(inline="always", **JIT)
def decay(x):  # type: ignore[no-untyped-def]
    """exp(x) for x in [-50, 30], within a few 1e-5, of a number or a vector.

    Plain arithmetic, so that loops over numbers become vector code: Taylor's polynomial at a 64th of the argument,
    squared six times.
    """
    y = x * np.float32(1.0 / 64.0)
    e = np.float32(1.0 / 120.0) + y * np.float32(1.0 / 720.0)
    e = np.float32(1.0 / 24.0) + y * e
    e = np.float32(1.0 / 6.0) + y * e
    e = np.float32(0.5) + y * e
    e = np.float32(1.0) + y * (np.float32(1.0) + y * e)
    e = e * e
    e = e * e
    e = e * e
    e = e * e
    e = e * e
    return e * e


@numba.njit(inline="always", **JIT)
def gate_rows(points, centre, x):  # type: ignore[no-untyped-def]
    """The gates of `HeadField.gates`, as the rows after the encoding in the first layer's input."""
    for g in range(3):
        width = np.float32(MOUTH_WIDTH) if g == 0 else np.float32(EYE_WIDTH)
        fall = np.float32(-0.5) / (width * width)
        cx, cy, cz = centre[g, 0], centre[g, 1], centre[g, 2]
        for p in range(CHUNK):
            dx, dy, dz = points[p] - cx, points[CHUNK + p] - cy, points[2 * CHUNK + p] - cz
            x[ENCODED + g, p] = decay(max(fall * (dx * dx + dy * dy + dz * dz), np.float32(-50.0)))
    fall = np.float32(-0.5 / (SEAM_WIDTH * SEAM_WIDTH))
    for p in range(CHUNK):
        dy = points[CHUNK + p] - np.float32(SEAM_Y)
        x[ENCODED + 3, p] = decay(max(fall * dy * dy, np.float32(-50.0)))
        x[ENCODED + 4, p] = np.float32(1.0)
