"""Opus (RFC 6716) by the library itself: what PyAV does not pass on is DTX, FEC, concealment and a live bitrate.

The library is the one that PyAV's wheel carries, or else the system's.
"""

from __future__ import annotations

import ctypes
import ctypes.util
import functools
from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from app.net.sound_format import SAMPLE_RATE as SAMPLE_RATE

PACKET_MAX = 1275 * 3
"""Longest Opus packet of up to 60 ms, bytes (RFC 6716 section 3.2)."""

SAMPLES_MAX = 5760
"""Longest packet, samples: 120 ms (RFC 6716 section 3.1, R5)."""

SILENT_BYTES = 2
"""A packet this short says that nothing is to be heard, and with DTX need not be sent (opus_encode's manual)."""

KBPS_LEAST, KBPS_MOST = 6, 24
"""Bitrates: below, speech is hard to follow; above, a mono voice gains nothing that is heard."""

COMPLEXITY = 8
"""0.6 ms for a packet of 60 ms; the two steps above gain nothing for speech below 24 kbit/s."""

APPLICATION_VOIP = 2048
SIGNAL_VOICE = 3001
BANDWIDTH_WIDE, BANDWIDTH_SUPERWIDE = 1103, 1104

SET_BITRATE = 4002
SET_MAX_BANDWIDTH = 4004
SET_COMPLEXITY = 4010
SET_INBAND_FEC = 4012
SET_PACKET_LOSS_PERC = 4014
SET_DTX = 4016
SET_SIGNAL = 4024
"""Requests of opus_encoder_ctl, from opus_defines.h."""

FEC_FROM_LOSS = 0.05
"""Expected loss from which packets carry a coarse copy of the one before. libopus 1.6 does so from 10 % on, and from
about 18 kbit/s; below that the bits are worth more in the packet itself."""

Samples = NDArray[np.int16]


class OpusError(RuntimeError):
    """The library refused what the caller gave it."""


def candidate_paths() -> Iterator[str]:
    """Give where libopus may be: in PyAV's wheel (Linux and Windows beside the package, macOS in it), or the system."""
    package = Path(av.__file__).parent
    for folder in (package.parent / "av.libs", package / ".dylibs"):
        if folder.is_dir():
            yield from sorted(str(path) for path in folder.iterdir() if path.name.startswith(("libopus", "opus")))
    found = ctypes.util.find_library("opus")
    if found is not None:
        yield found


@functools.cache
def load_library() -> ctypes.CDLL:
    """Load libopus.

    Raises:
        OSError: there is none.
    """
    for path in candidate_paths():
        try:
            library = ctypes.CDLL(path)
        except OSError:
            continue
        if hasattr(library, "opus_encoder_create"):
            return _declare(library)
    raise OSError("no libopus was found: neither in PyAV's wheel nor on this system")


def _declare(library: ctypes.CDLL) -> ctypes.CDLL:
    """Give the functions that are used their types; of the variadic one only the fixed arguments, for ARM's sake."""
    pointer, integer, text = ctypes.c_void_p, ctypes.c_int, ctypes.c_char_p
    signatures: dict[str, tuple[type | None, list[type]]] = {
        "opus_encoder_create": (pointer, [ctypes.c_int32, integer, integer, ctypes.POINTER(integer)]),
        "opus_encoder_destroy": (None, [pointer]),
        "opus_encode": (ctypes.c_int32, [pointer, pointer, integer, pointer, ctypes.c_int32]),
        "opus_encoder_ctl": (integer, [pointer, integer]),
        "opus_decoder_create": (pointer, [ctypes.c_int32, integer, ctypes.POINTER(integer)]),
        "opus_decoder_destroy": (None, [pointer]),
        "opus_decode": (integer, [pointer, text, ctypes.c_int32, pointer, integer, integer]),
        "opus_packet_get_nb_samples": (integer, [text, ctypes.c_int32, ctypes.c_int32]),
        "opus_packet_has_lbrr": (integer, [text, ctypes.c_int32]),
        "opus_get_version_string": (text, []),
    }
    for name, (result, arguments) in signatures.items():
        function = getattr(library, name, None)
        if function is not None:
            function.restype, function.argtypes = result, arguments
    return library


def library_version() -> str:
    """Name the library and its version, such as "libopus 1.6.1"."""
    version: bytes = load_library().opus_get_version_string()
    return version.decode()


def packet_samples(packet: bytes) -> int:
    """Tell how long a packet is, in samples.

    Raises:
        ValueError: it is not an Opus packet.
    """
    samples: int = load_library().opus_packet_get_nb_samples(packet, len(packet), SAMPLE_RATE) if packet else 0
    if not 0 < samples <= SAMPLES_MAX or len(packet) > PACKET_MAX:
        raise ValueError(f"{len(packet)} bytes are not an Opus packet")
    return samples


def carries_previous(packet: bytes) -> bool:
    """Tell whether a packet also holds a coarse copy of the one before it (LBRR)."""
    library = load_library()
    if not packet or not hasattr(library, "opus_packet_has_lbrr"):  # older than 1.5
        return False
    return int(library.opus_packet_has_lbrr(packet, len(packet))) == 1


class OpusEncoder:
    """Mono Opus for speech. One thread at a time.

    Args:
        kbps: target bitrate, 6 to 24 kbit/s; may change between packets.
        dtx: whether silence is coded in packets of a byte or two.
        expected_loss: share of packets that will be lost (see `expect_loss`).

    Raises:
        OSError: there is no libopus.
    """

    def __init__(self, kbps: int = 16, dtx: bool = True, expected_loss: float = 0.0) -> None:
        self._library = load_library()
        error = ctypes.c_int(0)
        self._state = self._library.opus_encoder_create(SAMPLE_RATE, 1, APPLICATION_VOIP, ctypes.byref(error))
        if not self._state:
            raise OpusError(f"opus_encoder_create: error {error.value}")
        self._buffer = ctypes.create_string_buffer(PACKET_MAX)
        self._control(SET_DTX, int(dtx))
        self._control(SET_SIGNAL, SIGNAL_VOICE)
        self._control(SET_COMPLEXITY, COMPLEXITY)
        self._kbps = 0
        self._loss_percent = -1
        self.set_bitrate(kbps)
        self.expect_loss(expected_loss)

    def _control(self, request: int, value: int) -> None:
        code: int = self._library.opus_encoder_ctl(self._state, request, ctypes.c_int(value))
        if code != 0:
            raise OpusError(f"opus_encoder_ctl({request}, {value}): error {code}")

    def set_bitrate(self, kbps: int) -> None:
        """Code what comes from now on at this bitrate, 6 to 24 kbit/s."""
        kbps = min(max(kbps, KBPS_LEAST), KBPS_MOST)
        if kbps != self._kbps:
            self._control(SET_BITRATE, kbps * 1000)
            # Hybrid frames are 20 ms at most, and three of them in a packet take bits that wide-band speech needs.
            self._control(SET_MAX_BANDWIDTH, BANDWIDTH_WIDE if kbps < KBPS_MOST else BANDWIDTH_SUPERWIDE)
            self._kbps = kbps

    def expect_loss(self, share: float) -> None:
        """Prepare what comes from now on for this share of lost packets, 0..1."""
        percent = min(max(round(share * 100), 0), 100)
        if percent != self._loss_percent:
            self._control(SET_INBAND_FEC, int(share >= FEC_FROM_LOSS))
            self._control(SET_PACKET_LOSS_PERC, percent)
            self._loss_percent = percent

    def encode(self, samples: Samples) -> bytes:
        """Code 20, 40 or 60 ms of sound, int16 (960 | 1920 | 2880,); one of 2 bytes or less is silence.

        Raises:
            OpusError: the length is another.
        """
        sound = np.ascontiguousarray(samples, np.int16)
        size: int = self._library.opus_encode(self._state, sound.ctypes.data, sound.size, self._buffer, PACKET_MAX)
        if size < 0:
            raise OpusError(f"opus_encode of {sound.size} samples: error {size}")
        return self._buffer.raw[:size]

    def __del__(self) -> None:
        state, self._state = getattr(self, "_state", None), None
        if state:
            self._library.opus_encoder_destroy(state)


class OpusDecoder:
    """Opus to mono samples. One thread at a time.

    Raises:
        OSError: there is no libopus.
    """

    def __init__(self) -> None:
        self._library = load_library()
        error = ctypes.c_int(0)
        self._state = self._library.opus_decoder_create(SAMPLE_RATE, 1, ctypes.byref(error))
        if not self._state:
            raise OpusError(f"opus_decoder_create: error {error.value}")
        self._buffer = np.zeros(SAMPLES_MAX, np.int16)

    def _decode(self, packet: bytes | None, samples: int, previous: bool) -> Samples:
        size = 0 if packet is None else len(packet)
        count: int = self._library.opus_decode(
            self._state, packet, size, self._buffer.ctypes.data, samples, int(previous)
        )
        if count < 0:
            raise ValueError(f"not an Opus packet: error {count}")
        return self._buffer[:count].copy()

    def decode(self, packet: bytes) -> Samples:
        """Decode a packet from the other end: int16 (n,), n up to 5760.

        Raises:
            ValueError: it is not an Opus packet.
        """
        if not 0 < len(packet) <= PACKET_MAX:
            raise ValueError(f"Opus packet of {len(packet)} bytes")
        return self._decode(packet, SAMPLES_MAX, False)

    def recover(self, following: bytes, samples: int) -> Samples:
        """Give the last ``samples`` before a packet, from the copy in it where it has one: int16 (samples,).

        Raises:
            ValueError: it is not an Opus packet, or the length is no multiple of 120.
        """
        if not 0 < len(following) <= PACKET_MAX:
            raise ValueError(f"Opus packet of {len(following)} bytes")
        return self._decode(following, samples, True)

    def conceal(self, samples: int) -> Samples:
        """Go on with what might have come, fading out: int16 (samples,), a multiple of 120 up to 5760."""
        return self._decode(None, samples, False)

    def __del__(self) -> None:
        state, self._state = getattr(self, "_state", None), None
        if state:
            self._library.opus_decoder_destroy(state)
