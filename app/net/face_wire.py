"""Between stages and wire, on the net thread: bundles go out as messages or on sound packets, and come apart here."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from app.net.bundle import Acknowledgement, Face, LinkNote, parse_bundle
from app.net.carriage import Carriage
from app.net.media import MediaPacket
from app.net.opus_padding import split_rider
from app.net.playout import Unwrapper
from app.net.wire_plan import LinkMeter, WireMode, WirePlan, WirePlanner

SILENT_FRAMES = 2
"""Faces in a packet while nobody speaks: there are no lips to keep in time, and the frame that waits does so 40 ms."""


class FaceWire:
    """Carries faces and what is said about them and about the link. Network thread only, but for `plan` and
    `frames_together`.

    Args:
        loop: the network thread's.
        mode: whether faces may ride on sound packets.
        send_message: sends a bundle as a message.
        on_face, on_feedback: get each face packet and acknowledgement that arrives.
        on_audio: gets each Opus packet, without what rode on it.
        most_kbps: most that sound and faces may take, 0 for no limit.
    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        mode: WireMode,
        send_message: Callable[[bytes], object],
        on_face: Callable[[bytes], None],
        on_feedback: Callable[[bytes], None],
        on_audio: Callable[[MediaPacket], None],
        most_kbps: int = 0,
    ) -> None:
        self._loop = loop
        self._send_message = send_message
        self._on_face = on_face
        self._on_feedback = on_feedback
        self._on_audio = on_audio
        self._carriage = Carriage()
        self._planner = WirePlanner(mode, most_kbps=most_kbps)
        self._meter = LinkMeter()
        self._sequences, self._times = Unwrapper(16), Unwrapper(32)
        self._timer: asyncio.TimerHandle | None = None
        self._note: LinkNote | None = None
        self.damaged = 0
        self._follow()

    @property
    def waiting(self) -> int:
        """Face packets that wait for a sound packet."""
        return self._carriage.waiting

    @property
    def frames_together(self) -> int:
        """Faces that one packet is to hold now; from any thread."""
        return max(self.plan.frames, SILENT_FRAMES if self._carriage.silent else 1)

    def allow_low_wire(self, allowed: bool, kbps: int) -> None:
        """Take word of whether the other end reads faces from sound packets, and what the link towards it carries."""
        self._planner.capable = allowed
        self._planner.measured(kbps)
        self._follow()

    def update(self) -> LinkNote:
        """Follow what the other end last said of the link, and give it; about once a second."""
        note, self._note = self._note or LinkNote(0.0, 0), None
        self._planner.update(note.loss, note.queueing_ms, time.monotonic_ns())
        self._follow()
        return note

    def _follow(self) -> None:
        self.plan: WirePlan = self._planner.plan()
        self._carriage.low_wire = self.plan.low_wire

    def send_face(self, payload: bytes) -> None:
        """Send a face packet, or keep it for the next sound packet."""
        if self._carriage.add_face(payload, time.monotonic_ns()):
            self._send_message(self._carriage.message())
        self._schedule()

    def send_feedback(self, payload: bytes) -> None:
        """Send an acknowledgement along with the next bundle."""
        self._carriage.add_aside(Acknowledgement(payload), time.monotonic_ns())
        self._schedule()

    def load(self, packet: bytes, silent: bool) -> bytes | None:
        """Give a sound packet as it is to be sent, with what rides on it; None where it need not be sent."""
        return self._carriage.ride(packet, silent)

    def _schedule(self) -> None:
        """Have what waits sent as a message, should nothing come along that it can ride on."""
        wait_ns = self._carriage.wait_ns(time.monotonic_ns())
        if wait_ns is not None and self._timer is None:
            self._timer = self._loop.call_later(wait_ns / 1e9, self._on_timer)

    def _on_timer(self) -> None:
        self._timer = None
        if self._carriage.wait_ns(time.monotonic_ns()) == 0:
            self._send_message(self._carriage.message())
        self._schedule()

    def take_audio(self, packet: MediaPacket) -> None:
        """Take a sound packet that arrived, and what rode on it."""
        now_ns = time.monotonic_ns()
        sequence, timestamp = self._sequences.unwrap(packet.sequence), self._times.unwrap(packet.timestamp)
        note = self._meter.add(sequence, timestamp, now_ns)
        if note is not None:
            self._carriage.add_aside(note, now_ns)
            self._schedule()
        try:
            data, rider = split_rider(packet.data)
        except ValueError:
            self.damaged += 1
            return
        self._on_audio(MediaPacket(data, packet.timestamp, packet.sequence))
        if rider:
            self.take_bundle(rider)

    def take_bundle(self, bundle: bytes) -> None:
        """Take a bundle that arrived, from anybody."""
        try:
            items = parse_bundle(bundle)
        except ValueError:
            self.damaged += 1
            return
        for item in items:
            match item:
                case Face(payload):
                    self._on_face(payload)
                case Acknowledgement(data):
                    self._on_feedback(data)
                case LinkNote():
                    self._note = item

    def close(self) -> None:
        """Stop the timer."""
        if self._timer is not None:
            self._timer.cancel()
