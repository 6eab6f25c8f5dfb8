"""What the call means, in the person's language: modes, reasons, qualities, phases."""

from __future__ import annotations

import re

from PySide6.QtCore import QCoreApplication

from app.call.quality import Quality
from app.call.shown import Mode


def mode_name(mode: Mode) -> str:
    """A rung of the ladder in a word."""
    return {
        "face": QCoreApplication.translate("Modes", "Avatar"),
        "h265": QCoreApplication.translate("Modes", "Video"),
        "audio_only": QCoreApplication.translate("Modes", "Audio only"),
    }[mode]


def mode_explained(mode: Mode) -> str:
    """What a rung of the ladder is, in a sentence."""
    return {
        "face": QCoreApplication.translate(
            "Modes", "You see a living portrait that is drawn on this computer from the other person's expression."
        ),
        "h265": QCoreApplication.translate("Modes", "You see the picture of the other person's camera."),
        "audio_only": QCoreApplication.translate("Modes", "No picture comes; you hear each other."),
    }[mode]


def reason_text(reason: str) -> str:
    """Why the other end sends what it sends; what is not known here is shown as it came."""
    on_its_way = re.fullmatch(r"the identity is on its way \((\d{1,3})%\)", reason)
    if on_its_way is not None:
        return QCoreApplication.translate("Reasons", "the avatar is on its way ({0} %)").format(on_its_way[1])
    known = {
        "waiting for the first picture": QCoreApplication.translate("Reasons", "waiting for the first picture"),
        "the other end renders the face": QCoreApplication.translate(
            "Reasons", "very little data, however bad the line is"
        ),
        "the other end has no identity yet": QCoreApplication.translate("Reasons", "the avatar is on its way"),
        "no identity is enrolled": QCoreApplication.translate("Reasons", "the other person has no avatar yet"),
        "no face is in the picture": QCoreApplication.translate("Reasons", "no face is in the other person's picture"),
        "the camera shows what the avatar cannot": QCoreApplication.translate(
            "Reasons", "the camera shows what the avatar cannot"
        ),
        "H.265 was asked for": QCoreApplication.translate("Reasons", "the other person sends real video"),
        "real video was asked for": QCoreApplication.translate("Reasons", "the other person has chosen real video"),
        "sound alone was asked for": QCoreApplication.translate(
            "Reasons", "the other person has chosen to send sound alone"
        ),
        "the camera is switched off": QCoreApplication.translate(
            "Reasons", "the other person has switched the camera off"
        ),
        "there is no camera at the other end": QCoreApplication.translate("Reasons", "the other person has no camera"),
    }
    return known.get(reason, reason)


def quality_text(quality: Quality) -> str:
    """How good the link is, and why no better, in words."""
    words = {
        "excellent": QCoreApplication.translate("Quality", "The line is excellent"),
        "good": QCoreApplication.translate("Quality", "The line is good"),
        "fair": QCoreApplication.translate("Quality", "The line is fair"),
        "poor": QCoreApplication.translate("Quality", "The line is poor"),
        "lost": QCoreApplication.translate("Quality", "The line is lost"),
    }
    causes = {
        "": "",
        "loss": QCoreApplication.translate("Quality", "some of what is sent gets lost"),
        "delay": QCoreApplication.translate("Quality", "it takes long to get through"),
        "outage": QCoreApplication.translate("Quality", "nothing comes through"),
    }
    cause = causes[quality.cause]
    return f"{words[quality.word]}: {cause}" if cause else words[quality.word]


def phase_text(phase: str) -> str:
    """What a call that is not yet one is doing."""
    return {
        "preparing": QCoreApplication.translate("Phases", "Getting ready … The first time takes a minute."),
        "pairing": QCoreApplication.translate("Phases", "Asking the meeting point …"),
        "waiting": QCoreApplication.translate("Phases", "Waiting for the other person …"),
        "connecting": QCoreApplication.translate("Phases", "The other person is there, connecting …"),
        "ringing": QCoreApplication.translate("Phases", "It rings at the other end …"),
        "incoming": QCoreApplication.translate("Phases", "Somebody calls"),
        "connected": QCoreApplication.translate("Phases", "Connected"),
        "reconnecting": QCoreApplication.translate("Phases", "Reconnecting …"),
        "ended": QCoreApplication.translate("Phases", "The call is over"),
    }.get(phase, phase)


def sound_text(problem: str) -> str:
    """What is missing of the sound, and what that means in a call."""
    known = {
        "no microphone was found": QCoreApplication.translate(
            "Sound", "No microphone was found: you hear the other person, but are not heard."
        ),
        "no loudspeaker was found": QCoreApplication.translate(
            "Sound", "No loudspeaker was found: you are heard, but hear nothing."
        ),
        "no microphone and no loudspeaker was found": QCoreApplication.translate(
            "Sound", "No microphone and no loudspeaker was found. A headset that you plug in is used at once."
        ),
    }
    other = QCoreApplication.translate("Sound", "Something is wrong with the sound: {0}")
    return known.get(problem) or other.format(problem)


def ended_text(reason: str) -> str:
    """Why a call is over, as it concerns a person; what is not known here is shown as it came."""
    known = {
        "this end left": QCoreApplication.translate("Ended", "You hung up."),
        "this end declined the call": QCoreApplication.translate("Ended", "You declined the call."),
        "the other end left: hung up": QCoreApplication.translate("Ended", "The other person hung up."),
        "the other end left: the call was declined": QCoreApplication.translate(
            "Ended", "The other person declined the call."
        ),
        "nobody took the call": QCoreApplication.translate("Ended", "Nobody took the call."),
        "the other end left: nobody took the call": QCoreApplication.translate(
            "Ended", "The call was not taken in time."
        ),
    }
    return known.get(reason, reason[:1].upper() + reason[1:])
