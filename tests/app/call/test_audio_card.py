"""The sound card with devices that come and go, stood in for by a clock; and real ones on PulseAudio's null sink."""

import json
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from app.call import audio_card
from app.call.audio import BLOCK_NS, BLOCK_SAMPLES
from app.call.audio_card import SoundCard
from app.call.audio_devices import Block, NoSoundDevice, SoundChoice, SoundStream
from app.call.audio_talker import PACKET_SAMPLES
from app.net.media import MediaPacket
from app.net.opus import OpusEncoder
from app.net.wire_plan import WirePlan
from tests.app.call.test_stages import no_failure, wait_for
from tests.app.net.test_opus import blocks, voice

VOICE = voice(2)


class FakeStream:
    """Gives and asks for a block every 20 ms."""

    def __init__(
        self, choice: SoundChoice, fill: Callable[[int, int], NDArray[np.int16]], on_block: Callable[[Block], None]
    ) -> None:
        self.plays = choice.speaker is not None
        self.records = choice.microphone is not None
        self.lacks = "" if self.records else "no microphone was found"
        self.is_active = True
        self.heard: list[NDArray[np.int16]] = []
        self._fill, self._on_block = fill, on_block
        self._thread = threading.Thread(target=self._run, name="fake-card", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        at = 0
        while self.is_active:
            now_ns = time.monotonic_ns()
            far = self._fill(BLOCK_SAMPLES, now_ns) if self.plays else np.zeros(BLOCK_SAMPLES, np.int16)
            self.heard.append(far)
            start = at * BLOCK_SAMPLES % (VOICE.size - BLOCK_SAMPLES)
            near = VOICE[start : start + BLOCK_SAMPLES] if self.records else None
            self._on_block(Block(near, far, now_ns - BLOCK_NS, 20.0))
            at += 1
            time.sleep(BLOCK_NS / 1e9)

    def close(self) -> None:
        self.is_active = False
        self._thread.join()


class FakeSystem:
    """Devices that can be pulled out and plugged in."""

    def __init__(self, plugged: bool = True) -> None:
        self.plugged = plugged
        self.scans = 0
        self.streams: list[FakeStream] = []
        self.choices: list[SoundChoice] = []

    def open(
        self, choice: SoundChoice, fill: Callable[[int, int], NDArray[np.int16]], on_block: Callable[[Block], None]
    ) -> SoundStream:
        if not self.plugged:
            raise NoSoundDevice("no sound device: nothing is plugged in")
        self.choices.append(choice)
        self.streams.append(FakeStream(choice, fill, on_block))
        return self.streams[-1]

    def rescan(self) -> None:
        self.scans += 1


class Bench:
    def __init__(self, system: FakeSystem, choice: SoundChoice) -> None:
        self.system = system
        self.sent: list[tuple[bytes, int, bool]] = []
        self.events: list[str] = []
        self.card = SoundCard(
            system,
            choice,
            lambda *packet: self.sent.append(packet),
            lambda: WirePlan(False, 1, 16, 0.0),
            self.events.append,
            no_failure,
        )


@pytest.fixture
def make(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Bench]]:
    monkeypatch.setattr(audio_card, "RETRY_NS", 50_000_000)
    before = set(threading.enumerate())
    made: list[Bench] = []

    def make_one(plugged: bool = True, choice: SoundChoice = SoundChoice()) -> Bench:  # noqa: B008 - frozen
        made.append(Bench(FakeSystem(plugged), choice))
        made[-1].card.start()
        return made[-1]

    yield make_one
    for bench in made:
        bench.card.request_stop()
        bench.card.join()
    assert set(threading.enumerate()) <= before


def feed(card: SoundCard, packets: int) -> None:
    encoder = OpusEncoder()
    for index, block in enumerate(blocks(voice(packets * 0.06 + 0.1), PACKET_SAMPLES)[:packets]):
        card.put(MediaPacket(encoder.encode(block), index * PACKET_SAMPLES, index))


def test_card_plays_and_sends_once_the_call_has_begun(make: Callable[..., Bench]) -> None:
    bench = make()
    wait_for(lambda: bool(bench.system.streams))
    feed(bench.card, 5)
    wait_for(lambda: bench.card.player.counts().playout.played >= 4)
    wait_for(lambda: any(part.any() for part in bench.system.streams[0].heard))
    assert not bench.sent, "the microphone is off before the call begins"
    began_ns = time.monotonic_ns()
    bench.card.begin(began_ns)
    wait_for(lambda: len(bench.sent) >= 4)
    elapsed = (time.monotonic_ns() - began_ns) * 48_000 // 10**9
    stamps = [timestamp for _, timestamp, _ in bench.sent]
    assert all(stamp % PACKET_SAMPLES == 0 for stamp in stamps)
    assert stamps == sorted(set(stamps))
    assert stamps[-1] <= elapsed + 2 * PACKET_SAMPLES
    assert not all(silent for _, _, silent in bench.sent)


def test_muted_microphone_sends_silence(make: Callable[..., Bench]) -> None:
    bench = make()
    bench.card.talker.mute.set()
    bench.card.begin(time.monotonic_ns())
    wait_for(lambda: len(bench.sent) >= 14)
    assert sum(silent for _, _, silent in bench.sent) >= len(bench.sent) // 2 - 2


def test_device_that_is_pulled_out_is_found_again(make: Callable[..., Bench]) -> None:
    bench = make()
    bench.card.begin(time.monotonic_ns())
    wait_for(lambda: bool(bench.sent))
    bench.system.plugged = False
    bench.system.streams[0].is_active = False
    wait_for(lambda: bench.events[-1] == "no sound device: nothing is plugged in")
    sent = len(bench.sent)
    feed(bench.card, 5)
    wait_for(lambda: bench.card.player.counts().playout.played >= 4)
    bench.system.plugged = True
    wait_for(lambda: len(bench.sent) > sent + 2)
    assert bench.events == [
        "sound devices are open",
        "the sound device has gone",
        "no sound device: nothing is plugged in",
        "sound devices are open",
    ]
    jumps = np.diff([timestamp for _, timestamp, _ in bench.sent])
    assert (jumps >= PACKET_SAMPLES).all(), "what was not recorded is a pause"


def test_without_devices_the_clock_of_sound_goes_on(make: Callable[..., Bench]) -> None:
    bench = make(plugged=False)
    feed(bench.card, 10)
    wait_for(lambda: bench.card.player.counts().playout.played >= 9)
    assert bench.card.player.plays_at_ns(0) is not None
    assert bench.events == ["no sound device: nothing is plugged in"]


def test_other_devices_may_be_chosen(make: Callable[..., Bench]) -> None:
    bench = make(choice=SoundChoice("first", None))
    wait_for(lambda: len(bench.system.choices) == 1)
    feed(bench.card, 5)
    wait_for(lambda: bench.card.player.counts().playout.played >= 4)
    bench.card.choose(SoundChoice("second", "loud"))
    wait_for(lambda: len(bench.system.choices) == 2)
    assert bench.system.choices == [SoundChoice("first", None), SoundChoice("second", "loud")]
    assert not bench.system.streams[0].is_active


PROBE = """
import json, time, numpy as np
from app.call.audio_devices import PortAudio, SoundChoice, NoSoundDevice, device_names
names, blocks, played = device_names(), [], [0]
def fill(count, heard_ns):
    played[0] += count
    return np.asarray(np.sin((np.arange(count) + played[0]) * 2 * np.pi * 440 / 48000) * 8000, np.int16)
system = PortAudio()
system.rescan()
stream = system.open(SoundChoice(), fill, blocks.append)
end = time.monotonic() + 15
while time.monotonic() < end and not (len(blocks) > 50 and blocks[-1].near.any()):
    time.sleep(0.05)
active = stream.is_active
stream.close()
heard = np.concatenate([block.near for block in blocks[-25:]])
try:
    system.open(SoundChoice("no such device", None), fill, blocks.append)
    refused = ""
except NoSoundDevice as exc:
    refused = str(exc)
hertz = int(np.abs(np.fft.rfft(heard)).argmax() * 48000 / heard.size)
print(json.dumps([names, active, hertz, blocks[-1].delay_ms, refused]))
"""


def has_portaudio() -> bool:
    try:
        import sounddevice  # noqa: F401
    except OSError:
        return False
    return True


@pytest.mark.skipif(
    shutil.which("pulseaudio") is None or not has_portaudio(), reason="needs pulseaudio and libportaudio2"
)
def test_real_devices_on_a_null_sink(tmp_path: Path) -> None:
    """What is played into the sink comes back from its monitor."""
    (tmp_path / "asound.conf").write_text(
        "</usr/share/alsa/alsa.conf>\npcm.!default { type pulse }\nctl.!default { type pulse }\n"
    )
    socket = tmp_path / "socket"
    environment = os.environ | {
        "HOME": str(tmp_path),
        "XDG_RUNTIME_DIR": str(tmp_path),
        "PULSE_SERVER": f"unix:{socket}",
        "PULSE_SOURCE": "void.monitor",
        "ALSA_CONFIG_PATH": str(tmp_path / "asound.conf"),
        "PYTHONPATH": str(Path(__file__).resolve().parents[3]),
    }
    modules = ("module-null-sink sink_name=void", f"module-native-protocol-unix auth-anonymous=1 socket={socket}")
    command = ["pulseaudio", "-n", "--daemonize=no", "--exit-idle-time=-1", "--use-pid-file=no"]
    loads = [part for module in modules for part in ("-L", module)]
    with subprocess.Popen([*command, *loads], env=environment, stderr=subprocess.DEVNULL) as server:
        try:
            wait_for(socket.exists)
            done = subprocess.run(
                [sys.executable, "-c", PROBE], env=environment, capture_output=True, text=True, timeout=60
            )
        finally:
            server.terminate()
    if "no sound device" in done.stderr or "Error querying" in done.stderr:
        pytest.skip("this machine's ALSA has no way to PulseAudio")
    names, active, hertz, delay_ms, refused = json.loads(done.stdout.splitlines()[-1])
    assert names[0]
    assert names[1]
    assert active
    assert abs(hertz - 440) <= 4
    assert 0 <= delay_ms < 1000
    assert refused.startswith("no sound device")
    assert "\n" not in refused
