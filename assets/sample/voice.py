"""The narrator's voice, and the mouth shapes that go with it.

The voice is espeak-ng's, through its C library, because only the library reports when each phoneme starts. Source:
``speak_lib.h`` of espeak-ng 1.51.
"""

import ctypes
import ctypes.util
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float32]

WORDS_PER_MINUTE = 152  # calm, and the whole narration fits the clip
PITCH = 46  # espeak's 0..100

_RETRIEVAL = 1  # AUDIO_OUTPUT_RETRIEVAL: samples come to the callback, nothing is played
_PHONEME_EVENTS = 1  # espeakINITIALIZE_PHONEME_EVENTS
_UTF8 = 1  # espeakCHARS_UTF8
_RATE, _PITCH = 1, 3  # espeak_PARAMETER
_EVENT_END_OF_LIST, _EVENT_PHONEME = 0, 7  # espeak_EVENT_TYPE


@dataclass(frozen=True, slots=True)
class Phoneme:
    """One phoneme as espeak names it, from ``start_s`` until the next one starts."""

    name: str
    start_s: float


@dataclass(frozen=True, slots=True)
class Speech:
    """Mono samples in -1..1 at ``rate`` Hz, and the phonemes in order."""

    samples: FloatArray
    rate: int
    phonemes: tuple[Phoneme, ...]


@dataclass(frozen=True, slots=True)
class Viseme:
    """A mouth shape; every number is 0..1. ``press`` closes the lips, ``tongue`` lifts its tip to the upper teeth."""

    jaw: float = 0.0
    round: float = 0.0
    press: float = 0.0
    tongue: float = 0.0


class _EventId(ctypes.Union):
    _fields_ = [("number", ctypes.c_int), ("name", ctypes.c_char_p), ("string", ctypes.c_char * 8)]


class _Event(ctypes.Structure):
    _fields_ = [
        ("type", ctypes.c_int),
        ("unique_identifier", ctypes.c_uint),
        ("text_position", ctypes.c_int),
        ("length", ctypes.c_int),
        ("audio_position_ms", ctypes.c_int),
        ("sample", ctypes.c_int),
        ("user_data", ctypes.c_void_p),
        ("id", _EventId),
    ]


_Callback = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.POINTER(_Event))


def speak(sentences: Sequence[str], voice: str = "en-us") -> list[Speech]:
    """Speaks each sentence on its own.

    Raises:
        ValueError: when espeak-ng is not installed or lacks the voice.
    """
    path = ctypes.util.find_library("espeak-ng")
    if path is None:
        raise ValueError("the sample's voice needs espeak-ng at build time: install the package espeak-ng")
    library = ctypes.CDLL(path)
    rate = int(library.espeak_Initialize(_RETRIEVAL, 0, None, _PHONEME_EVENTS))
    if rate <= 0 or library.espeak_SetVoiceByName(voice.encode()) != 0:
        raise ValueError(f"espeak-ng could not start with the voice {voice}: install the package espeak-ng-data")
    library.espeak_SetParameter(_RATE, WORDS_PER_MINUTE, 0)
    library.espeak_SetParameter(_PITCH, PITCH, 0)
    spoken = [_speak_one(library, sentence, rate) for sentence in sentences]
    library.espeak_Terminate()
    return spoken


def _speak_one(library: ctypes.CDLL, text: str, rate: int) -> Speech:
    pieces: list[npt.NDArray[np.int16]] = []
    phonemes: list[Phoneme] = []

    def collect(samples: "ctypes._Pointer[ctypes.c_short]", count: int, events: "ctypes._Pointer[_Event]") -> int:
        if samples and count > 0:
            pieces.append(np.ctypeslib.as_array(samples, (count,)).astype(np.int16).copy())
        index = 0
        while events[index].type != _EVENT_END_OF_LIST:
            event = events[index]
            if event.type == _EVENT_PHONEME:
                phonemes.append(Phoneme(event.id.string.decode("utf-8", "replace"), event.audio_position_ms / 1000))
            index += 1
        return 0

    callback = _Callback(collect)
    library.espeak_SetSynthCallback(callback)
    data = text.encode()
    library.espeak_Synth(ctypes.c_char_p(data), ctypes.c_size_t(len(data) + 1), 0, 1, 0, _UTF8, None, None)
    library.espeak_Synchronize()
    samples = np.concatenate(pieces).astype(np.float32) / 32768 if pieces else np.zeros(0, np.float32)
    return Speech(samples, rate, tuple(phonemes))


# Mouth shapes by the first characters of espeak's phoneme name, the longest match wins. Openings follow the usual
# viseme charts (open a, mid e, close i; rounded o, u, w; closed p, b, m; lip to teeth f, v).
_SHAPES: dict[str, Viseme] = {
    "a": Viseme(0.75), "A": Viseme(0.85), "aI": Viseme(0.75), "aU": Viseme(0.80, 0.25), "0": Viseme(0.70, 0.3),
    "V": Viseme(0.60), "E": Viseme(0.55), "e": Viseme(0.50), "@": Viseme(0.35), "3": Viseme(0.35, 0.35),
    "I": Viseme(0.30), "i": Viseme(0.24), "O": Viseme(0.60, 0.6), "o": Viseme(0.45, 0.75), "oU": Viseme(0.45, 0.8),
    "U": Viseme(0.28, 0.8), "u": Viseme(0.22, 1.0), "w": Viseme(0.12, 1.0), "r": Viseme(0.2, 0.55),
    "p": Viseme(press=1.0), "b": Viseme(press=1.0), "m": Viseme(press=1.0), "f": Viseme(0.04, press=0.75),
    "v": Viseme(0.04, press=0.75), "t": Viseme(0.16, tongue=1.0), "d": Viseme(0.18, tongue=1.0),
    "n": Viseme(0.18, tongue=1.0), "l": Viseme(0.26, tongue=1.0), "T": Viseme(0.2, tongue=0.9),
    "D": Viseme(0.2, tongue=0.9), "s": Viseme(0.12, tongue=0.5), "z": Viseme(0.12, tongue=0.5),
    "S": Viseme(0.18, 0.7), "Z": Viseme(0.18, 0.7), "tS": Viseme(0.16, 0.6), "dZ": Viseme(0.16, 0.6),
    "k": Viseme(0.25), "g": Viseme(0.25), "N": Viseme(0.22), "h": Viseme(0.3), "j": Viseme(0.2),
}  # fmt: skip


def viseme(name: str) -> Viseme:
    """The mouth shape of a phoneme; unknown names and pauses rest with the lips together."""
    bare = name.strip("'`,%=_:|;!#")
    for length in range(min(2, len(bare)), 0, -1):
        shape = _SHAPES.get(bare[:length])
        if shape is not None:
            return shape
    return Viseme()


def loudness(speech: Speech, times_s: FloatArray) -> FloatArray:
    """Loudness 0..1 (RMS over 60 ms, relative to the speech's loud parts) at the given times."""
    window = max(1, int(0.06 * speech.rate))
    power = np.convolve(speech.samples.astype(np.float64) ** 2, np.ones(window) / window, "same")
    level = np.sqrt(np.maximum(power, 0.0))
    top = float(np.percentile(level[level > 0], 95)) if np.any(level > 0) else 1.0
    stamps = np.arange(len(level)) / speech.rate
    return np.clip(np.interp(times_s, stamps, level, 0.0, 0.0) / top, 0.0, 1.0).astype(np.float32)


def mouth_curves(speech: Speech, times_s: FloatArray) -> FloatArray:
    """Mouth shape over time, as an animator would draw it: each phoneme's shape, run together by coarticulation.

    Args:
        speech: what is said.
        times_s: (T,) times in seconds since the speech began.

    Returns:
        (T, 4): jaw, round, press, tongue, each 0..1; all zero before and after the speech.
    """
    rate = 200
    end = len(speech.samples) / speech.rate
    grid = np.arange(-0.3, end + 0.3, 1 / rate)
    track = np.zeros((len(grid), 4))
    for phoneme, following in zip(speech.phonemes, [*speech.phonemes[1:], None], strict=True):
        stop = following.start_s if following is not None else end
        shape = viseme(phoneme.name)
        inside = (grid >= phoneme.start_s) & (grid < stop)
        track[inside] = shape.jaw, shape.round, shape.press, shape.tongue
    loud = loudness(speech, grid.astype(np.float32))
    track[:, 0] *= 0.75 + 0.75 * loud  # stressed syllables open wider
    # 45 ms for the slow articulators (jaw, rounding); lips and tongue close faster, and must get there.
    smooth = np.stack([_blurred(track[:, k], (0.045, 0.05, 0.028, 0.03)[k] * rate) for k in range(4)], axis=1)
    smooth[:, 2] *= 1.6  # lips touch for less time than the phoneme lasts
    curves = np.stack([np.interp(times_s, grid, smooth[:, k], 0.0, 0.0) for k in range(4)], axis=1)
    return np.clip(curves, 0.0, 1.0).astype(np.float32)


def _blurred(values: npt.NDArray[np.float64], sigma: float) -> npt.NDArray[np.float64]:
    reach = int(4 * sigma) + 1
    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) / sigma) ** 2)
    return np.convolve(values, kernel / kernel.sum(), "same")
