"""What the enrolment says to people: acts, problems, steps and failures in words."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from app.enrolment.acts import Act
from app.enrolment.checks import Problem

translate = QCoreApplication.translate


def problem_words(problem: Problem) -> str:
    """What to do about a picture that cannot be learned from."""
    return {
        Problem.NO_FACE: translate("Enrol", "I cannot see a face. Sit in front of the camera."),
        Problem.TOO_DARK: translate("Enrol", "It is too dark. Turn on a lamp in front of you."),
        Problem.TOO_BRIGHT: translate("Enrol", "It is too bright. Turn away from the light a little."),
        Problem.TOO_FLAT: translate("Enrol", "Your face is in shadow. Do not sit with your back to a window."),
        Problem.TOO_FAR: translate("Enrol", "Come closer to the camera."),
        Problem.TOO_NEAR: translate("Enrol", "Move back a little."),
        Problem.OFF_CENTRE: translate("Enrol", "Move into the middle of the circle."),
        Problem.BLURRED: translate("Enrol", "The picture is blurred. Hold still, or clean the camera."),
    }[problem]


def act_words(act: Act) -> str:
    """What is asked in the liveness check."""
    return {
        Act.LEFT: translate("Enrol", "Turn your head to your left"),
        Act.RIGHT: translate("Enrol", "Turn your head to your right"),
        Act.EYES: translate("Enrol", "Close your eyes for a second"),
        Act.MOUTH: translate("Enrol", "Open your mouth wide"),
    }.get(act, act.value)


def act_name(act: Act) -> str:
    """An act as part of what has been seen."""
    return {
        Act.STRAIGHT: translate("Enrol", "straight ahead"),
        Act.LEFT: translate("Enrol", "to the left"),
        Act.RIGHT: translate("Enrol", "to the right"),
        Act.UP: translate("Enrol", "up"),
        Act.DOWN: translate("Enrol", "down"),
        Act.TALK: translate("Enrol", "talking"),
        Act.SMILE: translate("Enrol", "a smile"),
        Act.BROWS: translate("Enrol", "raised brows"),
        Act.EYES: translate("Enrol", "closed eyes"),
        Act.MOUTH: translate("Enrol", "an open mouth"),
    }[act]


def step_words(key: str) -> tuple[str, str]:
    """What a step of the recording asks, and a line that helps."""
    read = translate("Enrol", "Read this aloud")
    return {
        "straight": (translate("Enrol", "Look into the camera"), translate("Enrol", "Sit relaxed, as in a call.")),
        "left": (
            translate("Enrol", "Turn slowly to your left"),
            translate("Enrol", "And back again. Do it once more."),
        ),
        "right": (
            translate("Enrol", "Turn slowly to your right"),
            translate("Enrol", "And back again. Do it once more."),
        ),
        "up": (translate("Enrol", "Look up slowly"), translate("Enrol", "Lift your chin, then come back.")),
        "down": (translate("Enrol", "Look down slowly"), translate("Enrol", "Lower your chin, then come back.")),
        "sentence 1": (
            read,
            translate("Enrol", "“The old fisherman watched five blue boats move past the harbour wall.”"),
        ),
        "sentence 2": (
            read,
            translate("Enrol", "“Please bring me two cups of tea and the cherry cake, we have much to talk about.”"),
        ),
        "smile": (
            translate("Enrol", "Give a big smile"),
            translate("Enrol", "Show your teeth. Then relax, and smile again."),
        ),
        "brows": (
            translate("Enrol", "Raise your eyebrows"),
            translate("Enrol", "As if you were surprised. A few times."),
        ),
        "eyes": (
            translate("Enrol", "Close your eyes"),
            translate("Enrol", "For a second. Open them, and close them again."),
        ),
        "mouth": (
            translate("Enrol", "Open your mouth wide"),
            translate("Enrol", "As at the dentist's. Then close it."),
        ),
        "sentence 3": (
            read,
            translate("Enrol", "“How was your week? I will tell you about mine.” Move your head as you like."),
        ),
    }[key]


def notice_words(notice: str) -> str:
    """Why the check begins again."""
    return {
        "time": translate("Enrol", "That took too long. Let us try once more."),
        "wrong act": translate("Enrol", "That was something else. Let us try once more."),
        "face lost": translate("Enrol", "Your face was out of the picture. Let us check once more that it is you."),
    }.get(notice, "")


def stage_words(stage: str) -> str:
    """What the training is doing."""
    return {
        "reading": translate("Enrol", "Reading the recording"),
        "tracking": translate("Enrol", "Following your face through the recording"),
        "preparing": translate("Enrol", "Getting ready; the first time this takes a minute or two"),
        "training": translate("Enrol", "Learning how you look"),
        "finishing": translate("Enrol", "Packing your avatar"),
    }.get(stage, stage)


def time_left(seconds: float) -> str:
    """A time that is left, in words that are not more exact than it is."""
    if seconds >= 90:
        return translate("Enrol", "about {0} minutes left").format(round(seconds / 60))
    if seconds >= 55:
        return translate("Enrol", "about a minute left")
    return translate("Enrol", "about {0} seconds left").format(max(5, 5 * round(seconds / 5)))


def size_words(size: int) -> str:
    """Bytes as kilobytes."""
    return translate("Enrol", "{0} KB").format(f"{round(size / 1000):,}".replace(",", " "))
