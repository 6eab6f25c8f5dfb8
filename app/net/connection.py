"""One WebRTC connection of a call: tracks, channels, and the tap on its packets; network thread only.

aiortc cannot restart ICE, so a call that lost its path gets a new one of these, and the stages do not notice.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from aiortc import (
    RTCBundlePolicy,
    RTCCertificate,
    RTCConfiguration,
    RTCIceServer,
    RTCPeerConnection,
    RTCRtpSender,
    RTCRtpTransceiver,
    RTCSessionDescription,
)
from aiortc.rtcconfiguration import RTCIceTransportPolicy
from aiortc.stats import RTCRemoteInboundRtpStreamStats

from app.net import h265_rtp
from app.net.congestion import KBPS_FIRST, VideoRoom
from app.net.emulator import LinkEmulator
from app.net.face_wire import FaceWire
from app.net.feature_channel import Channels
from app.net.flood import guard_messages, guard_track
from app.net.ice_servers import IceServer
from app.net.media import AUDIO_CLOCK, VIDEO_CLOCK, AudioInbox, MediaPacket, PacketTrack
from app.net.signalling import one_line
from app.net.thrift import prefer_short_records, thin_reports
from app.net.video_feedback import ReceivingSide, SendingSide
from app.net.video_inbox import VideoInbox, install_inbox
from app.net.wire import Tap, WireMeter
from app.net.wire_plan import WireMode

LAST_TIMESTAMP_ATTRIBUTE = "_RTCRtpSender__rtp_timestamp"
CERTIFICATES_ATTRIBUTE = "_RTCPeerConnection__certificates"

REPORT_EVERY_S = 1.0
"""Between two looks at the receiver reports, which come every 0.5 to 1.5 s."""

FACES_WAITING = 4
"""Faces that may wait for a sound packet before more are dropped unencoded: one packet takes one or two."""

KEEP_ALIVE = b"\xff"
"""A datagram that is neither STUN, DTLS nor RTP (RFC 7983), so the other end's stack lets it fall."""


@dataclass(frozen=True, slots=True)
class LinkReport:
    """What the other end says of the last second or so.

    Attributes:
        video_loss: share of video packets lost, 0..1; 0 before the first report.
        audio_loss: the same for audio.
        round_trip_ms: smoothed round-trip time, 0 before it is known.
        queueing_ms: what a queue on the way adds, as the other end sees it.
        video_kbps: what pictures may take of the link, with all headers.
    """

    video_loss: float = 0.0
    audio_loss: float = 0.0
    round_trip_ms: float = 0.0
    queueing_ms: float = 0.0
    video_kbps: float = KBPS_FIRST


@dataclass(frozen=True, slots=True)
class PeerHandlers:
    """Where arrivals go; all called on the net thread, none may block or raise.

    Attributes:
        on_face: a face packet.
        on_feedback: an acknowledgement of a face packet.
        on_control: a control message, unparsed.
        on_video: an H.265 access unit.
        on_audio: an Opus packet, without what rode on it.
        on_key_request: the other end needs an IDR picture.
        on_video_clock: the RTP time stamp of video time stamp 0, once known; another one after a reconnection.
        on_audio_clock: the same of audio.
        on_state: the connection's state: connecting, connected, failed, closed; in a call with signalling reconnecting.
        on_report: once a second while connected.
        on_dropped: the other end broke the rules and was dropped, and why.
    """

    on_face: Callable[[bytes], None]
    on_feedback: Callable[[bytes], None]
    on_control: Callable[[bytes], None]
    on_video: Callable[[MediaPacket], None]
    on_audio: Callable[[MediaPacket], None]
    on_key_request: Callable[[], None]
    on_video_clock: Callable[[int], None]
    on_audio_clock: Callable[[int], None]
    on_state: Callable[[str], None]
    on_report: Callable[[LinkReport], None]
    on_dropped: Callable[[str], None] = lambda reason: None


class NoRelayError(ConnectionError):
    """No TURN server gave this end an address, and it is to have no other."""


@dataclass(frozen=True, slots=True)
class Route:
    """What a connection goes through.

    Attributes:
        ice_servers: STUN and TURN servers; none means this machine's own addresses alone.
        relay_only: go through a TURN server alone, so that the other end does not learn this machine's address.
        loopback: use the loopback address alone.
        certificate: of this end for all its connections, so that they all have one fingerprint.
        meter: counts the packets of all connections.
        emulator: the emulated link, or None for the real one alone.
        wire: whether faces may ride on sound packets.
        most_kbps: most that is sent, with packet headers; 0 for no limit.
    """

    ice_servers: tuple[IceServer, ...]
    relay_only: bool
    loopback: bool
    certificate: RTCCertificate
    meter: WireMeter
    emulator: LinkEmulator | None
    wire: WireMode
    most_kbps: int = 0


class Connection:
    """One peer connection with one audio track, one H.265 track and two data channels.

    Args:
        route: how to reach the other end.
        handlers: where arrivals go.
        on_open: called once, when media and data can flow.
        on_state: called with aiortc's connection state.
        on_violation: called with a reason when the other end breaks the rules.
    """

    def __init__(
        self,
        route: Route,
        handlers: PeerHandlers,
        on_open: Callable[[], None],
        on_state: Callable[[str], None],
        on_violation: Callable[[str], None],
    ) -> None:
        self._handlers = handlers
        self._on_state = on_state
        self._on_violation = on_violation
        self._relay_only = route.relay_only
        self._reports: asyncio.Task[None] | None = None
        self._keeping_alive: asyncio.Task[None] | None = None
        self._origins: dict[str, int] = {}
        self.faces = FaceWire(
            asyncio.get_running_loop(),
            route.wire,
            lambda bundle: self._channels.send_face(bundle),
            handlers.on_face,
            handlers.on_feedback,
            handlers.on_audio,
            route.most_kbps,
        )
        self._connection = RTCPeerConnection(_configuration(route))
        # aiortc makes a certificate for each connection and takes none from outside.
        if not hasattr(self._connection, CERTIFICATES_ATTRIBUTE):
            raise RuntimeError("aiortc's connection has no certificates where 1.16 keeps them")
        setattr(self._connection, CERTIFICATES_ATTRIBUTE, [route.certificate])
        self._connection.on("connectionstatechange", self._state_changed)
        self._connection.on("datachannel", lambda channel: on_violation("it opened a channel that no call has"))
        self._add_tracks()
        self._channels = Channels(
            self._connection,
            self.faces.take_bundle,
            handlers.on_control,
            on_open,
            on_violation,
            route.meter.expect_sctp,
        )
        assert self._connection.sctp is not None
        guard_messages(self._connection.sctp, on_violation)
        self._save_bytes(route.meter)
        ice = self._audio.receiver.transport.transport
        self.tap = Tap(route.meter, route.emulator, time.monotonic_ns)
        self.tap.on_sent = self._video_out.sent
        self.tap.install(ice._connection, route.loopback and not route.relay_only)
        self._ice = ice

    def _save_bytes(self, meter: WireMeter) -> None:
        """Tell the meter which stream is which, and keep aiortc from spending more than it must."""
        for kind, transceiver in (("audio", self._audio), ("video", self._video)):
            meter.name_stream(transceiver.sender._ssrc, kind)
            meter.name_stream(transceiver.sender._rtx_ssrc, kind)
        thin_reports(self._audio, self._video)
        prefer_short_records(self._audio.receiver.transport)

    def _add_tracks(self) -> None:
        handlers = self._handlers
        self._audio_track = PacketTrack("audio", AUDIO_CLOCK, on_sent=self._audio_sent)
        self._video_track = PacketTrack("video", VIDEO_CLOCK, on_sent=self._video_sent)
        self._audio = self._connection.addTransceiver(self._audio_track)
        self._video = self._connection.addTransceiver(self._video_track)
        _prefer(self._video, h265_rtp.MIME_TYPE, "video/rtx")
        _prefer(self._audio, "audio/opus")
        receiver, transport = self._video.receiver, self._audio.receiver.transport
        self._video_inbox = VideoInbox(handlers.on_video, h265_rtp.is_key, receiver, time.monotonic_ns)
        install_inbox(receiver, self._video_inbox)
        self._video_out = SendingSide(self._video.sender, transport, handlers.on_key_request)
        ssrc = self._video.sender._ssrc
        self._video_in = ReceivingSide(receiver, transport, ssrc, lambda: h265_rtp.reports_arrivals(self._video))
        sound_inbox = AudioInbox(self.faces.take_audio)
        install_inbox(self._audio.receiver, sound_inbox)
        for inbox in (self._video_inbox, sound_inbox):
            guard_track(inbox, self._on_violation)

    @property
    def state(self) -> str:
        """aiortc's connection state."""
        return self._connection.connectionState

    def _state_changed(self) -> None:
        if self.state == "connected" and self._reports is None:
            self._reports = asyncio.ensure_future(self._report())
        self._on_state(self.state)

    async def _report(self) -> None:
        while True:
            await asyncio.sleep(REPORT_EVERY_S)
            audio, audio_ms = await _remote_view(self._audio.sender)
            video, video_ms = await _remote_view(self._video.sender)
            note = self.faces.update()
            queueing_ms = float(note.queueing_ms)
            trip_ms = video_ms or audio_ms
            controller = self._video_out.controller
            controller.reported(video, trip_ms, time.monotonic_ns())
            report = LinkReport(video, max(audio, note.loss), trip_ms, queueing_ms, controller.kbps)
            self._handlers.on_report(report)

    def _video_sent(self, timestamp: int) -> None:
        self._learn_origin("video", self._video.sender, timestamp, self._handlers.on_video_clock)

    def _audio_sent(self, timestamp: int) -> None:
        self._learn_origin("audio", self._audio.sender, timestamp, self._handlers.on_audio_clock)

    def _learn_origin(self, kind: str, sender: RTCRtpSender, timestamp: int, tell: Callable[[int], None]) -> None:
        """Learn the RTP time stamp's random origin from the first packet that went out."""
        if kind not in self._origins:
            last: int = getattr(sender, LAST_TIMESTAMP_ATTRIBUTE)
            self._origins[kind] = (last - timestamp) % (1 << 32)
            tell(self._origins[kind])

    # signalling

    async def offer(self) -> str:
        """Gather candidates and give the SDP that the other end answers.

        Raises:
            NoRelayError: there is no candidate.
        """
        offer = await self._connection.createOffer()
        bare = RTCSessionDescription(_without_header_extensions(offer.sdp), offer.type)
        await self._connection.setLocalDescription(bare)
        return self._own_description()

    async def answer(self, offer: str) -> str:
        """Take the other end's offer and give the answer.

        Raises:
            ValueError: the offer is not one.
            NoRelayError: there is no candidate.
        """
        with _foreign_description("offer"):
            await self._connection.setRemoteDescription(RTCSessionDescription(offer, "offer"))
            await self._connection.setLocalDescription()
        return self._own_description()

    def _own_description(self) -> str:
        sdp = _with_one_digest(self._connection.localDescription.sdp)
        if self._relay_only and "a=candidate:" not in sdp:
            raise NoRelayError("no TURN server gives an address")
        return sdp

    async def accept(self, answer: str) -> None:
        """Take the answer to this connection's offer.

        Raises:
            ValueError: the answer is not one.
        """
        with _foreign_description("answer"):
            await self._connection.setRemoteDescription(RTCSessionDescription(answer, "answer"))

    # sending

    @property
    def face_ready(self) -> bool:
        """Whether a face packet would leave soon."""
        return self._channels.is_idle and self.faces.waiting < FACES_WAITING

    @property
    def control_waiting(self) -> int:
        """Bytes of control messages that wait for the association's window."""
        return self._channels.control_waiting

    @property
    def channels(self) -> Channels:
        """The data channels."""
        return self._channels

    def send_video(self, access_unit: bytes, timestamp: int) -> None:
        """Send an H.265 access unit; see `Peer.send_video`."""
        self._video_track.push(access_unit, timestamp)

    @property
    def video_room(self) -> VideoRoom:
        """What pictures may take of the link now; from any thread."""
        return self._video_out.room

    def measured(self, kbps: float) -> None:
        """Hear what the link seems to carry."""
        self._video_out.controller.measured(kbps)

    def send_audio(self, packet: bytes, timestamp: int, silent: bool) -> None:
        """Send an Opus packet, and what rides on it; see `Peer.send_audio`."""
        loaded = self.faces.load(packet, silent)
        if loaded is not None:
            self._audio_track.push(loaded, timestamp)

    def request_key(self) -> None:
        """Ask the other end for an IDR picture."""
        if self.state == "connected":
            self._video_inbox.request_key()

    def keep_alive(self) -> None:
        """Send the smallest datagram there is, so that the other end does not take quiet for an outage."""
        if self._keeping_alive is None or self._keeping_alive.done():
            self._keeping_alive = asyncio.ensure_future(self._keep_alive())

    async def _keep_alive(self) -> None:
        with contextlib.suppress(ConnectionError):
            await self._ice._connection.send(KEEP_ALIVE)

    # the end

    async def close(self) -> None:
        """Close the connection; nothing arrives from it any more."""
        self.tap.close()
        for task in (self._reports, self._keeping_alive):
            if task is not None:
                task.cancel()
        for side in (self._video_inbox, self._video_out, self._video_in):
            side.close()
        self.faces.close()
        self._channels.close()
        await self._connection.close()


def _configuration(route: Route) -> RTCConfiguration:
    servers = [
        RTCIceServer(server.url, server.username or None, server.password or None) for server in route.ice_servers
    ]
    policy = RTCIceTransportPolicy.RELAY if route.relay_only else RTCIceTransportPolicy.ALL
    return RTCConfiguration(servers, policy, RTCBundlePolicy.MAX_BUNDLE)


@contextlib.contextmanager
def _foreign_description(kind: str) -> Iterator[None]:
    """Turn whatever a foreign description trips over inside aiortc into a ValueError."""
    try:
        yield
    except Exception as exc:
        raise ValueError(f"the other end's {kind} cannot be used: {one_line(str(exc))}") from exc


def _prefer(transceiver: RTCRtpTransceiver, *mime_types: str) -> None:
    """Negotiate these codecs alone."""
    wanted = {name.lower() for name in mime_types}
    capabilities = RTCRtpSender.getCapabilities(transceiver.kind).codecs
    transceiver.setCodecPreferences([codec for codec in capabilities if codec.mimeType.lower() in wanted])


def _without_header_extensions(sdp: str) -> str:
    """Offer no RTP header extensions: they cost 8 to 16 bytes per packet, and streams are told apart by SSRC anyway."""
    return "".join(line for line in sdp.splitlines(keepends=True) if not line.startswith("a=extmap:"))


def _with_one_digest(sdp: str) -> str:
    """Leave the certificate's SHA-256 fingerprint alone of three: 700 bytes less that a hash does not let shrink."""
    superfluous = ("a=fingerprint:sha-384", "a=fingerprint:sha-512")
    return "".join(line for line in sdp.splitlines(keepends=True) if not line.startswith(superfluous))


async def _remote_view(sender: RTCRtpSender) -> tuple[float, float]:
    """Give loss (0..1) and round-trip time (ms) that the other end last reported of a sender's stream."""
    for entry in (await sender.getStats()).values():
        if isinstance(entry, RTCRemoteInboundRtpStreamStats):
            return entry.fractionLost / 256, (entry.roundTripTime or 0.0) * 1000
    return 0.0, 0.0
