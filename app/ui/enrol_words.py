"""What the enrolment says to people: acts, problems, steps and failures in words."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from app.enrolment.acts import Act
from app.enrolment.checks import Problem

tr = QCoreApplication.translate


def problem_words(problem: Problem) -> str:
    """What to do about a picture that cannot be learned from."""
    return {
        Problem.NO_FACE: tr("Enrol", "I cannot see a face. Sit in front of the camera."),
        Problem.TOO_DARK: tr("Enrol", "It is too dark. Turn on a lamp in front of you."),
        Problem.TOO_BRIGHT: tr("Enrol", "It is too bright. Turn away from the light a little."),
        Problem.TOO_FLAT: tr("Enrol", "Your face is in shadow. Do not sit with your back to a window."),
        Problem.TOO_FAR: tr("Enrol", "Come closer to the camera."),
        Problem.TOO_NEAR: tr("Enrol", "Move back a little."),
        Problem.OFF_CENTRE: tr("Enrol", "Move into the middle of the circle."),
        Problem.BLURRED: tr("Enrol", "The picture is blurred. Hold still, or clean the camera."),
    }[problem]


def act_words(act: Act) -> str:
    """What is asked in the liveness check."""
    return {
        Act.LEFT: tr("Enrol", "Turn your head to your left"),
        Act.RIGHT: tr("Enrol", "Turn your head to your right"),
        Act.EYES: tr("Enrol", "Close your eyes for a second"),
        Act.MOUTH: tr("Enrol", "Open your mouth wide"),
    }.get(act, act.value)


def act_name(act: Act) -> str:
    """An act as part of what has been seen."""
    return {
        Act.STRAIGHT: tr("Enrol", "straight ahead"),
        Act.LEFT: tr("Enrol", "to the left"),
        Act.RIGHT: tr("Enrol", "to the right"),
        Act.UP: tr("Enrol", "up"),
        Act.DOWN: tr("Enrol", "down"),
        Act.TALK: tr("Enrol", "talking"),
        Act.SMILE: tr("Enrol", "a smile"),
        Act.BROWS: tr("Enrol", "raised brows"),
        Act.EYES: tr("Enrol", "closed eyes"),
        Act.MOUTH: tr("Enrol", "an open mouth"),
    }[act]


def step_words(key: str) -> tuple[str, str]:
    """What a step of the recording asks, and a line that helps."""
    read = tr("Enrol", "Read this aloud")
    return {
        "straight": (tr("Enrol", "Look into the camera"), tr("Enrol", "Sit relaxed, as in a call.")),
        "left": (tr("Enrol", "Turn slowly to your left"), tr("Enrol", "And back again. Do it once more.")),
        "right": (tr("Enrol", "Turn slowly to your right"), tr("Enrol", "And back again. Do it once more.")),
        "up": (tr("Enrol", "Look up slowly"), tr("Enrol", "Lift your chin, then come back.")),
        "down": (tr("Enrol", "Look down slowly"), tr("Enrol", "Lower your chin, then come back.")),
        "sentence 1": (
            read,
            tr("Enrol", "“The old fisherman watched five blue boats move past the harbour wall.”"),
        ),
        "sentence 2": (
            read,
            tr("Enrol", "“Please bring me two cups of tea and the cherry cake, we have much to talk about.”"),
        ),
        "smile": (tr("Enrol", "Give a big smile"), tr("Enrol", "Show your teeth. Then relax, and smile again.")),
        "brows": (tr("Enrol", "Raise your eyebrows"), tr("Enrol", "As if you were surprised. A few times.")),
        "eyes": (tr("Enrol", "Close your eyes"), tr("Enrol", "For a second. Open them, and close them again.")),
        "mouth": (tr("Enrol", "Open your mouth wide"), tr("Enrol", "As at the dentist's. Then close it.")),
        "sentence 3": (
            read,
            tr("Enrol", "“How was your week? I will tell you about mine.” Move your head as you like."),
        ),
    }[key]


def notice_words(notice: str) -> str:
    """Why the check begins again."""
    return {
        "time": tr("Enrol", "That took too long. Let us try once more."),
        "wrong act": tr("Enrol", "That was something else. Let us try once more."),
        "face lost": tr("Enrol", "Your face was out of the picture. Let us check once more that it is you."),
    }.get(notice, "")


def stage_words(stage: str) -> str:
    """What the training is doing."""
    return {
        "reading": tr("Enrol", "Reading the recording"),
        "tracking": tr("Enrol", "Following your face through the recording"),
        "preparing": tr("Enrol", "Getting ready; the first time this takes a minute or two"),
        "training": tr("Enrol", "Learning how you look"),
        "finishing": tr("Enrol", "Packing your avatar"),
    }.get(stage, stage)


def time_left(seconds: float) -> str:
    """A time that is left, in words that are not more exact than it is."""
    if seconds >= 90:
        return tr("Enrol", "about {0} minutes left").format(round(seconds / 60))
    if seconds >= 55:
        return tr("Enrol", "about a minute left")
    return tr("Enrol", "about {0} seconds left").format(max(5, 5 * round(seconds / 5)))


def size_words(size: int) -> str:
    """Bytes as kilobytes."""
    return tr("Enrol", "{0} KB").format(f"{round(size / 1000):,}".replace(",", " "))
