"""The script of the animation: what is said when, and how head, eyes, face and shoulders move.

Angles in degrees, lengths in px of the portrait, times in seconds. Keys are joined by minimum-jerk moves, as people
move; a little smooth noise keeps the pauses alive.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from assets.sample.expression import Expression
from assets.sample.voice import Speech, loudness, mouth_curves

FloatArray = npt.NDArray[np.float32]
Keys = tuple[tuple[float, float], ...]

FPS = 25
FRAMES = 1000
ENROL_FRAMES = 800  # the rest says a sentence, and makes moves, that the first part does not hold
SEED = 20240

# (start, sentence): a narrator speaks, so that no words are put into the mouth of the person portrayed.
NARRATION: tuple[tuple[float, str], ...] = (
    (0.7, "Hello! This voice is a computer's, and it speaks as a narrator."),
    (5.3, "What you see is a synthetic animation, made from a portrait that NASA gave to the public."),
    (11.4, "The person in it never said these words."),
    (14.4, "For every picture, only a few numbers cross the line: how the head is turned, how the eyes and the mouth "
           "move, and where the shoulders are."),
    (23.8, "The other side knows this face from a small model, which it received once, and draws the picture anew, "
           "as large as it likes."),
    (32.5, "These last words were kept out of the training. Whatever you see now is new to the model."),
)  # fmt: skip

YAW: Keys = ((0, 0), (1.6, 3), (3.2, -4), (4.6, 2), (6.2, 9), (7.6, 8), (9.2, -7), (10.4, -9), (11.6, 0), (12.8, 5),
             (13.9, 0), (15.3, 14), (16.2, 14), (18.0, -13.5), (19.0, -14), (20.6, 0), (22.0, 5), (24.0, 10),
             (25.2, -3), (26.6, -10), (27.8, -6), (29.2, 6), (30.6, 2), (31.8, 0), (33.2, 6), (34.6, -5), (36.0, -8),
             (37.4, 4), (38.6, 1), (39.96, 0))  # fmt: skip
PITCH: Keys = ((0, 0), (1.4, 2), (2.6, -2), (4.2, 1), (5.6, -3), (7.2, 4), (8.6, 0), (10.0, 5), (11.8, -2), (12.5, 6),
               (13.1, -1), (14.0, 2), (16.0, -4), (18.4, 5), (20.4, -8), (21.3, -8), (22.6, 8.5), (23.4, 8),
               (25.0, -2), (27.0, 5), (28.6, -4), (30.2, 4), (31.4, 0), (32.8, 3), (34.0, -4), (35.6, 4), (37.0, -2),
               (38.8, 2), (39.96, 0))  # fmt: skip
ROLL: Keys = ((0, 0), (1.8, -2), (3.8, 3), (5.4, 0), (6.8, -4), (8.8, 2), (10.4, 4), (12.2, 0), (14.4, -3), (16.8, 4),
              (18.8, -3), (20.8, 0), (22.4, 3), (24.6, 7.5), (25.6, 7), (27.4, -7.5), (28.4, -7), (30.0, 2),
              (31.6, 0), (33.4, -4), (35.2, 3), (37.2, 4), (38.8, -1), (39.96, 0))  # fmt: skip
SHIFT_X: Keys = ((0, 0), (3, -3), (6, 4), (10, -4), (13, 1), (15.5, 6), (18.5, -6), (21, 0), (24.5, 4), (27.5, -4),
                 (31, 1), (34, 3), (36, -4), (39.96, 0))  # fmt: skip
NEAR: Keys = ((0, 0), (5, 0.015), (9, -0.01), (13, 0.02), (17, 0), (21, 0.035), (23.5, 0.03), (26, -0.02), (30, 0.01),
              (33, 0), (36, 0.025), (39.96, 0))  # fmt: skip
SHRUG: Keys = ((0, 0), (11.9, 0), (12.4, 1), (12.9, 1), (13.6, 0), (19.6, 0), (20.2, 0.5), (21.0, 0), (29.3, 0),
               (29.8, 0.9), (30.4, 0.8), (31.0, 0), (36.2, 0), (36.7, 0.7), (37.4, 0), (39.96, 0))  # fmt: skip
LEAN: Keys = ((0, 0), (4, 1), (8, -1), (12, 0.4), (16, 1.4), (19, -1.4), (22, 0), (25, 1), (28, -1), (31, 0),
              (34, -0.8), (37, 0.9), (39.96, 0))  # fmt: skip
GAZE_X: Keys = ((0, 0), (2.2, 0), (2.35, 0.6), (3.4, 0.6), (3.55, 0), (6.0, 0), (6.15, -0.7), (8.0, -0.6), (8.15, 0),
                (9.6, 0), (9.75, 0.8), (10.8, 0.7), (10.95, 0), (13.9, 0), (14.05, 1), (15.0, 1), (15.15, -1),
                (16.6, -1), (16.75, 0.3), (18.9, 0.8), (19.05, 0), (23.6, 0), (23.75, -0.5), (25.0, -0.5),
                (25.15, 0.2), (26.4, 0.7), (27.6, 0.6), (27.75, 0), (31.9, 0), (32.05, 0), (34.4, 0), (34.55, 0.6),
                (35.6, 0.5), (35.75, -0.4), (36.8, -0.3), (36.95, 0), (39.96, 0))  # fmt: skip
GAZE_Y: Keys = ((0, 0), (3.9, 0), (4.05, -0.6), (4.9, -0.6), (5.05, 0), (9.9, 0), (10.05, 0.6), (10.9, 0.6),
                (11.05, 0), (16.7, 0), (16.85, -0.9), (17.6, -0.9), (17.75, 0), (20.5, 0.6), (21.2, 0.6), (21.35, 0),
                (22.6, -0.5), (23.3, -0.4), (23.45, 0), (27.0, 0.8), (27.6, 0.8), (27.75, 0), (33.6, 0),
                (33.75, -0.5), (34.4, -0.4), (34.55, 0), (37.0, 0), (37.15, 0.5), (37.8, 0.5), (37.95, 0),
                (39.96, 0))  # fmt: skip
SMILE: Keys = ((0, 0.75), (0.5, 0.75), (1.0, 0.45), (4.2, 0.3), (4.8, 0.8), (5.4, 0.35), (9.8, 0.2), (10.5, 0.9),
               (11.1, 0.8), (11.7, 0.1), (13.3, 0.0), (13.9, 1.0), (14.4, 0.9), (15.0, 0.3), (19, 0.15), (21.9, 0.3),
               (22.4, 0.9), (22.9, 0.7), (23.6, 0.25), (28, 0.2), (30.8, 0.45), (31.2, 0.0), (31.7, 0.8), (32.2, 0.6),
               (32.8, 0.3), (35.6, 0.2), (36.2, 0.7), (37.0, 0.3), (38.8, 0.9), (39.96, 0.75))  # fmt: skip
BROW: Keys = ((0, 0), (0.7, 0), (1.0, 0.7), (1.6, 0), (6.4, 0), (6.8, 0.6), (7.6, 0), (11.9, 0.1), (12.3, 1),
              (13.0, 0.9), (13.5, 0), (15.2, 0), (15.6, 0.5), (16.4, 0), (18.6, -0.4), (19.6, -0.3), (20.2, 0.5),
              (21, 0), (24.0, 0), (24.4, 0.8), (25.2, 0), (27.8, -0.4), (28.6, 0), (29.3, 0), (29.8, 0.9), (30.5, 0),
              (33.0, 0), (33.4, 0.7), (34.2, 0), (36.2, 0), (36.6, 0.6), (37.3, 0), (39.96, 0))  # fmt: skip
BLINKS = (1.9, 3.45, 5.1, 8.1, 9.7, 11.1, 13.75, 15.9, 17.3, 19.0, 21.25, 23.5, 25.1, 27.7, 29.1, 32.1, 34.5,
          35.7, 37.9, 39.1)  # fmt: skip
LONG_BLINKS = (14.3, 30.9)  # eyes closed for half a second


@dataclass(frozen=True, slots=True)
class Pose:
    """Where head and shoulders are in one frame.

    Attributes:
        yaw: degrees, positive to the right of the picture.
        pitch: degrees, positive down.
        roll: degrees, positive clockwise.
        shift: (2,) the head's own movement over the shoulders, px of the portrait.
        scale: 1 as in the portrait.
        sway: (2,) movement of the torso, px of the portrait.
        shrug: 0..1 lifted shoulders.
        lean: the torso's tilt in degrees, positive clockwise.
    """

    yaw: float
    pitch: float
    roll: float
    shift: tuple[float, float]
    scale: float
    sway: tuple[float, float]
    shrug: float
    lean: float


def follow(keys: Keys, times_s: FloatArray) -> FloatArray:
    """A curve through ``keys`` ((time, value), times rising), at rest in every key, by minimum-jerk moves."""
    stamps = np.array([key[0] for key in keys])
    values = np.array([key[1] for key in keys])
    place = np.clip(np.searchsorted(stamps, times_s, side="right") - 1, 0, len(stamps) - 2)
    s = np.clip((times_s - stamps[place]) / (stamps[place + 1] - stamps[place]), 0, 1)
    ease = s**3 * (10 - 15 * s + 6 * s**2)
    return np.asarray(values[place] + (values[place + 1] - values[place]) * ease, np.float32)


def drift(rng: np.random.Generator, frames: int, sigma_s: float, amplitude: float) -> FloatArray:
    """Smooth noise of standard deviation ``amplitude`` that takes about ``sigma_s`` to change its mind."""
    sigma = sigma_s * FPS
    reach = int(4 * sigma) + 1
    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) / sigma) ** 2)
    noise = np.convolve(rng.standard_normal(frames + 2 * reach), kernel, "valid")
    return np.asarray(amplitude * noise / np.sqrt(np.sum(kernel**2)), np.float32)


def blink_curve(times_s: FloatArray) -> FloatArray:
    """How far the eyes are closed, 0..1: 0.12 s down, 0.18 s up."""
    closed = np.zeros_like(times_s)
    for start in BLINKS:
        keys = ((start, 0), (start + 0.12, 1), (start + 0.14, 1), (start + 0.32, 0))
        closed = np.maximum(closed, follow(keys, times_s))
    for start in LONG_BLINKS:
        keys = ((start, 0), (start + 0.15, 1), (start + 0.6, 1), (start + 0.85, 0))
        closed = np.maximum(closed, follow(keys, times_s))
    return np.clip(closed, 0, 1)


def mouth_track(speeches: list[Speech], times_s: FloatArray) -> tuple[FloatArray, FloatArray]:
    """(T, 4) jaw, round, press, tongue and (T,) loudness of the whole narration."""
    mouth = np.zeros((len(times_s), 4), np.float32)
    loud = np.zeros(len(times_s), np.float32)
    for (start, _), speech in zip(NARRATION, speeches, strict=True):
        mouth = np.maximum(mouth, mouth_curves(speech, times_s - np.float32(start)))
        loud = np.maximum(loud, loudness(speech, times_s - np.float32(start)))
    return mouth, loud


def perform(speeches: list[Speech], frames: int = FRAMES) -> tuple[list[Pose], list[Expression]]:
    """The whole performance, frame by frame."""
    t = (np.arange(frames) / FPS).astype(np.float32)
    rng = np.random.default_rng(SEED)
    mouth, loud = mouth_track(speeches, t)
    beat = np.convolve(loud, np.hanning(13) / np.hanning(13).sum(), "same")  # the head nods with the stress
    yaw = follow(YAW, t) + drift(rng, frames, 0.5, 0.5)
    pitch = follow(PITCH, t) + drift(rng, frames, 0.45, 0.4) + 1.6 * (beat - 0.3)
    roll = follow(ROLL, t) + drift(rng, frames, 0.6, 0.4)
    shift_x = 0.5 * follow(SHIFT_X, t) + drift(rng, frames, 0.7, 0.25)
    shift_y = drift(rng, frames, 0.7, 0.25) - 1.2 * follow(SHRUG, t) + 0.5 * beat
    sway_x = 0.7 * follow(SHIFT_X, t) + drift(rng, frames, 1.2, 0.5)
    breath = 0.8 * np.sin(2 * np.pi * t / 3.9)  # a calm breath
    sway_y = breath + drift(rng, frames, 1.2, 0.3)
    scale = 1 + follow(NEAR, t)
    shrug, lean = follow(SHRUG, t), follow(LEAN, t)
    poses = [
        Pose(
            float(yaw[i]), float(pitch[i]), float(roll[i]), (float(shift_x[i]), float(shift_y[i])), float(scale[i]),
            (float(sway_x[i]), float(sway_y[i])), float(shrug[i]), float(lean[i]),
        )
        for i in range(frames)
    ]  # fmt: skip
    return poses, _faces(t, rng, mouth)


def _faces(t: FloatArray, rng: np.random.Generator, mouth: FloatArray) -> list[Expression]:
    closed = blink_curve(t)
    gaze_x = np.clip(follow(GAZE_X, t) + drift(rng, len(t), 0.25, 0.03), -1, 1)
    gaze_y = np.clip(follow(GAZE_Y, t) + drift(rng, len(t), 0.25, 0.03), -1, 1)
    smile = np.clip(follow(SMILE, t), 0, 1)
    talking = np.convolve(mouth[:, 0] > 0.08, np.ones(9) / 9, "same")
    smile = smile * (1 - 0.35 * talking) * (1 - 0.5 * mouth[:, 1])  # rounded and moving lips hold less of a smile
    brow = np.clip(follow(BROW, t) + drift(rng, len(t), 0.5, 0.04), -0.5, 1)
    return [
        Expression(
            float(closed[i]), float(closed[i]) * 0.97, float(gaze_x[i]), float(gaze_y[i]), float(smile[i]),
            float(mouth[i, 0]), float(brow[i]), float(mouth[i, 1]), float(mouth[i, 2]), float(mouth[i, 3]),
        )
        for i in range(len(t))
    ]  # fmt: skip
