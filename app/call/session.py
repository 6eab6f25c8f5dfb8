"""One end of a call: the peer, the stages on both paths, and what the control messages do to them."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

from app.call.audio import FileMicrophone, NullSpeaker
from app.call.audio_card import SoundCard
from app.call.audio_devices import PortAudio, SoundChoice
from app.call.camera import FileCamera, frame_time_ns
from app.call.identity_exchange import IdentityCollector, IdentityOfferer
from app.call.lips import FaceGate, LipSync
from app.call.live_camera import LiveCamera
from app.call.policy import Decision
from app.call.receiver import FaceArrival, NewDecoder, Receiver
from app.call.rejoining import Rejoining
from app.call.renderer import Picture, RenderStage
from app.call.sender import Sender
from app.call.shown import ShownFrame
from app.call.stage import Stage, give_way
from app.call.stages import Analyser, face_tables, load_stages, warm_renderer
from app.call.stats import ViewerStats
from app.net import control
from app.net.conduct import ControlConduct, MisconductError
from app.net.media import MediaPacket
from app.net.opus import SAMPLE_RATE
from app.net.peer import LinkReport, Peer, PeerHandlers, PeerOptions
from app.net.wire_plan import WirePlan, rate_between
from app.paths import sample_clip
from codec.face import FaceDecoder, FaceEncoder
from codec.identity import Identity, unpack_identity
from codec.plate import decode_plate, encode_plate
from codec.stream import BITSTREAM_VERSION
from codec.types import Frame
from models.clip import probe_clip, read_clip

logger = logging.getLogger(__name__)

CAPTURE_SIDE = 512
"""Side of the camera's pictures, pixels: the largest that the H.265 ladder sends."""

ANSWER_WAIT_NS = 4_000_000_000
"""How long the first H.265 picture waits for word of whether the other end knows the identity: a few round trips."""

LOAD_WAIT_NS = 10_000_000_000
"""How long it waits for an end that does to load it: that takes a second, on a busy machine some, and it says so when
it cannot."""

SHOWN_WAIT_NS = 3_000_000_000
"""How long it waits for an end that renders to have shown its first face."""

PROBE_BYTES = 400
"""Two of them take a quarter of a second on a link of 32 kbit/s."""

PROBE_WITHIN_NS = 1_000_000_000
"""Time between two probes of a pair at most; what takes longer was lost on the way and sent again."""

WARM_FRAMES = 3
"""Frames analysed before the call: the first compiles and loads, the second and third settle what it left."""


@dataclass(frozen=True, slots=True)
class SessionOptions:
    """One end of a call.

    Attributes:
        camera: number of a camera, a clip in place of one, or None without one.
        microphone: clip in place of a microphone, or None without one.
        identity: this person's identity file, offered to the other end; None where there is none.
        sound: real sound devices, or None to hear nothing; with a clip as microphone its loudspeaker alone counts.
        mute: while it is set the microphone sends silence; from any thread.
        h265_only: never send faces.
        size: first output size, width and height.
        backend: render backend for the other end's face.
        threads: the renderer's threads, or None for its own choice.
        stages: module that opens analyser and renderer.
        known_identity: the other end's identity file from an earlier call; it crosses only if it has changed.
        peer: how to reach the other end.
    """

    camera: int | Path | None = None
    microphone: Path | None = None
    identity: Path | None = None
    sound: SoundChoice | None = None
    mute: threading.Event = field(default_factory=threading.Event)
    h265_only: bool = False
    size: tuple[int, int] = (CAPTURE_SIDE, CAPTURE_SIDE)
    backend: str = "auto"
    threads: int | None = None
    stages: str = "app.call.stages"
    known_identity: Path | None = None
    peer: PeerOptions = field(default_factory=PeerOptions)


class Session:
    """Holds one end of a call together. Call `prepare`, exchange descriptions through `peer`, `begin`, and `stop`.

    Args:
        options: what this end has.
        on_shown: gets every picture of the other end, on the renderer's thread; it must return at once.
        on_event: told in a line what happened, on whatever thread it happened.
    """

    def __init__(
        self,
        options: SessionOptions,
        on_shown: Callable[[ShownFrame], None] = lambda shown: None,
        on_event: Callable[[str], None] = logger.info,
    ) -> None:
        self._options = options
        self._on_shown = on_shown
        self._on_event = on_event
        self._stages = load_stages(options.stages)
        self.peer = Peer(options.peer, self._handlers())
        self.stats = ViewerStats(options.size)
        self.speaker = self._open_speaker()
        self.renderer = RenderStage(options.size, self._show, self._render_failed, self._stage_failed)
        self.lips = LipSync(self.speaker.player.plays_at_ns, self.speaker.player.hold_back)
        self.gate = FaceGate(self.lips, self.renderer.jobs.put, self._stage_failed)
        self.receiver = Receiver(
            self.renderer,
            self.gate.put,
            self.peer.send_feedback,
            self.peer.request_key,
            decode_plate,
            self._stage_failed,
        )
        self.camera: FileCamera | LiveCamera | None = None
        self.microphone: FileMicrophone | SoundCard | None = None
        self.sender: Sender | None = None
        self.failure: str | None = None
        self.left: str | None = None
        self.reconnections = 0
        self._conduct = ControlConduct()
        self._rejoining = Rejoining()
        self.reason = "waiting for the first picture"
        self._offerer: IdentityOfferer | None = None
        self._collector = IdentityCollector(read_file(options.known_identity) if options.known_identity else None)
        self._loader: threading.Thread | None = None
        self._capture: tuple[int, Fraction] | None = None
        self._tell_face_shown = threading.Event()
        self._identity_digest: bytes | None = None
        self._probed_ns: int | None = None

    def _handlers(self) -> PeerHandlers:
        return PeerHandlers(
            on_face=self._face_arrived,
            on_feedback=self._acknowledged,
            on_control=self._control_arrived,
            on_video=self._video_arrived,
            on_audio=self._audio_arrived,
            on_key_request=self._key_requested,
            on_video_clock=self._video_clock_known,
            on_audio_clock=self._audio_clock_known,
            on_state=self._state_changed,
            on_report=self._reported,
            on_dropped=self._dropped,
        )

    def _plan(self) -> WirePlan:
        return self.peer.plan

    def _open_speaker(self) -> NullSpeaker | SoundCard:
        options = self._options
        if options.sound is None:
            return NullSpeaker(self._stage_failed)
        choice = options.sound if options.microphone is None else SoundChoice(None, options.sound.speaker)
        return SoundCard(PortAudio(), choice, self.peer.send_audio, self._plan, self._on_event, self._stage_failed)

    # before the call

    def prepare(self) -> None:
        """Open and warm everything that takes time, and start the network.

        Raises:
            ValueError: the clip or the identity cannot be read.
        """
        options = self._options
        if options.camera is not None:
            self._prepare_sender(options.camera)
        if options.microphone is not None and probe_clip(options.microphone).has_audio:
            self.microphone = FileMicrophone(options.microphone, self.peer.send_audio, self._plan, self._stage_failed)
        elif isinstance(self.speaker, SoundCard) and options.sound is not None and options.sound.microphone is not None:
            self.microphone = self.speaker
        if self.microphone is not None:
            self.microphone.talker.mute = options.mute
        self.peer.start()
        for stage in (self.speaker, self.renderer, self.gate, self.receiver, self.sender):
            if stage is not None:
                stage.start()

    def _prepare_sender(self, source: int | Path) -> None:
        options = self._options
        if isinstance(source, int):
            self.camera = LiveCamera(source, CAPTURE_SIDE, self._frame_taken, self._stage_failed)
        else:
            self.camera = FileCamera(source, CAPTURE_SIDE, self._frame_taken, self._stage_failed)
        analyser, encoder = None, None
        if options.identity is not None and not options.h265_only:
            data = read_file(options.identity)
            identity = unpack_identity(data)
            encoder = FaceEncoder(face_tables(identity))
            analyser = self._stages.open_analyser(identity)
            _warm_analyser(analyser, sample_clip() if isinstance(source, int) else source)
            self._offerer = IdentityOfferer(data, identity.name)
        self.sender = Sender(
            self.peer,
            self.camera.fps,
            analyser,
            encoder,
            encode_plate,
            options.h265_only,
            self._mode_changed,
            lambda seq, packet: self._send_again(control.Plate(seq, packet)),
            self._stage_failed,
        )

    def _frame_taken(self, frame: Frame) -> None:
        if self.sender is not None:
            self.sender.frames.put(frame)

    def greet(self) -> None:
        """Say hello, once the channels are open."""
        self._send(control.Hello(control.PROTOCOL, BITSTREAM_VERSION))
        self._send(control.OutputSize(*self.renderer.size))
        self._send(control.Wire(self._reads_low_wire))
        for _ in range(2):
            self._send(control.Probe(PROBE_BYTES))
        if self._offerer is not None:
            self._await_face(ANSWER_WAIT_NS)

    @property
    def _reads_low_wire(self) -> bool:
        return self._options.peer.wire != "plain"

    def _probed(self, probe: control.Probe, now_ns: int) -> None:
        """Tell the other end what the second of two probes says of the link."""
        first_ns, self._probed_ns = self._probed_ns, now_ns
        if first_ns is not None and now_ns - first_ns < PROBE_WITHIN_NS:
            self._probed_ns = None
            self._send(control.Wire(self._reads_low_wire, rate_between(probe.size, first_ns, now_ns)))

    def _await_face(self, wait_ns: int) -> None:
        """Send no H.265 for so long, should a face take its place before."""
        if self.sender is not None:
            self.sender.face_awaited_until_ns = time.monotonic_ns() + wait_ns

    def begin(self, epoch_ns: int) -> None:
        """Switch camera and microphone on, with frame 0 due at ``epoch_ns`` on the monotonic clock."""
        self.stats.begin(epoch_ns, self.peer.counts())
        if self.camera is not None:
            self.camera.begin(epoch_ns)
        if self.microphone is not None:
            self.microphone.begin(epoch_ns)

    def know_capture_clock(self, epoch_ns: int, fps: Fraction) -> None:
        """Learn when the other end's frame 0 was taken, on this machine's clock, so that latency can be measured."""
        self._capture = (epoch_ns, fps)

    def set_output_size(self, width: int, height: int) -> None:
        """Show pictures of another size from now on; face packets stay as they are."""
        if (width, height) != self.renderer.size:
            self.renderer.size = (width, height)
            self._send(control.OutputSize(width, height))

    # the connection

    def _state_changed(self, state: str) -> None:
        self._on_event(f"connection {state}")
        if state == "reconnecting":
            self.reconnections += 1
        elif state == "connected" and self.reconnections:
            self._rejoin()

    def _rejoin(self) -> None:
        """Say again, on a new connection, what the last one may have lost."""
        self.receiver.video_clock = None
        self.greet()
        for message in self._rejoining.messages():
            self._send(message)
        if self.sender is not None:
            self.sender.key_wanted.set()

    def _dropped(self, reason: str) -> None:
        self.left = self.left or f"the other end was dropped: {reason}"
        self._on_event(self.left)

    # what the stages say

    def _send(self, message: control.Message) -> None:
        try:
            self.peer.send_control(control.pack(message))
        except ConnectionError as exc:
            self._stage_failed("control", exc)

    def _send_again(self, message: control.ModeChange | control.Plate | control.IdentityReady) -> None:
        """Send a message that holds until the next of its kind, so that it is sent again on a new connection."""
        self._rejoining.remember(message)
        self._send(message)

    def _stage_failed(self, name: str, exc: Exception) -> None:
        if name not in ("microphone", "speaker", "sound"):  # without sound the call is still a call
            self.failure = self.failure or f"{name}: {exc}"
        self._on_event(f"{name} failed: {exc}")

    def _render_failed(self, exc: Exception) -> None:
        self._on_event(f"renderer failed: {exc}")
        self._send_again(control.IdentityReady(False, f"the other end cannot render: {exc}"))

    def _mode_changed(self, decision: Decision) -> None:
        self._on_event(f"sending {decision.mode}: {decision.reason}")
        self._send_again(control.ModeChange(decision.mode, decision.reason))

    def _show(self, picture: Picture) -> None:
        now_ns = time.monotonic_ns()
        taken_ns = frame_time_ns(picture.seq, *self._capture) if self._capture and picture.seq >= 0 else 0
        latency_ms = (now_ns - taken_ns) / 1e6 if taken_ns else None
        height, width = picture.rgb.shape[:2]
        live = self.stats.shown(picture.mode, (width, height), latency_ms, now_ns, self.peer.counts())
        if picture.mode == "face":
            self.lips.shown(picture.seq, now_ns)
        if picture.mode == "face" and self._tell_face_shown.is_set():
            self._tell_face_shown.clear()
            self._send(control.FaceShown(picture.seq))
        self._on_shown(ShownFrame(picture.rgb, picture.seq, picture.mode, taken_ns, now_ns, self.reason, live))

    # what the network brings, on the net thread

    def _face_arrived(self, payload: bytes) -> None:
        self.stats.face_arrived(len(payload), time.monotonic_ns())
        self.receiver.arrivals.put(FaceArrival(payload))

    def _acknowledged(self, payload: bytes) -> None:
        if self.sender is not None:
            self.sender.acknowledgements.put(payload)

    def _key_requested(self) -> None:
        if self.sender is not None and self._conduct.may_ask_for_key(time.monotonic_ns()):
            self.sender.key_wanted.set()

    def _video_arrived(self, unit: MediaPacket) -> None:
        self.stats.video_arrived(len(unit.data), time.monotonic_ns())
        self.receiver.arrivals.put(unit)

    def _audio_arrived(self, packet: MediaPacket) -> None:
        self.stats.audio_arrived(len(packet.data), time.monotonic_ns())
        self.speaker.put(packet)

    def _video_clock_known(self, origin: int) -> None:
        if self.camera is not None:
            fps = self.camera.fps
            self._send(control.VideoClock(origin, fps.numerator, fps.denominator))

    def _audio_clock_known(self, origin: int) -> None:
        if self.camera is not None and self.microphone is not None:
            since_ns = self.camera.epoch_ns - self.microphone.epoch_ns
            timestamp = (origin + round(since_ns * SAMPLE_RATE / 1e9)) % (1 << 32)
            fps = self.camera.fps
            self._send(control.SoundClock(0, timestamp, fps.numerator, fps.denominator))

    def _reported(self, report: LinkReport) -> None:
        if self.sender is not None:
            self.sender.reported(report, time.monotonic_ns())

    def _control_arrived(self, payload: bytes) -> None:
        if self.left is not None:
            return
        now_ns = time.monotonic_ns()
        try:
            message = control.parse(payload)
            self._conduct.sent(message, now_ns)
            self._obey(message)
        except MisconductError as exc:
            self.peer.drop(str(exc))
        except ValueError as exc:
            self._on_event(f"control message ignored: {exc}")
            if self._conduct.is_too_often_wrong(now_ns):
                self.peer.drop(f"its control messages are wrong, the last because: {exc}")

    def _obey(self, message: control.Message) -> None:
        now_ns = time.monotonic_ns()
        match message:
            case control.Hello():
                self._greeted(message)
            case control.IdentityOffer():
                known = self._loader is not None and message.sha256 == self._identity_digest
                self._send(control.IdentityAnswer(True, message.size) if known else self._collector.offered(message))
                self._load_complete()
            case control.IdentityChunk():
                self._send(self._collector.chunk(message))
                self._load_complete()
            case control.IdentityAnswer() if self._offerer is not None:
                is_known = message.accept and message.offset == self._offerer.offer.size
                self._await_face(LOAD_WAIT_NS if is_known else 0)
                self._send_chunks(self._offerer.answered(message, now_ns))
            case control.IdentityReceived() if self._offerer is not None:
                self._send_chunks(self._offerer.received(message, now_ns))
            case control.IdentityReady() if self.sender is not None:
                self.sender.receiver_ready, self.sender.receiver_reason = message.ok, message.reason
                showing_video = self.sender.counts().video_frames > 0
                self._await_face(SHOWN_WAIT_NS if message.ok and not showing_video else 0)
            case control.FaceShown() if self.sender is not None:
                self.sender.face_shown = True
            case control.OutputSize() if self.sender is not None:
                self.sender.output_side = max(message.width, message.height)
            case control.ModeChange():
                self._announced(message)
            case control.Plate():
                self.stats.face_arrived(len(message.payload), now_ns)
                self.receiver.arrivals.put(message)
            case control.VideoClock():
                self.receiver.video_clock = message
            case control.SoundClock():
                self.lips.clock = message
            case control.Wire():
                self.peer.allow_low_wire(message.low_wire, message.kbps)
            case control.Probe():
                self._probed(message, now_ns)
            case control.Bye():
                self.left = f"the other end left: {message.reason}"
                self._on_event(self.left)

    def _greeted(self, hello: control.Hello) -> None:
        if (hello.protocol, hello.bitstream) != (control.PROTOCOL, BITSTREAM_VERSION):
            raise ValueError(f"the other end speaks version {hello.protocol}.{hello.bitstream}")
        if self._offerer is not None:
            self._send(self._offerer.offer)

    def _announced(self, change: control.ModeChange) -> None:
        self.reason = change.reason
        self._on_event(f"receiving {change.mode}: {change.reason}")
        if change.mode == "face":
            self._tell_face_shown.set()
        self.receiver.announce(change.mode)

    def _send_chunks(self, chunks: list[control.IdentityChunk]) -> None:
        if self._offerer is None:
            return
        for chunk in chunks:
            self._send(chunk)
        if self.sender is not None and not self.sender.receiver_ready:
            self.sender.receiver_reason = f"the identity is on its way ({self._offerer.progress:.0%})"

    # the other end's identity

    def _load_complete(self) -> None:
        if not self._collector.is_complete or self._loader is not None:
            return
        self._identity_digest = self._collector.digest
        self._loader = threading.Thread(target=self._load_identity, name="identity-loader", daemon=True)
        self._loader.start()

    def _load_identity(self) -> None:
        give_way()
        try:
            identity = unpack_identity(self._collector.take())
            tables = face_tables(identity)
            renderer = self._stages.open_renderer(identity, self._options.backend, self._options.threads)
            warm_renderer(renderer, tables, {self.renderer.size})
        except Exception as exc:  # a foreign file or any backend: the call goes on in H.265
            self._on_event(f"identity refused: {exc}")
            self._send_again(control.IdentityReady(False, f"the other end cannot use the identity: {exc}"))
            return
        self.renderer.set_renderer(renderer)
        self.receiver.arrivals.put(NewDecoder(FaceDecoder(tables)))
        self._on_event(f"identity of {identity.name} loaded")
        self._send_again(control.IdentityReady(True, "the other end renders the face"))

    # the end

    def stop(self) -> None:
        """Leave: stop camera and stages, say goodbye, close the network. Every thread has ended when it returns."""
        every = (self.camera, self.microphone, self.sender, self.receiver, self.gate, self.renderer, self.speaker)
        stages: list[Stage] = [stage for stage in every if stage is not None]
        for stage in stages:
            stage.request_stop()
        for stage in stages:
            stage.join()
        if self._loader is not None:
            self._loader.join()
        self.peer.close()

    def say_bye(self, reason: str) -> None:
        """Tell the other end that this one is about to leave."""
        self._send(control.Bye(reason))


def read_file(path: Path) -> bytes:
    """Read an identity file.

    Raises:
        ValueError: it is missing, unreadable or too large.
    """
    try:
        if path.stat().st_size > control.IDENTITY_MAX:
            raise ValueError(f"{path}: larger than any identity")
        return path.read_bytes()
    except OSError as exc:
        raise ValueError(f"{path}: {exc.strerror or exc}") from exc


def load_identity(path: Path) -> Identity:
    """Read and check an identity file.

    Raises:
        ValueError: it is missing, damaged or not one.
    """
    try:
        return unpack_identity(read_file(path))
    except ValueError as exc:
        raise ValueError(str(exc) if str(path) in str(exc) else f"{path}: {exc}") from exc


def _warm_analyser(analyser: Analyser, clip: Path) -> None:
    for frame in read_clip(clip, frames=(0, WARM_FRAMES), size=CAPTURE_SIDE):
        analyser.analyse(Frame(frame.rgb, time.monotonic_ns(), frame.seq))
