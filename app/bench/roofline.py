"""What a frame's stages have to do, and how near they come to what the machine can.

Operations are multiplications and additions of float32, in the networks of bfloat16 where there are units for it;
comparisons and the arithmetic of addresses come on top.
Bytes are what kernels read from beyond the first cache: numbers gathered from density and displacement, hash entries,
and the background with the finished picture.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import astuple, dataclass

import numpy as np

from app.bench.machine import Machine, measure_machine
from app.bench.report import Row
from app.bench.stages import StagedRenderer
from codec.identity import Identity
from codec.types import FaceCode
from models.field.avatar import Avatar
from models.field.conditioning import GATES
from models.render.cpu import CpuRenderer
from models.render.layers import ENCODED, HIDDEN, OUTPUTS
from models.render.vector import DOTS

STAGES = ("prepare", "march", "encode", "MLP", "composite")
"""In the order in which a frame goes through them. What compositing takes is what the others leave of the whole."""

MARCH_FLOP, MARCH_BYTES = 62, 20
"""Per step of a ray: its place 6, a quarter of a displacement 9 and the way to the next 6, its cell 12, eight squares,
seven interpolations 21; a quarter of 12 numbers of 4 bytes for the displacement, and 2 for the density."""

NETWORK_GAIN = 2 if DOTS else 1
"""How many times a processor's float32 operations its networks' may reach: bfloat16 has two in the place of one."""

LEVELS = 8
HEAD_LEVEL_FLOP, HEAD_LEVEL_BYTES = 92, 128
TORSO_LEVEL_FLOP, TORSO_LEVEL_BYTES = 44, 64
"""Per level of a point: 8 or 4 corners, each an entry of four numbers of 4 bytes, and their weights."""

PLANE_FLOP, PLANE_BYTES = 120, 128
"""Per point of the head: its place in four planes 44, and four vertices of eight numbers with their weights where it
lies in one; the finer ones hold few points."""

GATE_FLOP = 25 * (GATES - 1)
"""Per point of the head: an exponential for every gate but the one that is always open."""

COMPOSITE_FLOP, COMPOSITE_BYTES = 40, 15
"""Per pixel: torso flow, two layers over the background, rounding; its background read and its bytes written."""


def mlp_flop(inputs: int) -> int:
    """Operations of three layers on one point."""
    return 2 * (inputs * HIDDEN + HIDDEN * HIDDEN + HIDDEN * OUTPUTS)


@dataclass(frozen=True, slots=True)
class Work:
    """What a frame comes to, in numbers.

    Attributes:
        pixels: of the picture.
        steps: of its rays.
        head: points that the head's field is asked for.
        torso: points that the torso's field is asked for.
    """

    pixels: float
    steps: float
    head: float
    torso: float

    def flop(self) -> dict[str, float]:
        """Operations of each stage that has some to speak of."""
        return {
            "march": self.steps * MARCH_FLOP,
            "encode": self.head * (LEVELS * HEAD_LEVEL_FLOP + PLANE_FLOP + GATE_FLOP)
            + self.torso * LEVELS * TORSO_LEVEL_FLOP,
            "MLP": self.head * mlp_flop(ENCODED + GATES) + self.torso * mlp_flop(ENCODED),
            "composite": self.pixels * COMPOSITE_FLOP,
        }

    def traffic(self, machine: Machine) -> dict[str, tuple[float, float]]:
        """Bytes of each stage that reads some, and how many of that kind the machine reads a second."""
        entries = self.head * (LEVELS * HEAD_LEVEL_BYTES + PLANE_BYTES) + self.torso * LEVELS * TORSO_LEVEL_BYTES
        return {
            "march": (self.steps * MARCH_BYTES, machine.gathers),
            "encode": (entries, machine.entries),
            "composite": (self.pixels * COMPOSITE_BYTES, machine.memory),
        }


def measure_stages(
    identity: Identity, codes: Sequence[FaceCode], sizes: Sequence[int], progress: Callable[[float], None]
) -> tuple[Machine, list[Row]]:
    """Times the stages of the CPU renderer on one thread.

    Args:
        identity: the person's.
        codes: what to render.
        sizes: sides of square pictures in pixels.
        progress: called with the share that is done.

    Returns:
        the machine at its best before, between and after the sizes; and for each size one row per stage and one for
        the whole, as `stage_rows` has them.
    """
    avatar = Avatar.from_arrays(identity.arrays)
    machine = measure_machine()
    timed: list[tuple[str, dict[str, float], Work]] = []
    for index, side in enumerate(sizes):
        staged, whole = StagedRenderer(avatar, side), CpuRenderer(avatar, threads=1)
        _time_frame(staged, whole, codes[0], side)
        frames = []
        for number, code in enumerate(codes):
            frames.append(_time_frame(staged, whole, code, side))
            progress((index + (number + 1) / len(codes)) / len(sizes))
        median = {name: float(np.median([spent[name] for spent, _ in frames])) for name in frames[0][0]}
        timed.append((f"{side}x{side}", median, Work(*np.mean([astuple(work) for _, work in frames], 0))))
        machine = machine.best(measure_machine())
    return machine, [row for size, ms, work in timed for row in stage_rows(size, ms, work, machine)]


def stage_rows(size: str, ms: Mapping[str, float], work: Work, machine: Machine) -> list[Row]:
    """One row per stage and one for the whole.

    Args:
        size: the pictures'.
        ms: what the whole takes, and every stage but the last.
        work: what there is to do.
        machine: what the machine can do.

    Returns:
        rows of size, stage, ms, share, mflop, mbyte, least_ms (what the machine needs for the larger of the two),
        limit (which that is) and reached (least_ms of ms).
    """
    known = sum(ms[name] for name in STAGES[:-1])
    ms = {**ms, STAGES[-1]: ms["whole"] - known}
    flop, traffic = work.flop(), work.traffic(machine)
    rows: list[Row] = []
    for name in STAGES:
        operations, (size_bytes, rate) = flop.get(name, 0.0), traffic.get(name, (0.0, machine.memory))
        peak = machine.flops * (NETWORK_GAIN if name == "MLP" else 1)
        least_ms, limit = max((operations / peak * 1e3, "operations"), (size_bytes / rate * 1e3, "bytes"))
        rows.append(
            {
                "size": size,
                "stage": name,
                "ms": ms[name],
                "share": ms[name] / ms["whole"],
                "mflop": operations / 1e6,
                "mbyte": size_bytes / 1e6,
                "least_ms": least_ms,
                "limit": limit if least_ms else "-",
                "reached": least_ms / ms[name] if least_ms else float("nan"),
            }
        )
    return [*rows, _whole_row(rows, ms["whole"])]


def _whole_row(rows: Sequence[Row], ms: float) -> Row:
    total = {key: sum(float(row[key]) for row in rows) for key in ("mflop", "mbyte", "least_ms")}
    whole = {"size": rows[0]["size"], "stage": "whole", "ms": ms, "share": 1.0, **total, "limit": "-"}
    return {**whole, "reached": total["least_ms"] / ms}


def _time_frame(staged: StagedRenderer, whole: CpuRenderer, code: FaceCode, side: int) -> tuple[dict[str, float], Work]:
    """Milliseconds of each stage that can be run by itself and of the whole, and what there was to do."""
    ms: dict[str, float] = {}
    started_ns = time.perf_counter_ns()

    def lap(name: str) -> None:
        nonlocal started_ns
        now_ns = time.perf_counter_ns()
        ms[name], started_ns = (now_ns - started_ns) / 1e6, now_ns

    frame = staged.prepare(code)
    lap("prepare")
    head = staged.march(frame)
    lap("march")
    torso = staged.torso_points(frame)
    lap("torso points")
    staged.encode(frame, head, torso)
    lap("encode")
    staged.shade(head.shape[1], torso.shape[1])
    lap("MLP")
    whole.render(code, (side, side))
    lap("whole")
    steps = staged.count_steps(frame, whole.render_surface(code, (side, side)).surface)
    return ms, Work(side * side, steps, head.shape[1], torso.shape[1])
