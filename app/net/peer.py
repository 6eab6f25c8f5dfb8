"""One end of a call, seen from the stages: a thread of its own around aiortc, and plain bytes in and out.

Everything of aiortc happens on the ``net`` thread's asyncio loop. Stages call from theirs; what arrives is handed to
`PeerHandlers` on the net thread, so handlers only put things into mailboxes.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import dataclass, field
from typing import Any, TypeVar

from aiortc import (
    RTCBundlePolicy,
    RTCConfiguration,
    RTCIceServer,
    RTCPeerConnection,
    RTCRtpSender,
    RTCRtpTransceiver,
    RTCSessionDescription,
)
from aiortc.stats import RTCRemoteInboundRtpStreamStats

from app.net import h265_rtp
from app.net.emulator import LinkConditions, LinkEmulator
from app.net.feature_channel import Channels
from app.net.media import (
    AUDIO_CLOCK,
    VIDEO_CLOCK,
    AudioInbox,
    MediaPacket,
    PacketTrack,
    VideoInbox,
    install_inbox,
)
from app.net.wire import WireCounts, WireMeter, tap_connection

T = TypeVar("T")

CALL_TIMEOUT_S = 15.0
"""Longest wait for the net thread; candidates are gathered in milliseconds where no server is asked."""

CONTROL_WAITING_MAX = 4 << 20
"""Bytes of control messages that may wait for the link; beyond it the other end takes nothing any more."""

REPORT_EVERY_S = 1.0
"""Between two looks at the receiver reports, which come every 0.5 to 1.5 s."""

LAST_TIMESTAMP_ATTRIBUTE = "_RTCRtpSender__rtp_timestamp"


@dataclass(frozen=True, slots=True)
class PeerOptions:
    """How a peer reaches the other one.

    Attributes:
        ice_servers: STUN and TURN URLs; none means this machine's own addresses alone.
        loopback: use the loopback address alone.
        conditions: emulated link in the sending direction.
        seed: seed of its chance.
    """

    ice_servers: tuple[str, ...] = ()
    loopback: bool = False
    conditions: LinkConditions = field(default_factory=LinkConditions)
    seed: int = 0


@dataclass(frozen=True, slots=True)
class LinkReport:
    """What the other end's receiver reports say of the last second or so.

    Attributes:
        video_loss: share of video packets lost, 0..1; 0 before the first report.
        audio_loss: the same for audio.
        round_trip_ms: smoothed round-trip time, 0 before it is known.
    """

    video_loss: float = 0.0
    audio_loss: float = 0.0
    round_trip_ms: float = 0.0


@dataclass(frozen=True, slots=True)
class PeerHandlers:
    """Where arrivals go; all called on the net thread, none may block or raise.

    Attributes:
        on_face: a face packet.
        on_feedback: an acknowledgement of a face packet.
        on_control: a control message, unparsed.
        on_video: an H.265 access unit.
        on_audio: an Opus packet.
        on_key_request: the other end needs an IDR picture.
        on_video_clock: the RTP time stamp of video time stamp 0, once known.
        on_state: the connection's state: connecting, connected, failed, closed.
        on_report: once a second while connected.
    """

    on_face: Callable[[bytes], None]
    on_feedback: Callable[[bytes], None]
    on_control: Callable[[bytes], None]
    on_video: Callable[[MediaPacket], None]
    on_audio: Callable[[MediaPacket], None]
    on_key_request: Callable[[], None]
    on_video_clock: Callable[[int], None]
    on_state: Callable[[str], None]
    on_report: Callable[[LinkReport], None]


class Peer:
    """A WebRTC peer with one audio track, one H.265 track and three data channels.

    Call `start`, exchange descriptions, `wait_open`, and `close` in the end; `close` may be called at any point after
    `start`, from any thread but the net thread.
    """

    def __init__(self, options: PeerOptions, handlers: PeerHandlers) -> None:
        h265_rtp.register()
        self._options = options
        self._handlers = handlers
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="net", daemon=True)
        self._meter = WireMeter()
        self._open = threading.Event()
        self._face_in_flight = 0
        self._state = "new"
        self._connection: RTCPeerConnection | None = None
        self._channels: Channels | None = None
        self._reports: asyncio.Task[None] | None = None
        self._key_request: asyncio.Task[None] | None = None
        self._video_origin: int | None = None

    # the net thread

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_forever()
        self._loop.close()

    def _call(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(CALL_TIMEOUT_S)

    def _post(self, work: Callable[..., None], *arguments: object) -> None:
        """Run a function on the net thread, some time soon; nothing happens once the peer is closed."""
        if not self._loop.is_closed():
            try:
                self._loop.call_soon_threadsafe(work, *arguments)
            except RuntimeError:  # closed in between
                return

    def start(self) -> None:
        """Start the net thread and build the connection."""
        self._thread.start()
        self._call(self._build())

    async def _build(self) -> None:
        servers = [RTCIceServer(urls=url) for url in self._options.ice_servers]
        configuration = RTCConfiguration(iceServers=servers, bundlePolicy=RTCBundlePolicy.MAX_BUNDLE)
        connection = self._connection = RTCPeerConnection(configuration)
        connection.on("connectionstatechange", self._state_changed)
        self._audio_track = PacketTrack("audio", AUDIO_CLOCK)
        self._video_track = PacketTrack("video", VIDEO_CLOCK, on_sent=self._video_sent)
        self._audio = connection.addTransceiver(self._audio_track)
        self._video = connection.addTransceiver(self._video_track)
        _prefer(self._video, h265_rtp.MIME_TYPE, "video/rtx")
        _prefer(self._audio, "audio/opus")
        self._video_inbox = VideoInbox(self._handlers.on_video, h265_rtp.is_key, time.monotonic_ns)
        install_inbox(self._video.receiver, self._video_inbox)
        install_inbox(self._audio.receiver, AudioInbox(self._handlers.on_audio))
        # A picture loss indication reaches the sender stage, which has the encoder, instead of aiortc's flag.
        vars(self._video.sender)["_send_keyframe"] = self._handlers.on_key_request
        handlers = self._handlers
        self._channels = Channels(
            connection, handlers.on_face, handlers.on_feedback, handlers.on_control, self._open.set
        )
        self._tap()

    def _tap(self) -> None:
        conditions = self._options.conditions
        emulator = None if conditions.is_perfect else LinkEmulator(conditions, self._options.seed)
        ice = self._audio.receiver.transport.transport
        tap_connection(ice._connection, self._meter, emulator, time.monotonic_ns, self._options.loopback)

    def _state_changed(self) -> None:
        assert self._connection is not None
        self._state = self._connection.connectionState
        if self._state == "connected" and self._reports is None:
            self._reports = asyncio.ensure_future(self._report())
        self._handlers.on_state(self._state)

    async def _report(self) -> None:
        while True:
            await asyncio.sleep(REPORT_EVERY_S)
            audio, audio_ms = await _remote_view(self._audio.sender)
            video, video_ms = await _remote_view(self._video.sender)
            self._handlers.on_report(LinkReport(video, audio, video_ms or audio_ms))

    def _video_sent(self, timestamp: int) -> None:
        """Learn the RTP time stamp's random origin from the first access unit that went out."""
        if self._video_origin is None:
            last: int = getattr(self._video.sender, LAST_TIMESTAMP_ATTRIBUTE)
            self._video_origin = (last - timestamp) % (1 << 32)
            self._handlers.on_video_clock(self._video_origin)

    # signalling

    def create_offer(self) -> str:
        """Give the SDP that the other end answers."""
        return self._call(self._offer())

    async def _offer(self) -> str:
        assert self._connection is not None
        offer = await self._connection.createOffer()
        bare = RTCSessionDescription(_without_header_extensions(offer.sdp), offer.type)
        await self._connection.setLocalDescription(bare)
        return self._connection.localDescription.sdp

    def create_answer(self, offer: str) -> str:
        """Take the other end's offer and give the answer.

        Raises:
            ValueError: the offer is not one.
        """
        return self._call(self._answer(offer))

    async def _answer(self, offer: str) -> str:
        assert self._connection is not None
        with _foreign_description("offer"):
            await self._connection.setRemoteDescription(RTCSessionDescription(offer, "offer"))
            await self._connection.setLocalDescription()
        return self._connection.localDescription.sdp

    def accept_answer(self, answer: str) -> None:
        """Take the answer to this peer's offer.

        Raises:
            ValueError: the answer is not one.
        """
        self._call(self._accept(answer))

    async def _accept(self, answer: str) -> None:
        assert self._connection is not None
        with _foreign_description("answer"):
            await self._connection.setRemoteDescription(RTCSessionDescription(answer, "answer"))

    def wait_open(self, timeout_s: float) -> None:
        """Wait until media and data can flow.

        Raises:
            ConnectionError: they cannot within ``timeout_s``.
        """
        if not self._open.wait(timeout_s):
            raise ConnectionError(f"the other end did not connect within {timeout_s:g} s (state: {self._state})")

    # sending, from any thread

    @property
    def face_ready(self) -> bool:
        """Whether a face packet would leave at once. A frame is dropped before it is encoded when not."""
        return self._channels is not None and self._face_in_flight == 0 and self._channels.is_idle

    def send_face(self, payload: bytes) -> None:
        """Send a face packet."""
        self._face_in_flight += 1
        self._post(self._send_face, payload)

    def _send_face(self, payload: bytes) -> None:
        self._face_in_flight = 0
        if self._channels is not None:
            self._channels.send_face(payload)

    def _send_feedback(self, payload: bytes) -> None:
        if self._channels is not None:
            self._channels.send_feedback(payload)

    def _send_control(self, payload: bytes) -> None:
        if self._channels is not None:
            self._channels.send_control(payload)

    def send_feedback(self, payload: bytes) -> None:
        """Send an acknowledgement of a face packet; it may be lost."""
        self._post(self._send_feedback, payload)

    def send_control(self, payload: bytes) -> None:
        """Send a control message, reliably and in order.

        Raises:
            ConnectionError: the other end has taken nothing for so long that megabytes are waiting.
        """
        if self._channels is not None and self._channels.control_waiting > CONTROL_WAITING_MAX:
            raise ConnectionError("the other end takes no more control messages")
        self._post(self._send_control, payload)

    def send_video(self, access_unit: bytes, timestamp: int) -> None:
        """Send an H.265 access unit. While none is sent the video track costs its RTCP reports alone.

        Args:
            access_unit: Annex B; the first one, and the first after a pause, is a key picture.
            timestamp: units of 1/90000 s since frame 0, increasing.
        """
        self._post(lambda: self._video_track.push(access_unit, timestamp))

    def send_audio(self, packet: bytes, timestamp: int) -> None:
        """Send an Opus packet; ``timestamp`` counts samples at 48 kHz since the start."""
        self._post(lambda: self._audio_track.push(packet, timestamp))

    def request_key(self) -> None:
        """Ask the other end for an IDR picture: the decoder cannot go on without."""
        self._post(self._request_key)

    def _request_key(self) -> None:
        ssrc = self._video_inbox.ssrc
        if ssrc is not None and self._state == "connected":
            self._key_request = asyncio.ensure_future(self._video.receiver._send_rtcp_pli(ssrc))

    def counts(self) -> WireCounts:
        """Give what went over the wire so far."""
        return self._meter.counts()

    # the end

    def close(self) -> None:
        """Close the connection and end the net thread."""
        if not self._thread.is_alive():
            if not self._loop.is_closed():
                self._loop.close()
            return
        try:
            self._call(self._shut())
        finally:
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(CALL_TIMEOUT_S)

    async def _shut(self) -> None:
        if self._reports is not None:
            self._reports.cancel()
        if self._channels is not None:
            self._channels.close()
        if self._connection is not None:
            await self._connection.close()
        rest = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in rest:
            task.cancel()
        await asyncio.gather(*rest, return_exceptions=True)
        await self._loop.shutdown_default_executor()


@contextlib.contextmanager
def _foreign_description(kind: str) -> Iterator[None]:
    """Turn whatever a foreign description trips over inside aiortc into a ValueError."""
    try:
        yield
    except Exception as exc:
        raise ValueError(f"the other end's {kind} cannot be used: {exc}") from exc


def _prefer(transceiver: RTCRtpTransceiver, *mime_types: str) -> None:
    """Negotiate these codecs alone."""
    wanted = {name.lower() for name in mime_types}
    capabilities = RTCRtpSender.getCapabilities(transceiver.kind).codecs
    transceiver.setCodecPreferences([codec for codec in capabilities if codec.mimeType.lower() in wanted])


def _without_header_extensions(sdp: str) -> str:
    """Offer no RTP header extensions: they cost 8 to 16 bytes per packet, and streams are told apart by SSRC anyway."""
    return "".join(line for line in sdp.splitlines(keepends=True) if not line.startswith("a=extmap:"))


async def _remote_view(sender: RTCRtpSender) -> tuple[float, float]:
    """Give loss (0..1) and round-trip time (ms) that the other end last reported of a sender's stream."""
    for entry in (await sender.getStats()).values():
        if isinstance(entry, RTCRemoteInboundRtpStreamStats):
            return entry.fractionLost / 256, (entry.roundTripTime or 0.0) * 1000
    return 0.0, 0.0
