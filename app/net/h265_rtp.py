"""H.265 over RTP (RFC 7798), added to aiortc from outside.

aiortc 1.16 knows no H.265. Five names of it are extended here and nowhere else: the codec table, the sender's encoder
factory, the receiver's depayloader, the comparison of codecs, and the payload types that an offer may choose freely.
`tests/app/net/test_h265_rtp.py` fails when any of them moves.

Only what browsers offer is used: one RTP stream, no decoding order numbers (tx-mode SRST), so three payload forms:
a single NAL unit, an aggregation packet and fragmentation units.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import aiortc.codecs as registry
from aiortc import RTCRtpTransceiver, rtcpeerconnection, rtcrtpreceiver, rtcrtpsender, rtp
from aiortc.codecs.base import Encoder
from aiortc.mediastreams import convert_timebase
from aiortc.rtcrtpparameters import ParametersDict, RTCRtcpFeedback, RTCRtpCodecParameters
from av import Packet
from av.frame import Frame

from app.net.media import VIDEO_CLOCK
from codec.h265 import split_nal_units

MIME_TYPE = "video/H265"

PAYLOAD_MAX = 1180
"""Largest RTP payload, bytes: with RTP, SRTP and UDP/IPv6 headers a packet stays below 1280, IPv6's least MTU."""

NAL_HEADER = 2
AGGREGATION = 48
FRAGMENTATION = 49
PACI = 50
START_CODE = b"\x00\x00\x00\x01"

FMTP: ParametersDict = {"profile-id": "1", "tier-flag": "0", "level-id": "93", "tx-mode": "SRST"}
"""Main profile, main tier, level 3.1, as browsers offer it (RFC 7798 section 7.1)."""

PAYLOAD_TYPES = (*range(35, 64), *range(96, 128))
"""Payload types without a meaning of their own (RFC 3551 section 6); browsers have run out of those from 96 on and give
H.265 one below 64, and aiortc sends with its own in that case."""

USUAL: ParametersDict = {"profile-id": "1", "tier-flag": "0", "tx-mode": "SRST"}
"""What holds where an end does not say (RFC 7798 section 7.1)."""

ARRIVAL_REPORTS = RTCRtcpFeedback(type="ack", parameter="ccfb")
"""Congestion control feedback (RFC 8888 section 6)."""

_PAYLOAD_TYPE = 109
"""First dynamic payload type that aiortc's own table leaves free, with room for codecs it may add."""


def split_nals(access_unit: bytes) -> list[bytes]:
    """Cut an Annex B access unit into NAL units that hold more than their two-byte header."""
    return [nal for nal in split_nal_units(access_unit) if len(nal) > NAL_HEADER]


def nal_type(nal: bytes) -> int:
    """Give the six-bit type of a NAL unit or RTP payload (RFC 7798 section 1.1.4)."""
    return (nal[0] >> 1) & 0x3F


def is_key(access_unit: bytes) -> bool:
    """Tell whether decoding can start at an access unit: it holds an IRAP picture (types 16 to 23)."""
    return any(16 <= nal_type(nal) <= 23 for nal in split_nals(access_unit))


def _fragments(nal: bytes, limit: int) -> Iterator[bytes]:
    """Cut one NAL unit into fragmentation units (RFC 7798 section 4.4.3)."""
    header = bytes(((nal[0] & 0x81) | FRAGMENTATION << 1, nal[1]))
    kind, body, room = nal_type(nal), nal[NAL_HEADER:], limit - 3
    for at in range(0, len(body), room):
        start, end = at == 0, at + room >= len(body)
        yield header + bytes((start << 7 | end << 6 | kind,)) + body[at : at + room]


def _aggregate(nals: Sequence[bytes]) -> bytes:
    """Put NAL units into one payload: as it is when there is one, else an aggregation packet (section 4.4.2)."""
    if len(nals) == 1:
        return nals[0]
    forbidden = max(nal[0] & 0x80 for nal in nals)
    layer = min((nal[0] & 1) << 5 | nal[1] >> 3 for nal in nals)
    temporal = min(nal[1] & 7 for nal in nals)
    header = bytes((forbidden | AGGREGATION << 1 | layer >> 5, (layer & 0x1F) << 3 | temporal))
    return header + b"".join(struct.pack("!H", len(nal)) + nal for nal in nals)


def packetise(access_unit: bytes, limit: int = PAYLOAD_MAX) -> list[bytes]:
    """Cut an access unit into RTP payloads of at most ``limit`` bytes (RFC 7798 section 4.4).

    Args:
        access_unit: Annex B bytes.
        limit: bytes; small NAL units are aggregated up to it, larger ones fragmented.
    """
    payloads: list[bytes] = []
    waiting: list[bytes] = []
    size = NAL_HEADER

    def flush() -> None:
        nonlocal size
        if waiting:
            payloads.append(_aggregate(waiting))
            waiting.clear()
        size = NAL_HEADER

    for nal in split_nals(access_unit):
        if size + 2 + len(nal) > limit:
            flush()
        if len(nal) > limit:
            payloads.extend(_fragments(nal, limit))
        else:
            waiting.append(nal)
            size += 2 + len(nal)
    flush()
    return payloads


def depayload(payload: bytes) -> bytes:
    """Turn one RTP payload into its stretch of the Annex B stream.

    Payloads of one access unit, joined in order, give the access unit.

    Raises:
        ValueError: malformed or truncated, or a payload form that was not negotiated.
    """
    if len(payload) <= NAL_HEADER:
        raise ValueError("H.265 payload is too short")
    kind = nal_type(payload)
    if kind == AGGREGATION:
        return _split_aggregation(payload)
    if kind == FRAGMENTATION:
        if len(payload) <= 3:
            raise ValueError("H.265 fragmentation unit is empty")
        start, end, inner = payload[2] & 0x80, payload[2] & 0x40, payload[2] & 0x3F
        if start and end:
            raise ValueError("H.265 fragmentation unit is both first and last")
        if inner >= AGGREGATION:
            raise ValueError(f"H.265 fragmentation unit of type {inner}")
        if not start:
            return payload[3:]
        return START_CODE + bytes(((payload[0] & 0x81) | inner << 1, payload[1])) + payload[3:]
    if kind >= PACI:
        raise ValueError(f"H.265 payload of type {kind}")
    return START_CODE + payload


def _split_aggregation(payload: bytes) -> bytes:
    out, at = bytearray(), NAL_HEADER
    while at < len(payload):
        if at + 2 > len(payload):
            raise ValueError("H.265 aggregation packet ends in a length")
        (size,) = struct.unpack_from("!H", payload, at)
        at += 2
        if size <= NAL_HEADER or at + size > len(payload):
            raise ValueError("H.265 aggregation packet holds a NAL unit of impossible length")
        if nal_type(payload[at : at + 1]) >= AGGREGATION:
            raise ValueError("H.265 aggregation packet is nested")
        out += START_CODE + payload[at : at + size]
        at += size
    return bytes(out)


class H265Packetiser(Encoder):
    """What aiortc's sender takes for an encoder: access units come ready-made, only packets are made here."""

    def encode(self, frame: Frame, force_keyframe: bool = False) -> tuple[list[bytes], int]:
        """Refuse pictures: the sender stage encodes them, in its own thread."""
        raise TypeError("H.265 tracks carry access units, not pictures")

    def pack(self, packet: Packet[Any]) -> tuple[list[bytes], int]:
        """Packetise one access unit; its time stamp is in units of 1/90000 s."""
        return packetise(bytes(packet)), convert_timebase(packet.pts or 0, packet.time_base or VIDEO_CLOCK, VIDEO_CLOCK)


def codec_parameters() -> list[RTCRtpCodecParameters]:
    """H.265 and its retransmission stream, as they stand in an offer."""
    feedback = [
        RTCRtcpFeedback(type="nack"),
        RTCRtcpFeedback(type="nack", parameter="pli"),
        RTCRtcpFeedback(type="ccm", parameter="fir"),
        RTCRtcpFeedback(type="goog-remb"),
        ARRIVAL_REPORTS,
    ]
    return [
        RTCRtpCodecParameters(
            mimeType=MIME_TYPE,
            clockRate=90000,
            payloadType=_PAYLOAD_TYPE,
            rtcpFeedback=feedback,
            parameters=dict(FMTP),
        ),
        RTCRtpCodecParameters(
            mimeType="video/rtx", clockRate=90000, payloadType=_PAYLOAD_TYPE + 1, parameters={"apt": _PAYLOAD_TYPE}
        ),
    ]


def reports_arrivals(transceiver: RTCRtpTransceiver) -> bool:
    """Whether both ends speak RFC 8888, as far as is known of the other."""
    return any(ARRIVAL_REPORTS in codec.rtcpFeedback for codec in transceiver._codecs)


def register() -> None:
    """Teach aiortc H.265; harmless when done already.

    Raises:
        RuntimeError: aiortc no longer has one of the names this relies on.
    """
    if any(codec.mimeType == MIME_TYPE for codec in registry.CODECS["video"]):
        return
    names = ((rtcrtpsender, "get_encoder"), (rtcrtpreceiver, "depayload"), (rtcpeerconnection, "is_codec_compatible"))
    if not hasattr(rtp, "DYNAMIC_PAYLOAD_TYPES"):
        raise RuntimeError("aiortc.rtp.DYNAMIC_PAYLOAD_TYPES is gone")
    for module, name in names:
        if not callable(getattr(module, name, None)):
            raise RuntimeError(f"{module.__name__}.{name} is gone: H.265 cannot be added to this aiortc")
    registry.CODECS["video"] += codec_parameters()
    sender, receiver, connection = vars(rtcrtpsender), vars(rtcrtpreceiver), vars(rtcpeerconnection)
    sender["get_encoder"] = _with_packetiser(sender["get_encoder"])
    receiver["depayload"] = _with_depayload(receiver["depayload"])
    vars(rtp)["DYNAMIC_PAYLOAD_TYPES"] = PAYLOAD_TYPES
    connection["is_codec_compatible"] = _with_profiles(connection["is_codec_compatible"])


def is_understood(parameters: ParametersDict) -> bool:
    """Whether a stream with this fmtp can be decoded here (RFC 7798 section 7.1): Main profile, main tier, one stream.

    Levels may differ: each end says what it decodes, and calls are far below both.
    """
    return all(str(parameters.get(key, USUAL[key])) == FMTP[key] for key in USUAL)


def _with_profiles(
    original: Callable[[RTCRtpCodecParameters, RTCRtpCodecParameters], bool],
) -> Callable[[RTCRtpCodecParameters, RTCRtpCodecParameters], bool]:
    def is_compatible(own: RTCRtpCodecParameters, other: RTCRtpCodecParameters) -> bool:
        is_h265 = other.mimeType.lower() == MIME_TYPE.lower()
        return original(own, other) and (not is_h265 or is_understood(other.parameters))

    return is_compatible


def _with_packetiser(
    original: Callable[[RTCRtpCodecParameters], Encoder],
) -> Callable[[RTCRtpCodecParameters], Encoder]:
    def get_encoder(codec: RTCRtpCodecParameters) -> Encoder:
        return H265Packetiser() if codec.mimeType == MIME_TYPE else original(codec)

    return get_encoder


def _with_depayload(
    original: Callable[[RTCRtpCodecParameters, bytes], bytes],
) -> Callable[[RTCRtpCodecParameters, bytes], bytes]:
    def depayload_any(codec: RTCRtpCodecParameters, payload: bytes) -> bytes:
        return depayload(payload) if codec.mimeType == MIME_TYPE else original(codec, payload)

    return depayload_any
