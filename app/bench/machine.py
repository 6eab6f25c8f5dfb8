"""What one core of this machine can do, measured with kernels that do nothing else: the roofs of a roofline."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import astuple, dataclass

import numba
import numpy as np

from models.kernel_cache import JIT
from models.render.vector import FEATURES, LANES, gather, load, load_entry, splat, splat_entry, store, truncate

SUMS = 12
"""Sums that are kept going at once: more than the cycles that one multiply-add takes, times two units for it."""

ROUNDS = 2_000_000
STREAM_BYTES = 256 << 20
"""Far beyond any cache."""

TABLE_ENTRIES = 1 << 15
"""One level of a hash table: 512 KB."""

GRID_NUMBERS = 96 * 96 * 3
"""The displacement grid, which is the size that a march's gathers fall on most: 110 KB."""

LOOKUPS = 1 << 20
REPEATS = 20
"""The best of so many counts: other work on the machine only ever slows a kernel."""


@dataclass(frozen=True, slots=True)
class Machine:
    """Rates of one core.

    Attributes:
        flops: multiplications and additions of float32 a second.
        memory: bytes a second, read in order from memory.
        gathers: bytes a second, single numbers from random places of a grid in the second cache.
        entries: bytes a second, entries of `FEATURES` numbers from random places of a hash table's level.
    """

    flops: float
    memory: float
    gathers: float
    entries: float

    def best(self, other: Machine) -> Machine:
        """The better of two measurements, rate by rate."""
        pairs = zip(astuple(self), astuple(other), strict=True)
        return Machine(*(max(pair) for pair in pairs))

    def describe(self) -> str:
        """One line for people."""
        return (
            f"one core: {self.flops / 1e9:.0f} GFLOP/s; from memory {self.memory / 1e9:.1f} GB/s, "
            f"gathered numbers {self.gathers / 1e9:.1f} GB/s, hash entries {self.entries / 1e9:.1f} GB/s"
        )


def measure_machine() -> Machine:
    """Measures this machine, which takes about a second."""
    random = np.random.default_rng(0)
    sums = random.random((SUMS, LANES), np.float32)
    stream = np.ones(STREAM_BYTES // 4, np.float32)
    grid = random.random(GRID_NUMBERS, np.float32)
    places = random.integers(0, GRID_NUMBERS, LOOKUPS).astype(np.float32).reshape(-1, LANES)
    table = random.random((TABLE_ENTRIES, FEATURES), np.float32)
    numbers = random.integers(0, TABLE_ENTRIES, LOOKUPS).astype(np.uint32)
    out = np.empty((1, LANES), np.float32)
    return Machine(
        flops=_rate(2.0 * ROUNDS * SUMS * LANES, lambda: _multiply_add(sums, ROUNDS, out)),
        memory=_rate(stream.nbytes, lambda: _read(stream.reshape(-1, LANES), out)),
        gathers=_rate(4.0 * LOOKUPS, lambda: _gather(grid, places, out)),
        entries=_rate(4.0 * FEATURES * LOOKUPS, lambda: _look_up(table, numbers, out)),
    )


def _rate(amount: float, work: Callable[[], None]) -> float:
    work()
    spent = []
    for _ in range(REPEATS):
        started_ns = time.perf_counter_ns()
        work()
        spent.append(time.perf_counter_ns() - started_ns)
    return amount * 1e9 / min(spent)


@numba.njit(**JIT)
def _multiply_add(sums, rounds, out):  # type: ignore[no-untyped-def]
    a0, a1, a2, a3 = load(sums, 0, 0), load(sums, 1, 0), load(sums, 2, 0), load(sums, 3, 0)
    a4, a5, a6, a7 = load(sums, 4, 0), load(sums, 5, 0), load(sums, 6, 0), load(sums, 7, 0)
    b0, b1, b2, b3 = load(sums, 8, 0), load(sums, 9, 0), load(sums, 10, 0), load(sums, 11, 0)
    # Squares: a compiler that may reorder would fold several rounds of a linear map into one.
    c = splat(np.float32(-0.5))
    for _ in range(rounds):
        a0, a1, a2, a3 = a0 * a0 + c, a1 * a1 + c, a2 * a2 + c, a3 * a3 + c
        a4, a5, a6, a7 = a4 * a4 + c, a5 * a5 + c, a6 * a6 + c, a7 * a7 + c
        b0, b1, b2, b3 = b0 * b0 + c, b1 * b1 + c, b2 * b2 + c, b3 * b3 + c
    store(out, 0, 0, a0 + a1 + a2 + a3 + a4 + a5 + a6 + a7 + b0 + b1 + b2 + b3)


@numba.njit(**JIT)
def _read(stream, out):  # type: ignore[no-untyped-def]
    a, b, c, d = splat(np.float32(0)), splat(np.float32(0)), splat(np.float32(0)), splat(np.float32(0))
    for row in range(0, stream.shape[0], 4):
        a, b = a + load(stream, row, 0), b + load(stream, row + 1, 0)
        c, d = c + load(stream, row + 2, 0), d + load(stream, row + 3, 0)
    store(out, 0, 0, a + b + c + d)


@numba.njit(**JIT)
def _gather(grid, places, out):  # type: ignore[no-untyped-def]
    a, b = splat(np.float32(0)), splat(np.float32(0))
    for row in range(0, places.shape[0], 2):
        a = a + gather(grid, truncate(load(places, row, 0)))
        b = b + gather(grid, truncate(load(places, row + 1, 0)))
    store(out, 0, 0, a + b)


@numba.njit(**JIT)
def _look_up(table, numbers, out):  # type: ignore[no-untyped-def]
    a, b = splat_entry(np.float32(0)), splat_entry(np.float32(0))
    for n in range(0, numbers.shape[0], 2):
        a = a + load_entry(table, np.int64(numbers[n]), 0)
        b = b + load_entry(table, np.int64(numbers[n + 1]), 0)
    store(out, 0, 0, a + b)
