"""Pictures as large as the link has room for: with the real encoder, over a link in time of its own."""

from collections.abc import Iterator
from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
from numpy.typing import NDArray

from app.bench.video_link import VirtualCall
from app.call.video_source import VideoSource
from app.net.congestion import MS, VideoRoom
from app.net.emulator import LinkConditions
from app.net.h265_rtp import is_key
from app.net.jitter_buffer import JitterBuffer

FPS = Fraction(25)


@pytest.fixture
def source() -> Iterator[VideoSource]:
    made = VideoSource(FPS)
    yield made
    made.close()


def scene(frame: int, side: int = 192) -> NDArray[np.uint8]:
    """A textured plane that sways, with a bar that crosses it: about as hard as a talking head."""
    across, down = np.meshgrid(np.arange(side), np.arange(side))
    sway = 6 * np.sin(frame / 9)
    texture = 90 + 50 * np.sin((across + sway) / 11) * np.cos((down + sway) / 7) + 20 * np.sin(across * down / 900)
    bar = 60 * ((across - 3 * frame) % side < 40)
    return np.clip(np.stack([texture + bar, texture, texture - bar / 2], -1), 0, 255).astype(np.uint8)


def test_the_first_picture_and_asked_ones_are_keys_and_no_others(source: VideoSource) -> None:
    units = [source.encode(scene(i), 128, VideoRoom(200.0), i == 5, i * 40 * MS) for i in range(10)]
    assert [is_key(unit) for unit in units if unit is not None] == [True] + [False] * 4 + [True] + [False] * 4
    assert source.side == 128


def test_nothing_is_encoded_while_the_link_has_no_room(source: VideoSource) -> None:
    assert source.encode(scene(0), 128, VideoRoom(200.0, is_open=False), True, 0) is None
    assert source.side == 0
    assert source.encode(scene(1), 128, VideoRoom(200.0), True, 40 * MS) is not None


def test_a_wanted_size_is_kept_and_a_new_one_begins_with_a_key(source: VideoSource) -> None:
    first = source.encode(scene(0), 96, VideoRoom(400.0), False, 0)
    second = source.encode(scene(1), 65, VideoRoom(400.0), False, 40 * MS)
    assert first is not None
    assert second is not None
    assert is_key(second)
    assert source.side == 64


def test_a_link_that_falls_and_comes_back_is_used_without_a_freeze_or_a_key(source: VideoSource) -> None:
    keys = []
    scenes = [scene(frame) for frame in range(64)]
    scenes += scenes[::-1]

    def encode(frame: int, room: VideoRoom, key: bool, now_ns: int) -> bytes | None:
        unit = source.encode(scenes[frame % len(scenes)], 0, room, key, now_ns)
        if unit is not None:
            keys.append(is_key(unit))
        return unit

    there = LinkConditions(delay_ms=20, rate_kbps=400, rate_steps=((5.0, 150.0), (9.0, 400.0)))
    outcome = VirtualCall(encode, JitterBuffer(is_key), there, LinkConditions(delay_ms=20)).run(15.0)
    for begin, end, kbps in ((2.0, 5.0, 400), (5.0, 9.0, 150), (11.0, 15.0, 400)):
        used = sum(size for at_ns, size in outcome.used if begin <= at_ns / 1e9 < end)
        assert used * 8 / 1000 / (end - begin) / kbps >= 0.7
    shown = sorted(outcome.shown_ns.values())
    assert max(after - before for before, after in pairwise(shown)) <= 500 * MS
    assert sum(keys) <= 4
