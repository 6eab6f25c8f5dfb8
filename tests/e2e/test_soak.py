"""A long call in one process, run on demand (`make soak`): whatever grows, grows here.

One end is portrayed and sends faces and sound; the other renders and sends sound. The output size changes every twenty
seconds, and of every three minutes one passes in H.265.
"""

from __future__ import annotations

import asyncio
import gc
import itertools
import os
import threading
import time
from contextlib import ExitStack
from dataclasses import dataclass

import numpy as np
import pytest

from app.bench.memory import resident_mb
from app.call.options import SessionOptions
from app.call.session import Session
from app.net.peer import PeerOptions
from app.paths import sample_clip, sample_identity

MINUTES = float(os.environ.get("VISAVIS_SOAK_MINUTES", "0"))

SAMPLE_S = 2.0

SIZES = (256, 128, 384, 256, 512)
SIZE_EVERY_S = 20.0

FACE_S, VIDEO_S = 120.0, 60.0

ROUND_S = FACE_S + VIDEO_S
"""After which everything repeats. The first round is not counted: caches fill, and each size and codec is met once."""

ROUNDS_LEAST = 3
"""Counted rounds of which a slope says anything: memory goes up and down by 30 MB within each."""

SLOPE_MOST_MB = 1.0
"""Growth a minute."""

SPREAD_MOST = 2
"""Descriptors that may be open for a moment, as while something is read."""

SETTLE_S = 20.0


@dataclass(frozen=True, slots=True)
class Sample:
    """What the process holds at a moment."""

    at_s: float
    memory_mb: float
    threads: int
    descriptors: int
    tasks: int


def descriptors() -> int:
    return len(os.listdir("/proc/self/fd"))


def tasks(session: Session) -> int:
    async def count() -> int:
        return len(asyncio.all_tasks()) - 1

    return session.peer.net.call(count())


def take_sample(began: float, ends: tuple[Session, Session]) -> Sample:
    return Sample(
        time.monotonic() - began,
        resident_mb(),
        threading.active_count(),
        descriptors(),
        sum(tasks(session) for session in ends),
    )


def rounds(samples: list[Sample]) -> list[float]:
    """Give the mean memory of each whole round but the first, MB."""
    ends = round(samples[-1].at_s // ROUND_S)
    return [
        float(np.mean([sample.memory_mb for sample in samples if sample.at_s // ROUND_S == index]))
        for index in range(1, ends)
    ]


def open_call(stack: ExitStack) -> tuple[Session, Session]:
    clip = sample_clip()
    peer = PeerOptions(loopback=True)
    shown = SessionOptions(camera=clip, microphone=clip, identity=sample_identity(), peer=peer)
    watching = SessionOptions(microphone=clip, size=(SIZES[0], SIZES[0]), threads=1, peer=peer)
    ends = Session(shown), Session(watching)
    for session in ends:
        stack.callback(session.stop)
        session.prepare()
    first, second = ends
    first.peer.accept_answer(second.peer.create_answer(first.peer.create_offer()))
    for session in ends:
        session.peer.wait_open(30.0)
    epoch_ns = time.monotonic_ns()
    for session in ends:
        session.begin(epoch_ns)
        session.greet()
    return ends


def hold(seconds: float) -> tuple[list[Sample], dict[str, int]]:
    """Hold a call and give what was sampled, and how many pictures came in each mode."""
    with ExitStack() as stack:
        ends = portrayed, viewer = open_call(stack)
        began = time.monotonic()
        sizes, samples = itertools.cycle(SIZES), list[Sample]()
        next_size = 0.0
        while (at := time.monotonic() - began) < seconds:
            if at >= next_size:
                side, next_size = next(sizes), next_size + SIZE_EVERY_S
                viewer.set_output_size(side, side)
            portrayed.set_sending("auto" if at % ROUND_S < FACE_S else "h265")
            samples.append(take_sample(began, ends))
            assert portrayed.failure is None, portrayed.failure
            assert viewer.failure is None, viewer.failure
            time.sleep(SAMPLE_S)
        segments = viewer.stats.end(time.monotonic_ns(), viewer.peer.counts())
    shown: dict[str, int] = {}
    for segment in segments:
        shown[segment.mode] = shown.get(segment.mode, 0) + segment.frames
    return samples, shown


@pytest.mark.slow
@pytest.mark.timeout(60 * MINUTES + 600)
@pytest.mark.skipif(MINUTES <= 0, reason="make soak runs it")
def test_a_long_call_keeps_what_it_holds() -> None:
    hold(SETTLE_S)  # what libraries open once
    gc.collect()
    threads_before, descriptors_before = set(threading.enumerate()), descriptors()
    seconds = 60 * MINUTES
    samples, shown = hold(seconds)
    gc.collect()
    warm = [sample for sample in samples if sample.at_s >= min(ROUND_S, seconds / 2)]
    means = rounds(samples)
    slope = float(np.polyfit(np.arange(len(means)) * ROUND_S / 60, means, 1)[0]) if len(means) > 1 else 0.0
    print(f"\n{MINUTES:g} min, pictures {shown}, memory {slope:+.2f} MB/min over {len(means)} rounds")
    for sample in warm[:: max(len(warm) // 20, 1)]:
        print(
            f"{sample.at_s:7.0f} s {sample.memory_mb:8.1f} MB {sample.threads:4d} threads "
            f"{sample.descriptors:4d} descriptors {sample.tasks:4d} tasks"
        )
    assert set(threading.enumerate()) == threads_before
    assert descriptors() == descriptors_before
    open_files = [sample.descriptors for sample in warm]
    assert max(open_files) - min(open_files) <= SPREAD_MOST
    # A picture is decoded in libx265's and libavcodec's own threads, which are not counted here.
    assert max(sample.threads for sample in warm) <= max(sample.threads for sample in samples[:30])
    assert np.median([sample.tasks for sample in warm[-30:]]) <= np.median([sample.tasks for sample in samples[:30]])
    assert shown.get("face", 0) > 0
    if len(means) >= ROUNDS_LEAST:
        assert slope < SLOPE_MOST_MB
