"""The ladder: which rung carries the picture, and why. Pure: time is an argument."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from app.call.shown import Mode
from app.net.peer import LinkReport

Sending = Literal["auto", "face", "h265", "audio_only"]
"""What a person wants to send: whatever is best, the avatar and never the camera's picture, that picture, or sound."""

FACE_LOST_NS = 1_000_000_000
"""Without a face for this long the call shows the camera's picture; shorter gaps hold the last pose."""

FACE_BACK_NS = 500_000_000
"""A face must be there this long before the call trusts it again, or a flickering detection would flap the mode."""

UNLIKE_SHARE = 0.07
ALIKE_SHARE = 0.05
"""Of the head's size: more of the person than the first looks otherwise than the avatar when something is before face
or shirt, or the face does what the enrolment never showed; less than the second means that the avatar will do again.
Unseen frames of four talking heads stay below 0.035, grimaces included; a hand that takes hold of a collar is 0.05 as
it comes in and 0.14 at most."""

UNLIKE_NS = 200_000_000
"""How long the avatar must be wrong before the camera's picture takes its place: five frames."""

ALIKE_NS = 600_000_000
"""How long it must be right before it is trusted again."""

HOPELESS_LOSS = 0.25
"""Share of lost packets beyond which H.265 at its lowest rung stands still more than it moves."""

HOPELESS_KBPS = 55.0
"""Room for pictures below which sound alone is better: ten coarse pictures a second of 128 pixels."""

HOPELESS_NS = 4_000_000_000
"""How long the link must stay hopeless before the picture is given up."""

RETRY_NS = 10_000_000_000
"""After this long without a picture it is tried again: no video means no reports about video. Twice as long after each
trial that fails, for a trial fills the link for four seconds, and people talk."""

RETRY_MOST_NS = 80_000_000_000

TRIAL_NS = 20_000_000_000
"""A trial that lasts so long has not failed; the link changed again."""


@dataclass(frozen=True, slots=True)
class Situation:
    """What the sender knows when it decides.

    Attributes:
        h265_only: the user wants no face stream.
        has_identity: this side has an identity to be rendered from.
        receiver_ready: the other end has loaded it.
        receiver_reason: what the other end said about it, or how far it has got.
        face_found: whether the last analysed frame had a face; None before there was one.
        report: the other end's view of the link.
        unlike: how much of the person looks otherwise than its rendering, a share of the head, 0..1; None where that
            was not looked at.
        video_fits: whether H.265 at its least is within the limit that the user set.
        wanted: what the user wants to send.
        camera_off: whether the user has switched the camera off.
    """

    h265_only: bool
    has_identity: bool
    receiver_ready: bool
    receiver_reason: str
    face_found: bool | None
    report: LinkReport
    unlike: float | None = None
    video_fits: bool = True
    wanted: Sending = "auto"
    camera_off: bool = False


@dataclass(frozen=True, slots=True)
class Decision:
    """A rung and why, for people."""

    mode: Mode
    reason: str


class Ladder:
    """Chooses the rung for every frame."""

    def __init__(self) -> None:
        self._face_since_ns: int | None = None
        self._no_face_since_ns: int | None = None
        self._face_lost = False
        self._unlike_since_ns: int | None = None
        self._alike_since_ns: int | None = None
        self._avatar_wrong = False
        self._hopeless_since_ns: int | None = None
        self._gave_up_ns: int | None = None
        self._retry_ns = RETRY_NS
        self._tried_ns: int | None = None

    def decide(self, situation: Situation, now_ns: int) -> Decision:
        """Give the rung for the frame at hand."""
        self._watch_face(situation.face_found, now_ns)
        self._watch_likeness(situation.unlike, now_ns)
        if situation.camera_off:
            return Decision("audio_only", "the camera is switched off")
        if situation.wanted == "audio_only":
            return Decision("audio_only", "sound alone was asked for")
        obstacle = self._face_obstacle(situation, now_ns)
        if obstacle is None:
            self._hopeless_since_ns = self._gave_up_ns = self._tried_ns = None
            return Decision("face", "the other end renders the face")
        if situation.wanted == "face":
            return Decision("audio_only", f"the avatar alone was asked for, and {obstacle}")
        if not situation.video_fits:
            return Decision("audio_only", f"the data limit has no room for H.265, and {obstacle}")
        if self._link_hopeless(situation.report, now_ns):
            return Decision("audio_only", f"the link cannot carry H.265, and {obstacle}")
        return Decision("h265", obstacle)

    def _watch_face(self, found: bool | None, now_ns: int) -> None:
        if found is None:
            return
        if found:
            self._no_face_since_ns = None
            if self._face_since_ns is None:
                self._face_since_ns = now_ns
        else:
            self._face_since_ns = None
            if self._no_face_since_ns is None:
                self._no_face_since_ns = now_ns

    def _watch_likeness(self, unlike: float | None, now_ns: int) -> None:
        if unlike is None:
            return
        self._unlike_since_ns = holds_since(self._unlike_since_ns, unlike > UNLIKE_SHARE, now_ns)
        self._alike_since_ns = holds_since(self._alike_since_ns, unlike < ALIKE_SHARE, now_ns)
        if self._avatar_wrong:
            self._avatar_wrong = not _lasts(self._alike_since_ns, ALIKE_NS, now_ns)
        else:
            self._avatar_wrong = _lasts(self._unlike_since_ns, UNLIKE_NS, now_ns)

    def _face_obstacle(self, situation: Situation, now_ns: int) -> str | None:
        if situation.h265_only:
            return "H.265 was asked for"
        if situation.wanted == "h265":
            return "real video was asked for"
        if not situation.has_identity:
            return "no identity is enrolled"
        if not situation.receiver_ready:
            return situation.receiver_reason
        if self._face_lost:
            self._face_lost = self._face_since_ns is None or now_ns - self._face_since_ns < FACE_BACK_NS
        elif self._no_face_since_ns is not None:
            self._face_lost = now_ns - self._no_face_since_ns >= FACE_LOST_NS
        if self._face_lost:
            return "no face is in the picture"
        return "the camera shows what the avatar cannot" if self._avatar_wrong else None

    def _link_hopeless(self, report: LinkReport, now_ns: int) -> bool:
        if self._gave_up_ns is not None:
            if now_ns - self._gave_up_ns < self._retry_ns:
                return True
            self._gave_up_ns = self._hopeless_since_ns = None
            self._tried_ns = now_ns
            return False
        if report.video_loss < HOPELESS_LOSS and report.video_kbps >= HOPELESS_KBPS:
            self._hopeless_since_ns = None
            return False
        if self._hopeless_since_ns is None:
            self._hopeless_since_ns = now_ns
        if now_ns - self._hopeless_since_ns < HOPELESS_NS:
            return False
        failed = self._tried_ns is not None and now_ns - self._tried_ns < TRIAL_NS
        self._retry_ns = min(2 * self._retry_ns, RETRY_MOST_NS) if failed else RETRY_NS
        self._gave_up_ns = now_ns
        return True


def holds_since(since_ns: int | None, holds: bool, now_ns: int) -> int | None:
    """Since when something holds, None while it does not."""
    if not holds:
        return None
    return now_ns if since_ns is None else since_ns


def _lasts(since_ns: int | None, least_ns: int, now_ns: int) -> bool:
    return since_ns is not None and now_ns - since_ns >= least_ns
