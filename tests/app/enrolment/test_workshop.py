"""Recordings vanish when they are abandoned; an unfinished training is found again, and nothing else is left."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from app import paths
from app.enrolment import workshop
from app.enrolment.acts import Act
from app.enrolment.coverage import Coverage
from app.enrolment.workshop import ABOUT, DiskFullError, Take, Workshop

SEEN = Coverage({Act.LEFT: 1.25, Act.TALK: 6.0})


@pytest.fixture
def shop(tmp_path: Path) -> Workshop:
    return Workshop(tmp_path / "enrolment")


def recorded(shop: Workshop) -> Take:
    take = shop.begin_take()
    take.clip.write_bytes(b"a clip")
    return take


def test_an_abandoned_recording_leaves_nothing(shop: Workshop) -> None:
    take = recorded(shop)
    take.abandon()
    take.abandon()
    assert list(shop.folder.iterdir()) == []


def test_what_a_crash_left_is_swept_away_and_a_fresh_one_is_not(shop: Workshop) -> None:
    old, fresh = recorded(shop), recorded(shop)
    long_ago = time.time() - 2 * workshop.STALE_S
    os.utime(old.folder, (long_ago, long_ago))
    shop.begin_take()
    assert not old.folder.exists()
    assert fresh.clip.exists()


def test_a_training_is_found_again_with_its_clips_and_coverage(shop: Workshop) -> None:
    first = shop.begin_training("me", recorded(shop), SEEN)
    assert shop.unfinished() == first
    both = shop.add_take(first, recorded(shop), Coverage({Act.UP: 2.0}))
    assert shop.unfinished() == both
    assert [clip.name for clip in both.clips] == ["clip-0.mp4", "clip-1.mp4"]
    assert list(shop.folder.glob("take-*")) == []


def test_a_persons_own_file_stays_where_it_is(shop: Workshop, tmp_path: Path) -> None:
    clip = tmp_path / "me.mp4"
    clip.write_bytes(b"a clip")
    training = shop.begin_from_file("me", clip)
    assert shop.unfinished() == training
    more = shop.add_take(training, recorded(shop), SEEN)
    assert shop.unfinished() == more
    assert more.clips == (clip, training.folder / "clip-0.mp4")
    shop.discard()
    assert clip.exists()
    assert shop.unfinished() is None


def test_finishing_keeps_the_identity_alone(shop: Workshop) -> None:
    training = shop.begin_training("me", recorded(shop), SEEN)
    training.result.write_bytes(b"identity")
    kept = shop.finish(training, "me again")
    assert kept == paths.kept_identity("me again")
    assert kept.read_bytes() == b"identity"
    assert shop.unfinished() is None
    assert list(shop.folder.iterdir()) == []


@pytest.mark.parametrize("about", ["", "[", "[]", '{"name": 5}', '{"name": "me", "seconds": {"left": "x"}}'])
def test_damaged_notes_are_no_training_or_no_coverage(shop: Workshop, about: str) -> None:
    training = shop.begin_training("me", recorded(shop), SEEN)
    (training.folder / ABOUT).write_text(about)
    found = shop.unfinished()
    assert found is None or found.coverage == Coverage()


def test_no_room_is_told_before_anything_is_recorded(shop: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workshop, "FREE_LEAST_BYTES", 1 << 62)
    with pytest.raises(DiskFullError, match="MB are free"):
        shop.begin_take()
    assert list(shop.folder.iterdir()) == []


def test_too_many_recordings_are_refused(shop: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    training = shop.begin_training("me", recorded(shop), SEEN)
    monkeypatch.setattr(workshop, "CLIPS_MOST", 1)
    with pytest.raises(ValueError, match="the most"):
        shop.add_take(training, recorded(shop), SEEN)
