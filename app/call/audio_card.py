"""The sound card of a call: plays what arrives, cleans and sends what the microphone hears, outlives its devices."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from app.call.audio import BLOCK_NS, BLOCK_SAMPLES, LATE_NS
from app.call.audio_cleaning import BLOCK_SAMPLES as CLEANED_SAMPLES
from app.call.audio_cleaning import Cleaner
from app.call.audio_devices import Block, NoSoundDevice, SoundChoice, SoundStream, SoundSystem
from app.call.audio_player import SoundPlayer
from app.call.audio_talker import PACKET_SAMPLES, SoundPlan, Talker
from app.call.mailbox import Backlog
from app.call.stage import Stage
from app.net.media import MediaPacket
from app.net.opus import SAMPLE_RATE

BLOCKS_WAITING = 50
"""Blocks that may wait to be cleaned and coded, a second; each takes a millisecond or two."""

QUIET_NS = 2_000_000_000
"""A device that neither gave nor asked for sound for so long has gone."""

RETRY_NS = 2_000_000_000
"""Between two looks for devices while there are none; a look takes some ms."""

GAP_SAMPLES = 4800
"""Recorded sound may drift so far from its time, 100 ms, before time stamps are put right."""


class SoundCard(Stage):
    """Microphone and loudspeaker of a call.

    While there are no devices it plays into the void, so that the sound's clock goes on, and looks for some every two
    seconds: a headset that is plugged in is used, and one that is pulled out ends no call.

    Args:
        system: opens devices.
        choice: which; see `choose`.
        send: takes each Opus packet, its time stamp in samples, and whether it is silent.
        plan: how the link wants sound to be coded.
        on_event: told in a line when devices come and go.
        on_failure: see `Stage`.
    """

    def __init__(
        self,
        system: SoundSystem,
        choice: SoundChoice,
        send: Callable[[bytes, int, bool], None],
        plan: Callable[[], SoundPlan],
        on_event: Callable[[str], None],
        on_failure: Callable[[str, Exception], None],
    ) -> None:
        super().__init__("sound", on_failure)
        self.player = SoundPlayer()
        self.talker = Talker(send, plan)
        self.epoch_ns = 0
        self._system = system
        self._choice = choice
        self._chosen = choice
        self._on_event = on_event
        self._stream: SoundStream | None = None
        self._cleaner = Cleaner()
        self._blocks: Backlog[Block] = Backlog(BLOCKS_WAITING)
        self._sends = False
        self._recorded = 0
        self._retry_ns = 0
        self._last_block_ns = 0
        self._void_ns: int | None = None
        self._said = ""

    def put(self, packet: MediaPacket) -> None:
        """Take a packet that arrived."""
        self.player.put(packet, time.monotonic_ns())

    def begin(self, epoch_ns: int) -> None:
        """Send what the microphone hears from this time on, on the monotonic clock."""
        self.epoch_ns = epoch_ns
        self._sends = True

    def choose(self, choice: SoundChoice) -> None:
        """Use other devices from now on; from any thread."""
        self._chosen = choice

    def step(self) -> None:
        """Handle the next block, or see to the devices."""
        now_ns = time.monotonic_ns()
        if self._chosen != self._choice:
            self._choice = self._chosen
            self._lose("other sound devices were chosen", now_ns)
            self._retry_ns = now_ns
        if self._stream is None and now_ns >= self._retry_ns:
            self._open(now_ns)
        block = self._blocks.take(BLOCK_NS / 2e9)
        if block is not None:
            self._last_block_ns = now_ns
            self._record(block)
        elif self._stream is not None and (not self._stream.is_active or now_ns - self._last_block_ns > QUIET_NS):
            self._lose("the sound device has gone", now_ns)
        if self._stream is None or not self._stream.plays:
            self._play_into_the_void(time.monotonic_ns())

    def _open(self, now_ns: int) -> None:
        self._retry_ns = now_ns + RETRY_NS
        try:
            self._system.rescan()
            self._stream = self._system.open(self._choice, self._fill, self._on_block)
        except NoSoundDevice as exc:
            self._say(str(exc))
            return
        self._cleaner = Cleaner(echo=self._stream.plays)
        self._last_block_ns = now_ns
        self._void_ns = None
        self._say(self._stream.lacks or "sound devices are open")

    def _say(self, event: str) -> None:
        """Tell an event, but not over and over."""
        if event != self._said:
            self._said = event
            self._on_event(event)

    def _lose(self, reason: str, now_ns: int) -> None:
        if self._stream is not None:
            self._stream.close()
            self._stream = None
            self._say(reason)
        self._blocks.take_all()
        self._retry_ns = now_ns + BLOCK_NS

    def _fill(self, count: int, heard_ns: int) -> NDArray[np.int16]:
        return self.player.take(count, heard_ns)

    def _on_block(self, block: Block) -> None:
        self._blocks.put(block)

    def _record(self, block: Block) -> None:
        if block.near is None or not self._sends:
            return
        whole = block.near.size % CLEANED_SAMPLES == 0
        sound = self._cleaner.clean(block.near, block.far, block.delay_ms) if whole else block.near
        if block.taken_ns < self.epoch_ns:
            return
        due = round((block.taken_ns - self.epoch_ns) * SAMPLE_RATE / 1e9)
        missing = due - self._recorded
        if missing > GAP_SAMPLES:
            self.talker.skip(missing // PACKET_SAMPLES * PACKET_SAMPLES)
            self._recorded += missing // PACKET_SAMPLES * PACKET_SAMPLES
        self._recorded += sound.size
        self.talker.push(sound)

    def _play_into_the_void(self, now_ns: int) -> None:
        if self._void_ns is None or now_ns - self._void_ns > LATE_NS:
            self._void_ns = now_ns
        while self._void_ns <= now_ns:
            self.player.take(BLOCK_SAMPLES, self._void_ns)
            self._void_ns += BLOCK_NS

    def request_stop(self) -> None:
        """Ask the stage to end, and wake it."""
        super().request_stop()
        self._blocks.close()

    def close(self) -> None:
        """Let the devices go."""
        if self._stream is not None:
            self._stream.close()
            self._stream = None
