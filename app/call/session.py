"""One end of a call: the peer, the stages on both paths, and who hears of what."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from fractions import Fraction

from app.call.aside_talk import AsideTalk
from app.call.audio import FileMicrophone
from app.call.audio_card import SoundCard
from app.call.camera import FileCamera
from app.call.control_line import ControlLine
from app.call.conversation import Conversation
from app.call.figures import Figures, Sample, compare
from app.call.identity_trade import IdentityTrade
from app.call.lips import FaceGate, LipSync
from app.call.live_camera import LiveCamera
from app.call.news import News
from app.call.opening import open_camera, open_microphone, open_portrayal, open_speaker
from app.call.options import SessionOptions
from app.call.policy import Decision, Sending
from app.call.receiver import FaceArrival, NewDecoder, Receiver
from app.call.renderer import RenderStage
from app.call.screen import Screen
from app.call.sender import Sender
from app.call.shown import ShownFrame
from app.call.stage import Stage
from app.call.stages import face_tables, load_stages, warm_renderer
from app.call.stats import ViewerStats
from app.call.still_stage import StillStage
from app.net import control
from app.net.media import MediaPacket
from app.net.opus import SAMPLE_RATE
from app.net.peer import LinkReport, Peer, PeerHandlers
from codec.face import FaceDecoder
from codec.identity import unpack_identity
from codec.types import Frame

logger = logging.getLogger(__name__)


class Session:
    """Holds one end of a call together. Call `prepare`, exchange descriptions through `peer`, `begin`, and `stop`.

    Args:
        options: what this end has.
        on_shown: gets every picture of the other end, on the renderer's thread; it must return at once.
        on_event: told in a line what happened, on whatever thread it happened.
        news: who is told of the rest.
    """

    def __init__(
        self,
        options: SessionOptions,
        on_shown: Callable[[ShownFrame], None] = lambda shown: None,
        on_event: Callable[[str], None] = logger.info,
        news: News | None = None,
    ) -> None:
        self._options = options
        self._news = news or News()
        self._on_event = on_event
        self._stages = load_stages(options.stages)
        self.peer = Peer(options.peer, self._handlers())
        self.stats = ViewerStats(options.size)
        self.speaker = open_speaker(options, self.peer, on_event, self._stage_failed)
        self.lips = LipSync(self.speaker.player.plays_at_ns, self.speaker.player.hold_back)
        self._line = ControlLine(self.peer, self._stage_failed)
        self._screen = Screen(self.peer, self.stats, self.lips, self._line, on_shown, self._news.on_mode)
        self.renderer = RenderStage(options.size, self._screen.show, self._render_failed, self._stage_failed)
        self.gate = FaceGate(self.lips, self.renderer.jobs.put, self._stage_failed)
        self.receiver = Receiver(
            self.renderer,
            self.gate.put,
            self.peer.send_feedback,
            self.peer.request_key,
            self._stage_failed,
        )
        self.trade = IdentityTrade(self._line, options.known, self._install, on_event)
        self.stills = StillStage(self._line, self._news.on_still, self._stage_failed)
        self.beside = AsideTalk(self._line, self.stills, options.camera_off, self._news)
        self._talk = Conversation(
            self.peer,
            self._line,
            self.trade,
            self.beside,
            self.receiver,
            self._screen,
            self.lips,
            self.stats,
            options.peer.wire != "plain",
            on_event,
        )
        self.camera: FileCamera | LiveCamera | None = None
        self.microphone: FileMicrophone | SoundCard | None = None
        self.sender: Sender | None = None
        self.failure: str | None = None
        self._was_out = False
        self._is_out = False
        self._report = LinkReport()
        self._last_sample: Sample | None = None

    def _handlers(self) -> PeerHandlers:
        return PeerHandlers(
            on_face=self._face_arrived,
            on_feedback=self._acknowledged,
            on_control=lambda payload: self._talk.arrived(payload),
            on_video=self._video_arrived,
            on_audio=self._audio_arrived,
            on_key_request=lambda: self._talk.key_requested(),
            on_video_clock=self._video_clock_known,
            on_audio_clock=self._audio_clock_known,
            on_state=self._state_changed,
            on_report=self._reported,
            on_dropped=lambda reason: self._talk.was_dropped(reason),
        )

    @property
    def left(self) -> str | None:
        """Why the other end is gone; None while it is there."""
        return self._talk.left

    @property
    def was_greeted(self) -> bool:
        """Whether the other end has taken the call."""
        return self._talk.was_greeted

    # before the call

    def prepare(self) -> None:
        """Open and warm everything that takes time, and start the network.

        Raises:
            ValueError: the clip or the identity cannot be read.
        """
        self._prepare_sender()
        self.microphone = open_microphone(self._options, self.speaker, self.peer, self._stage_failed)
        self.peer.start()
        for stage in (self.speaker, self.renderer, self.gate, self.receiver, self.stills, self.sender):
            if stage is not None:
                stage.start()

    def _prepare_sender(self) -> None:
        options = self._options
        if options.camera is None:
            return
        try:
            self.camera = open_camera(options.camera, self._frame_taken, self._stage_failed, options.camera_off)
        except ValueError as exc:
            if options.needs_camera:
                raise
            self._on_event(f"no picture is sent: {exc}")
            return
        portrayal = None
        if options.identity is not None and not options.h265_only:
            portrayal = open_portrayal(options.identity, options.camera, self._stages)
            self.trade.offerer = portrayal.offerer
        self.sender = Sender(
            self.peer,
            self.camera.fps,
            portrayal.analyser if portrayal else None,
            portrayal.encoder if portrayal else None,
            options.h265_only,
            self._mode_changed,
            self._line.send_lasting,
            self._stage_failed,
            options.peer.most_kbps,
            camera_off=options.camera_off,
        )
        self.trade.sender = self._talk.sender = self.beside.sender = self.sender

    def _frame_taken(self, frame: Frame) -> None:
        if self.sender is not None:
            self.sender.frames.put(frame)
        self.stills.put_frame(frame)
        self._news.on_own(frame)

    def greet(self) -> None:
        """Say hello, once the channels are open."""
        self._talk.greet(self.renderer.size)
        if self.sender is None:
            self._line.send(control.ModeChange("audio_only", "there is no camera at the other end"))

    def begin(self, epoch_ns: int) -> None:
        """Switch camera and microphone on, with frame 0 due at ``epoch_ns`` on the monotonic clock."""
        self.stats.begin(epoch_ns, self.peer.counts())
        if self.camera is not None:
            self.camera.begin(epoch_ns)
        if self.microphone is not None:
            self.microphone.begin(epoch_ns)

    def know_capture_clock(self, epoch_ns: int, fps: Fraction) -> None:
        """See `Screen.know_capture_clock`."""
        self._screen.know_capture_clock(epoch_ns, fps)

    def set_output_size(self, width: int, height: int) -> None:
        """Show pictures of another size from now on; face packets stay as they are."""
        if (width, height) != self.renderer.size:
            self.renderer.size = (width, height)
            self._line.send(control.OutputSize(width, height))

    def set_sending(self, wanted: Sending) -> None:
        """Send the best there is, or what is wanted alone."""
        if self.sender is not None:
            self.sender.wanted = wanted

    @property
    def other_fps(self) -> Fraction | None:
        """Frame rate of the other end's camera, as far as it said."""
        clock = self.lips.clock or self.receiver.video_clock
        return None if clock is None else Fraction(clock.fps_num, clock.fps_den)

    def figures(self, now_ns: int) -> Figures:
        """Give what happened since this was last asked."""
        before, sender = self._last_sample, self.sender
        after = self._last_sample = Sample(
            now_ns,
            self.peer.counts(),
            self.speaker.player.counts().playout,
            sender.counts() if sender else None,
            self.stats.picture_bytes,
            self.stats.frames_shown,
            self.renderer.rendered,
            self.renderer.render_ns,
        )
        sending = sender.mode if sender else "audio_only"
        return compare(before or after, after, self._report, self.renderer.backend, sending, self._is_out)

    # what the stages say

    def _stage_failed(self, name: str, exc: Exception) -> None:
        if name not in ("microphone", "speaker", "sound", "stills"):  # without sound the call is still a call
            self.failure = self.failure or f"{name}: {exc}"
        self._on_event(f"{name} failed: {exc}")

    def _render_failed(self, exc: Exception) -> None:
        self._on_event(f"renderer failed: {exc}")
        self._line.send_lasting(control.IdentityReady(False, f"the other end cannot render: {exc}"))

    def _mode_changed(self, decision: Decision) -> None:
        self._on_event(f"sending {decision.mode}: {decision.reason}")
        self._line.send_lasting(control.ModeChange(decision.mode, decision.reason))

    def _install(self, data: bytes) -> str:
        """Render the other end from this identity file from now on, and give the person's name."""
        identity = unpack_identity(data)
        tables = face_tables(identity)
        renderer = self._stages.open_renderer(identity, self._options.backend, self._options.threads)
        warm_renderer(renderer, tables, {self.renderer.size})
        self.renderer.set_renderer(renderer)
        self.receiver.arrivals.put(NewDecoder(FaceDecoder(tables)))
        self._news.on_identity(data, identity.name)
        return identity.name

    # what the network brings, on the net thread

    def _state_changed(self, state: str) -> None:
        self._on_event(f"connection {state}")
        self._is_out = state == "reconnecting"
        if state == "reconnecting":
            self._was_out = True
            self._talk.connection_lost()
        elif state == "connected" and self._was_out and self._talk.has_greeted:
            self._rejoin()

    def _rejoin(self) -> None:
        """Say again, on a new connection, what the last one may have lost."""
        self.receiver.video_clock = None
        self.greet()
        self._line.send_again()
        self.beside.say_again()
        if self.sender is not None:
            self.sender.key_wanted.set()

    def _face_arrived(self, payload: bytes) -> None:
        if not self._talk.has_greeted:
            return
        self.stats.face_arrived(len(payload), time.monotonic_ns())
        self.receiver.arrivals.put(FaceArrival(payload))

    def _acknowledged(self, payload: bytes) -> None:
        if self.sender is not None:
            self.sender.acknowledgements.put(payload)

    def _video_arrived(self, unit: MediaPacket) -> None:
        if not self._talk.has_greeted:
            return
        self.stats.video_arrived(len(unit.data), time.monotonic_ns())
        self.receiver.arrivals.put(unit)

    def _audio_arrived(self, packet: MediaPacket) -> None:
        if not self._talk.has_greeted:
            return
        self.stats.audio_arrived(len(packet.data), time.monotonic_ns())
        self.speaker.put(packet)

    def _video_clock_known(self, origin: int) -> None:
        if self.camera is not None:
            fps = self.camera.fps
            self._line.send(control.VideoClock(origin, fps.numerator, fps.denominator))

    def _audio_clock_known(self, origin: int) -> None:
        if self.camera is not None and self.microphone is not None:
            since_ns = self.camera.epoch_ns - self.microphone.epoch_ns
            timestamp = (origin + round(since_ns * SAMPLE_RATE / 1e9)) % (1 << 32)
            fps = self.camera.fps
            self._line.send(control.SoundClock(0, timestamp, fps.numerator, fps.denominator))

    def _reported(self, report: LinkReport) -> None:
        self._report = report
        if self.sender is not None:
            self.sender.reported(report)

    # the end

    def stop(self) -> None:
        """Leave: stop camera and stages, say goodbye, close the network. Every thread has ended when it returns."""
        sources = (self.camera, self.microphone, self.sender)
        others = (self.stills, self.receiver, self.gate, self.renderer, self.speaker)
        stages: list[Stage] = [stage for stage in (*sources, *others) if stage is not None]
        for stage in stages:
            stage.request_stop()
        for stage in stages:
            stage.join()
        self.trade.wait_loaded()
        self.peer.close()

    def say_bye(self, reason: str) -> None:
        """Tell the other end that this one is about to leave."""
        self._line.send(control.Bye(reason))
