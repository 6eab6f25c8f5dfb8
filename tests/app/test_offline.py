"""Choosing frames of a clip, and fitting them into a bitrate."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from app.offline import (
    AS_BEFORE,
    CodedPacket,
    DecodedFrame,
    Player,
    Renewal,
    SeenFrame,
    at_pace,
    code_frames,
    code_within,
    decode_frames,
    read_range,
    see,
    thin_out,
)
from codec.identity import read_identity
from codec.statistics import FaceTables
from codec.types import FaceCode, Frame
from models.clip import read_clip
from models.render.cpu import CpuRenderer
from tests.models.tracking.conftest import SAMPLE, TEST_FIRST


def frames(count: int) -> list[Frame]:
    return [Frame(np.zeros((2, 2, 3), np.uint8), i, i) for i in range(count)]


def moving_face(count: int) -> list[SeenFrame]:
    """A face that sways, with frame 5 lost, a background at frame 8 and a texture at frame 11."""
    rng = np.random.default_rng(3)
    seen = []
    for t in range(count):
        z = (np.sin(t / 5 + np.arange(30)) + 0.05 * rng.standard_normal(30)).astype(np.float32)
        pose = np.array([0.1 * np.sin(t / 9), 0, 0, 128 + t / 10, 120, 4.5], np.float32)
        code = None if t == 5 else FaceCode(z, pose, np.zeros(20, np.float32))
        renewal = {8: Renewal(plate=bytes(1000)), 11: Renewal(texture=bytes(200))}.get(t, AS_BEFORE)
        seen.append(SeenFrame(code, 1.0, renewal))
    return seen


def test_half_the_frames_remain_at_half_the_rate() -> None:
    assert [frame.seq for frame in thin_out(frames(10), 25.0, 12.5)] == [0, 2, 4, 6, 8]
    assert [frame.seq for frame in thin_out(frames(6), 25.0, 25.0)] == list(range(6))


def test_uneven_rates_are_spread_evenly() -> None:
    kept = [frame.seq for frame in thin_out(frames(3000), 30.0, 25.0)]
    assert len(kept) == 2500
    assert set(np.diff(kept)) == {1, 2}


def test_frames_cannot_be_made() -> None:
    with pytest.raises(ValueError, match="25 frames a second, not 30"):
        list(thin_out(frames(3), 25.0, 30.0))


def test_a_range_that_the_clip_does_not_hold_is_told_of(clip: Path) -> None:
    assert len(list(read_range(clip, (10, 50), 64))) == 40
    with pytest.raises(ValueError, match="ends at frame 50, before 51"):
        list(read_range(clip, (10, 51), 64))


@pytest.mark.parametrize("bundle", [1, 5])
def test_a_lost_face_is_a_repeat_and_the_rest_decodes(bundle: int) -> None:
    seen = moving_face(20)
    coding = code_frames(seen, FaceTables.generic(), bundle=bundle)
    assert sum(packet.frames for packet in coding.packets) == len(coding.encode_ms) + 1 == 20
    if bundle == 5:
        assert [packet.frames for packet in coding.packets] == [5, 1, 2, 3, 5, 4]
    decoded = list(decode_frames(FaceTables.generic(), coding.packets))
    assert [n for n, frame in enumerate(decoded) if frame.renewal.plate] == [8]
    assert [n for n, frame in enumerate(decoded) if frame.renewal.texture] == [11]
    for number, (frame, original) in enumerate(zip(decoded, seen, strict=True)):
        assert (frame.code is None) == (original.code is None) == (number == 5)
        if frame.code is not None and original.code is not None:
            assert np.abs(frame.code.pose[3:5] - original.code.pose[3:5]).max() < 2
    assert coding.payload_bytes == 1200 + sum(len(packet.face or b"") for packet in coding.packets)


def test_a_cut_begins_a_packet() -> None:
    other = [SeenFrame(FaceCode(-f.code.z, f.code.pose + 40, f.code.torso), 1.0) for f in moving_face(4) if f.code]
    coding = code_frames([*moving_face(3), *other], FaceTables.generic())
    assert [packet.frames for packet in coding.packets] == [3, 4]


def test_a_budget_is_kept_with_the_finest_quality_that_fits() -> None:
    seen = moving_face(60)
    tables = FaceTables.generic()
    free = code_frames(seen, tables).payload_bytes
    budget_kbps = 0.9 * free * 8 / 1000 * 25 / 60
    coding = code_within(seen, tables, 25.0, budget_kbps)
    assert 0.5 * free < coding.payload_bytes <= 0.9 * free
    assert code_within(seen, tables, 25.0, 1000.0).payload_bytes > free


def test_a_budget_that_nothing_fits_into_is_told_of() -> None:
    with pytest.raises(ValueError, match="is the least for this clip"):
        code_within(moving_face(30), FaceTables.generic(), 25.0, 0.01)


def test_a_packet_of_another_length_is_damaged() -> None:
    (packet,) = code_frames(moving_face(3), FaceTables.generic()).packets
    with pytest.raises(ValueError, match="3 frames in the place of 2"):
        list(decode_frames(FaceTables.generic(), [CodedPacket(packet.face, 2)]))


def test_what_is_at_stake_shows_a_truer_picture_for_fewer_bytes() -> None:
    """The sample's unseen frames, coded with and without what their analysis says of rounding."""
    identity = read_identity(SAMPLE.with_suffix(".visavis"))
    tables = FaceTables.from_arrays(identity.part("codec"))
    pictures = list(read_clip(SAMPLE, (TEST_FIRST, TEST_FIRST + 25), 256))
    seen = see(pictures, identity, lambda _: None)
    outcome = []
    for frames in (seen, [replace(frame, stakes=None) for frame in seen]):
        coding = code_frames(frames, tables)
        player = Player(identity, CpuRenderer.load(identity, 2), (256, 256))
        shown = [player.show(frame) for frame in decode_frames(tables, coding.packets)]
        errors = [((p.astype(np.float32) - f.rgb) ** 2).mean() for p, f in zip(shown, pictures, strict=True)]
        outcome.append((coding.payload_bytes, float(np.mean(errors))))
    (with_stakes, error), (without, plain) = outcome
    assert with_stakes < 0.97 * without
    assert error < plain


def shown_at(positions: list[float | None], fps: float, wanted: float, plates: tuple[int, ...] = ()) -> list[object]:
    frames = []
    for number, x in enumerate(positions):
        pose = np.array([0, 0, 0, x or 0, 0, 4], np.float32)
        code = None if x is None else FaceCode(np.zeros(30, np.float32), pose, np.zeros(20, np.float32))
        frames.append(DecodedFrame(code, Renewal(plate=b"plate") if number in plates else AS_BEFORE))
    shown = list(at_pace(frames, fps, wanted))
    assert sum(frame.renewal.size > 0 for frame in shown) == len(plates)
    return [None if frame.code is None else float(frame.code.pose[3]) for frame in shown]


def test_faces_in_between_are_on_the_way() -> None:
    assert shown_at([0, 4, 8], 12.5, 25.0) == [0, 2, 4, 6, 8, 8]
    assert shown_at([0, 3, 6], 10.0, 30.0) == pytest.approx([0, 1, 2, 3, 4, 5, 6, 6, 6])
    assert shown_at([0, 5, 10, 15], 15.0, 25.0) == pytest.approx([0, 3, 6, 9, 12, 15, 15])
    assert shown_at([1, 2, 3], 25.0, 25.0) == [1, 2, 3]


def test_nothing_moves_across_a_lost_face_or_a_new_background() -> None:
    assert shown_at([0, None, 8], 10.0, 20.0) == [0, 0, None, None, 8, 8]
    assert shown_at([0, 4, 8], 10.0, 20.0, (1,)) == [0, 0, 4, 6, 8, 8]


def test_decoding_drops_no_frames() -> None:
    with pytest.raises(ValueError, match="does not drop"):
        shown_at([0, 1], 25.0, 12.5)
