"""The rate-distortion bench: what is counted, and that more bytes buy more likeness."""

from __future__ import annotations

import numpy as np
import pytest

from app import paths
from app.bench import rd
from app.bench.metrics import Picture
from app.bench.rd import OURS, RIVAL, Footage, Point, compare, measure_rd, nearest_rival
from app.bench.regions import Regions, find_regions
from app.offline import read_range, see
from codec.identity import read_identity
from models.render.registry import open_renderer


def moving_pattern(frames: int, side: int) -> Footage:
    y, x = np.mgrid[:side, :side]
    pictures: list[Picture] = []
    for t in range(frames):
        wave = 127 + 100 * np.sin((x + 3 * t) / 9.0) * np.cos(y / 7.0)
        pictures.append(np.stack([wave, wave[::-1], wave.T], 2).astype(np.uint8))
    everything = np.ones((side, side), np.bool_)
    return Footage(pictures, [], [Regions(everything, everything)] * frames, 25.0)


def test_bytes_and_pictures_are_counted() -> None:
    footage = moving_pattern(10, 64)
    stream = [(50, picture) for picture in footage.originals]
    shares: list[float] = []
    point = compare(OURS, "as it is", footage, stream, shares.append)
    assert point.kbps == pytest.approx(50 * 8 * 25 / 1000)
    assert point.row["psnr"] == 100
    assert footage.shown == [1, 3, 6, 8]
    assert all(kept is footage.originals[at] for kept, at in zip(point.pictures, footage.shown, strict=True))
    assert shares == pytest.approx([n / 10 for n in range(1, 11)])


def test_few_frames_are_shown_once() -> None:
    assert moving_pattern(2, 64).shown == [0, 1]


def test_the_rival_at_the_nearest_rate_is_found() -> None:
    points = [Point(OURS, "quality 4", 5.0, {}, []), Point(OURS, "quality 0", 10.0, {}, [])]
    points += [Point(RIVAL, f"crf {kbps}", float(kbps), {}, []) for kbps in (4, 21, 60)]
    ours, rival = nearest_rival(points)
    assert (ours.kbps, rival.kbps) == (10.0, 21.0)


def test_coarser_codings_of_the_sample_take_less_and_look_worse(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rd, "QUALITIES", (0, 12))
    monkeypatch.setattr(rd, "CRFS", (51, 34))
    identity = read_identity(paths.sample_identity())
    frames = list(read_range(paths.sample_clip(), (800, 820), 128))
    seen = see(frames, identity, lambda done: None)
    regions = find_regions(frames, identity, lambda done: None)
    assert all(0.1 < region.person.mean() < 0.9 and region.features.any() for region in regions)
    footage = Footage([frame.rgb for frame in frames], seen, regions, 25.0)
    shares: list[float] = []
    points = measure_rd(identity, open_renderer(identity), footage, shares.append)
    assert [point.setting for point in points] == ["quality 0", "quality 12", "crf 51", "crf 34"]
    for fine, coarse in ((points[0], points[1]), (points[3], points[2])):
        assert fine.kbps > coarse.kbps
        assert fine.likeness["psnr"] > coarse.likeness["psnr"]
        assert fine.likeness["vmaf"] > coarse.likeness["vmaf"]
        assert len(fine.pictures) == len(coarse.pictures) == len(footage.shown)
    assert points[0].likeness["psnr"] > 25
    assert shares == sorted(shares)
    assert shares[-1] == pytest.approx(1)
