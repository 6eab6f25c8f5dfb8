"""The sender's eye on the sample: what of the past goes into a frame's code, and what must not."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from app.call.policy import ALIKE_SHARE, UNLIKE_SHARE
from codec.identity import Identity, read_identity
from codec.texture import decode_texture
from codec.types import Frame
from models.analysis import FaceAnalyser
from models.clip import read_clip
from models.render.cpu import CpuRenderer
from tests.models.tracking.conftest import SAMPLE, TEST_FIRST

Rgb = NDArray[np.uint8]


@pytest.fixture(scope="module")
def identity() -> Identity:
    return read_identity(SAMPLE.with_suffix(".visavis"))


@pytest.fixture(scope="module")
def pictures() -> list[Rgb]:
    return [frame.rgb for frame in read_clip(SAMPLE, (TEST_FIRST, TEST_FIRST + 20), 256)]


def expressions(identity: Identity, pictures: list[Rgb]) -> list[NDArray[np.float32] | None]:
    """The 30 numbers of each picture."""
    analyser = FaceAnalyser(identity)
    found = [analyser.analyse(Frame(rgb, n * 40_000_000, n)) for n, rgb in enumerate(pictures)]
    return [None if one.code is None else one.code.z for one in found]


def test_nothing_is_carried_over_a_cut(identity: Identity, pictures: list[Rgb]) -> None:
    after = [np.roll(rgb, (-12, 30), (0, 1)) for rgb in pictures[10:]]
    through = expressions(identity, pictures[:10] + after)[10]
    afresh = expressions(identity, after)[0]
    assert through is not None
    assert afresh is not None
    np.testing.assert_allclose(through, afresh, atol=1e-3)


def test_the_last_frames_go_into_a_code(identity: Identity, pictures: list[Rgb]) -> None:
    through = expressions(identity, pictures[:11])[10]
    afresh = expressions(identity, pictures[10:11])[0]
    assert through is not None
    assert afresh is not None
    assert np.abs(through[26:] - afresh[26:]).max() > 1e-3


def test_a_lost_face_leaves_no_past(identity: Identity, pictures: list[Rgb]) -> None:
    empty = np.full((256, 256, 3), 80, np.uint8)
    through = expressions(identity, [*pictures[:5], empty, *pictures[10:11]])
    afresh = expressions(identity, pictures[10:11])[0]
    assert through[5] is None
    assert through[6] is not None
    assert afresh is not None
    np.testing.assert_allclose(through[6], afresh, atol=1e-3)


def test_a_hand_before_the_face_looks_otherwise(identity: Identity, pictures: list[Rgb]) -> None:
    analyser = FaceAnalyser(identity)
    covered = [rgb.copy() for rgb in pictures[10:]]
    for rgb in covered:
        rgb[110:190, 100:150] = (90, 60, 50)
    found = [analyser.analyse(Frame(rgb, n * 40_000_000, n)) for n, rgb in enumerate(pictures[:10] + covered)]
    unlike = [one.unlike for one in found if one.code is not None and one.unlike is not None]
    assert len(unlike) >= 15
    assert max(unlike[1:10]) < ALIKE_SHARE
    assert min(unlike[10:]) > UNLIKE_SHARE


def test_likeness_is_not_known_where_nobody_looked(identity: Identity, pictures: list[Rgb]) -> None:
    analyser = FaceAnalyser(identity)
    assert analyser.analyse(Frame(pictures[0], 0, 0), care=0).unlike is None


def test_another_lamp_is_told_after_a_second_and_the_rendering_follows(identity: Identity) -> None:
    lamp = np.array([0.75, 0.85, 1.0], np.float32)
    seen = [frame.rgb for frame in read_clip(SAMPLE, (TEST_FIRST, TEST_FIRST + 40), 256)]
    analyser, renderer = FaceAnalyser(identity), CpuRenderer.load(identity)
    told: list[int] = []
    errors: list[float] = []
    for number, rgb in enumerate(seen):
        lit = (rgb * lamp).astype(np.uint8)
        analysis = analyser.analyse(Frame(lit, number * 40_000_000, number))
        if analysis.plate is not None:
            renderer.set_plate(analysis.plate)
        if analysis.texture is not None:
            told.append(number)
            renderer.set_texture(decode_texture(analysis.texture))
        assert analysis.code is not None
        sight = renderer.look(analysis.code, 1)
        person = (sight.surface[..., 0] + sight.surface[..., 4]) > 0.9
        errors.append(float(((sight.rgb[person] - lit[person].astype(np.float32)) ** 2).mean()))
    analyser.close()
    assert 20 <= told[0] <= 28
    assert np.mean(errors[told[0] :]) < np.mean(errors[: told[0]]) / 4


def test_the_usual_lamp_costs_nothing(identity: Identity) -> None:
    analyser = FaceAnalyser(identity)
    seen = read_clip(SAMPLE, (TEST_FIRST, TEST_FIRST + 40), 256)
    found = [analyser.analyse(Frame(frame.rgb, n * 40_000_000, n)) for n, frame in enumerate(seen)]
    analyser.close()
    assert not any(one.texture for one in found)
