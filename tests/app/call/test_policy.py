"""The ladder and the H.265 bitrate, second by second."""

from dataclasses import replace
from itertools import pairwise

import pytest

from app.call.policy import Decision, Ladder, Situation
from app.net.peer import LinkReport

S = 1_000_000_000
READY = Situation(False, True, True, "it renders", True, LinkReport())


def modes(ladder: Ladder, situation: Situation, from_s: float, to_s: float) -> list[str]:
    """The modes met from one second to another, at 25 frames a second, repeats left out."""
    met: list[str] = []
    for frame in range(round(from_s * 25), round(to_s * 25)):
        mode = ladder.decide(situation, frame * S // 25).mode
        if not met or met[-1] != mode:
            met.append(mode)
    return met


def test_reasons_against_the_face_in_their_order() -> None:
    ladder = Ladder()
    assert ladder.decide(replace(READY, h265_only=True), 0).reason == "H.265 was asked for"
    assert ladder.decide(replace(READY, has_identity=False), 0).reason == "no identity is enrolled"
    waiting = ladder.decide(replace(READY, receiver_ready=False, receiver_reason="on its way"), 0)
    assert (waiting.mode, waiting.reason) == ("h265", "on its way")


def test_face_begins_as_soon_as_the_receiver_is_ready() -> None:
    assert modes(Ladder(), replace(READY, face_found=None), 0, 1) == ["face"]


def test_lost_face_steps_down_late_and_up_again_late() -> None:
    ladder = Ladder()
    no_face = replace(READY, face_found=False)
    assert modes(ladder, READY, 0, 2) == ["face"]
    assert modes(ladder, no_face, 2, 2.9) == ["face"]
    assert modes(ladder, READY, 2.9, 3) == ["face"]
    assert modes(ladder, no_face, 3, 5) == ["face", "h265"]
    assert ladder.decide(no_face, 5 * S).reason == "no face is in the picture"
    assert modes(ladder, READY, 5.04, 5.4) == ["h265"]
    assert modes(ladder, READY, 5.4, 6) == ["h265", "face"]


def test_flickering_face_does_not_flap() -> None:
    ladder = Ladder()
    assert modes(ladder, READY, 0, 1) == ["face"]
    assert modes(ladder, replace(READY, face_found=False), 1, 3) == ["face", "h265"]
    for frame in range(75, 150):
        situation = replace(READY, face_found=frame % 3 != 0)
        assert ladder.decide(situation, frame * S // 25).mode == "h265"


def test_an_avatar_that_is_wrong_gives_way_within_half_a_second_and_returns_within_one() -> None:
    ladder = Ladder()
    right, wrong = replace(READY, unlike=0.03), replace(READY, unlike=0.3)
    assert modes(ladder, right, 0, 1) == ["face"]
    assert modes(ladder, wrong, 1, 1.2) == ["face"]
    assert modes(ladder, wrong, 1.2, 1.5) == ["h265"]
    assert ladder.decide(wrong, 2 * S).reason == "the camera shows what the avatar cannot"
    assert modes(ladder, right, 2.04, 2.6) == ["h265"]
    assert modes(ladder, right, 2.6, 3) == ["h265", "face"]


def test_a_moment_of_unlikeness_does_not_flap() -> None:
    ladder = Ladder()
    for frame in range(200):
        unlike = 0.5 if frame % 10 < 4 else 0.06
        assert ladder.decide(replace(READY, unlike=unlike), frame * S // 25).mode == "face"
    assert modes(ladder, replace(READY, unlike=0.5), 8, 9) == ["face", "h265"]
    for frame in range(225, 400):
        unlike = 0.05 if frame % 10 < 8 else 0.09
        assert ladder.decide(replace(READY, unlike=unlike), frame * S // 25).mode == "h265"


def test_frames_without_a_look_change_nothing() -> None:
    ladder = Ladder()
    assert modes(ladder, replace(READY, unlike=0.5), 0, 1) == ["face", "h265"]
    assert modes(ladder, replace(READY, unlike=None), 1, 5) == ["h265"]


def test_renderer_that_failed_steps_down() -> None:
    ladder = Ladder()
    assert modes(ladder, READY, 0, 1) == ["face"]
    failed = ladder.decide(replace(READY, receiver_ready=False, receiver_reason="it cannot render"), S)
    assert (failed.mode, failed.reason) == ("h265", "it cannot render")


def test_hopeless_link_gives_up_the_picture_and_tries_again() -> None:
    ladder = Ladder()
    bad = replace(READY, has_identity=False, report=LinkReport(video_loss=0.4))
    assert modes(ladder, bad, 0, 3.9) == ["h265"]
    assert modes(ladder, bad, 3.9, 6) == ["h265", "audio_only"]
    assert modes(ladder, replace(bad, report=LinkReport()), 6, 13.5) == ["audio_only"]
    assert modes(ladder, replace(bad, report=LinkReport()), 13.5, 20) == ["audio_only", "h265"]


def test_trials_on_a_hopeless_link_become_rare_until_one_lasts() -> None:
    ladder = Ladder()
    bad = replace(READY, has_identity=False, report=LinkReport(video_loss=0.4))
    shown = [second for second in range(400) if "h265" in modes(ladder, bad, second, second + 1)]
    begun = [second for second in shown if second - 1 not in shown]
    assert [after - before for before, after in pairwise(begun)] == [14, 24, 44, 84, 84, 84]
    good = replace(bad, report=LinkReport(video_loss=0.0, video_kbps=200.0))
    assert modes(ladder, good, 400, 520)[-1] == "h265"
    assert modes(ladder, bad, 520, 530)[-1] == "audio_only"
    assert "h265" in modes(ladder, bad, 530, 541), "the link changed, so the wait is short again"


def test_link_that_is_too_narrow_gives_up_the_picture() -> None:
    narrow = replace(READY, has_identity=False, report=LinkReport(video_kbps=50.0))
    assert modes(Ladder(), narrow, 0, 5) == ["h265", "audio_only"]
    assert modes(Ladder(), replace(narrow, report=LinkReport(video_kbps=70.0)), 0, 5) == ["h265"]


def test_loss_does_not_end_the_face_stream() -> None:
    assert modes(Ladder(), replace(READY, report=LinkReport(video_loss=0.9)), 0, 10) == ["face"]


def test_without_room_for_video_the_call_says_so() -> None:
    decision = Ladder().decide(replace(READY, has_identity=False, video_fits=False), 0)
    assert decision.mode == "audio_only"
    assert "data limit" in decision.reason
    assert modes(Ladder(), replace(READY, video_fits=False), 0, 1) == ["face"]


@pytest.mark.parametrize(
    ("changes", "decision"),
    [
        ({"wanted": "h265"}, Decision("h265", "real video was asked for")),
        ({"wanted": "audio_only"}, Decision("audio_only", "sound alone was asked for")),
        ({"wanted": "face"}, Decision("face", "the other end renders the face")),
        (
            {"wanted": "face", "has_identity": False},
            Decision("audio_only", "the avatar alone was asked for, and no identity is enrolled"),
        ),
        ({"camera_off": True}, Decision("audio_only", "the camera is switched off")),
        ({"camera_off": True, "wanted": "face"}, Decision("audio_only", "the camera is switched off")),
    ],
)
def test_what_a_person_wants_comes_first(changes: dict[str, object], decision: Decision) -> None:
    assert Ladder().decide(replace(READY, **changes), 0) == decision  # type: ignore[arg-type]
