"""RFC 7798 payloads: golden bytes, any bytes, and the places in aiortc that carry them."""

import asyncio
import inspect
import struct

import aiortc.codecs as registry
import av
import numpy as np
import pytest
from aiortc import RTCPeerConnection, RTCSessionDescription, rtcpeerconnection, rtcrtpreceiver, rtcrtpsender
from aiortc.codecs.base import Encoder
from aiortc.rtcrtpparameters import ParametersDict, RTCRtpCodecParameters
from aiortc.sdp import parameters_from_sdp
from hypothesis import given
from hypothesis import strategies as st

from app.net import h265_rtp
from app.net.h265_rtp import START_CODE, depayload, is_key, packetise
from app.net.media import VIDEO_CLOCK
from codec.h265 import H265Encoder
from codec.h265_live import H265LiveEncoder, LivePicture

VPS = bytes.fromhex("40010c01ffff")
SPS = bytes.fromhex("420101016000")[:-1] + b"\x60"
TRAIL = bytes.fromhex("0201d0092f")


def unit(*nals: bytes) -> bytes:
    return b"".join(START_CODE + nal for nal in nals)


def nal_of(kind: int, body: bytes) -> bytes:
    return bytes((kind << 1, 1)) + body


# A body without start codes, emulation or trailing zeros, as any encoder writes it.
bodies = st.binary(min_size=1, max_size=4000).map(lambda data: data.replace(b"\x00", b"\x55"))
nals = st.builds(nal_of, st.integers(0, 40), bodies)


def test_single_nal_unit_is_the_payload() -> None:
    assert packetise(unit(TRAIL)) == [TRAIL]
    assert depayload(TRAIL) == START_CODE + TRAIL


def test_small_nal_units_share_an_aggregation_packet() -> None:
    (payload,) = packetise(unit(VPS, SPS, TRAIL))
    expected = bytes.fromhex("6001")
    for nal in (VPS, SPS, TRAIL):
        expected += struct.pack("!H", len(nal)) + nal
    assert payload == expected
    assert depayload(payload) == unit(VPS, SPS, TRAIL)


def test_large_nal_unit_is_fragmented() -> None:
    nal = bytes.fromhex("2601") + bytes(range(1, 11))
    payloads = packetise(unit(nal), limit=7)
    assert [payload.hex() for payload in payloads] == ["62019301020304", "62011305060708", "620153090a"]
    assert b"".join(depayload(payload) for payload in payloads) == unit(nal)


@given(st.lists(nals, min_size=1, max_size=6), st.integers(40, 1300))
def test_any_access_unit_survives(units: list[bytes], limit: int) -> None:
    payloads = packetise(unit(*units), limit)
    assert all(len(payload) <= limit for payload in payloads)
    assert b"".join(depayload(payload) for payload in payloads) == unit(*units)


@given(st.binary(max_size=200))
def test_any_bytes_give_a_value_or_a_value_error(payload: bytes) -> None:
    try:
        out = depayload(payload)
    except ValueError:
        return
    assert len(out) <= 3 * len(payload)


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"\x02\x01",
        bytes.fromhex("6201c1aa"),  # first and last fragment at once
        bytes.fromhex("620181"),  # nothing in the fragment
        bytes.fromhex("6201b1aa"),  # a fragment of a fragmentation unit
        bytes.fromhex("60010005aabb"),  # longer than the packet
        bytes.fromhex("600100"),  # half a length
        bytes.fromhex("60010000"),  # an empty NAL unit
        bytes.fromhex("6001000460010203"),  # nested
        bytes.fromhex("64010203"),  # PACI was not negotiated
    ],
)
def test_malformed_payload_is_refused(payload: bytes) -> None:
    with pytest.raises(ValueError, match=r"H\.265"):
        depayload(payload)


def test_real_pictures_survive_and_keys_are_told_apart() -> None:
    rng = np.random.default_rng(3)
    encoder = H265Encoder(128, 128, 25, 400)
    for index in range(4):
        picture = rng.integers(0, 256, (128, 128, 3), np.uint8)
        (access_unit,) = encoder.encode(picture, force_key=index == 2)
        joined = b"".join(depayload(payload) for payload in packetise(access_unit))
        assert h265_rtp.split_nals(joined) == h265_rtp.split_nals(access_unit)
        assert is_key(joined) == (index in (0, 2))
    encoder.close()


def test_aiortc_still_has_the_names_that_are_extended() -> None:
    h265_rtp.register()
    h265_rtp.register()
    codecs = [codec for codec in registry.CODECS["video"] if codec.mimeType == h265_rtp.MIME_TYPE]
    assert len(codecs) == 1
    (codec,) = codecs
    others = [entry for kind in registry.CODECS.values() for entry in kind if entry is not codec]
    assert codec.payloadType not in {entry.payloadType for entry in others}
    assert isinstance(vars(rtcrtpsender)["get_encoder"](codec), h265_rtp.H265Packetiser)
    assert vars(rtcrtpreceiver)["depayload"](codec, TRAIL) == START_CODE + TRAIL
    assert "is_codec_compatible(codec, c)" in inspect.getsource(rtcpeerconnection.find_common_codecs)
    vp8 = next(entry for entry in others if entry.mimeType == "video/VP8")
    assert type(vars(rtcrtpsender)["get_encoder"](vp8)).__name__ == "Vp8Encoder"
    assert vars(rtcrtpreceiver)["depayload"](vp8, b"\x10\x00abc").endswith(b"abc")


def test_fmtp_is_what_browsers_offer() -> None:
    main, retransmission = h265_rtp.codec_parameters()
    assert main.parameters == {"profile-id": "1", "tier-flag": "0", "level-id": "93", "tx-mode": "SRST"}
    assert retransmission.parameters == {"apt": main.payloadType}
    assert {(item.type, item.parameter) for item in main.rtcpFeedback} >= {("nack", None), ("nack", "pli")}


BROWSER_OFFER = """\
v=0
o=- 4611731400430051336 2 IN IP4 127.0.0.1
s=-
t=0 0
a=group:BUNDLE 0
m=video 9 UDP/TLS/RTP/SAVPF 51 52 49 50
c=IN IP4 0.0.0.0
a=rtcp:9 IN IP4 0.0.0.0
a=ice-ufrag:abcd
a=ice-pwd:abcdefghijklmnopqrstuvwx
a=fingerprint:sha-256 {digest}
a=setup:actpass
a=mid:0
a=sendrecv
a=rtcp-mux
a=rtcp-rsize
a=rtpmap:51 H265/90000
a=rtcp-fb:51 nack
a=rtcp-fb:51 nack pli
a=fmtp:51 level-id=156;profile-id=2;tier-flag=0;tx-mode=SRST
a=rtpmap:52 rtx/90000
a=fmtp:52 apt=51
a=rtpmap:49 H265/90000
a=rtcp-fb:49 goog-remb
a=rtcp-fb:49 transport-cc
a=rtcp-fb:49 ccm fir
a=rtcp-fb:49 nack
a=rtcp-fb:49 nack pli
a=fmtp:49 level-id=156;profile-id=1;tier-flag=0;tx-mode=SRST
a=rtpmap:50 rtx/90000
a=fmtp:50 apt=49
a=ssrc:1234 cname:x
"""
"""As Chrome 136 writes it, with less of other codecs: Main 10 first, another level than ours."""


def test_an_offer_as_browsers_make_it_is_answered_with_main_profile_alone() -> None:
    async def run() -> None:
        h265_rtp.register()
        connection = RTCPeerConnection()
        digest = ":".join(["AB"] * 32)
        offer = BROWSER_OFFER.format(digest=digest).replace("\n", "\r\n")
        await connection.setRemoteDescription(RTCSessionDescription(offer, "offer"))
        (transceiver,) = connection.getTransceivers()
        answer = (await connection.createAnswer()).sdp
        codecs = [codec for codec in transceiver._codecs if codec.mimeType == h265_rtp.MIME_TYPE]
        assert [codec.payloadType for codec in codecs] == [49]
        feedback = {(item.type, item.parameter) for item in codecs[0].rtcpFeedback}
        assert feedback == {("nack", None), ("nack", "pli"), ("ccm", "fir"), ("goog-remb", None)}
        assert not h265_rtp.reports_arrivals(transceiver)
        assert "a=fmtp:49 " in answer
        assert "profile-id=1" in answer
        assert "a=rtpmap:50 rtx/90000" in answer
        assert "a=rtpmap:51" not in answer
        await connection.close()

    asyncio.run(run())


@pytest.mark.parametrize(
    ("text", "understood"),
    [
        ("", True),
        ("profile-id=1", True),
        ("level-id=180;profile-id=1;tier-flag=0;tx-mode=SRST", True),
        ("profile-id=2;tier-flag=0", False),
        ("profile-id=1;tier-flag=1", False),
        ("profile-id=1;tx-mode=MRST", False),
    ],
)
def test_what_is_understood_goes_by_profile_tier_and_mode(text: str, understood: bool) -> None:
    assert h265_rtp.is_understood(parse_fmtp(text)) is understood


def parse_fmtp(text: str) -> ParametersDict:
    codec = RTCRtpCodecParameters(mimeType=h265_rtp.MIME_TYPE, clockRate=90000)
    parsed = parameters_from_sdp(text) if text else {}
    codec.parameters = parsed
    return codec.parameters


def test_a_real_key_picture_has_its_parameter_sets_in_one_packet_and_its_slice_in_fragments() -> None:
    rng = np.random.default_rng(5)
    encoder = H265LiveEncoder(256, 256)
    unit_of_noise = encoder.encode(LivePicture(rng.integers(0, 256, (256, 256, 3), np.uint8)), 30)
    encoder.close()
    payloads = packetise(unit_of_noise)
    assert [h265_rtp.nal_type(payload) for payload in payloads] == [48] + [49] * (len(payloads) - 1)
    inner = [payload[2] for payload in payloads[1:]]
    assert inner[0] >> 6 == 0b10
    assert all(flags >> 6 == 0 for flags in inner[1:-1])
    assert inner[-1] >> 6 == 0b01
    assert {flags & 0x3F for flags in inner} <= {19, 20}


def test_packetiser_packs_packets_and_refuses_pictures() -> None:
    packetiser: Encoder = h265_rtp.H265Packetiser()
    packet = av.Packet(unit(TRAIL))
    packet.pts, packet.time_base = 3600, VIDEO_CLOCK
    assert packetiser.pack(packet) == ([TRAIL], 3600)
    with pytest.raises(TypeError):
        packetiser.encode(av.VideoFrame(16, 16))
