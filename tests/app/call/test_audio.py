"""Sound from a clip to a speaker that nobody hears: on time, in packets, muted, damaged."""

import time
from pathlib import Path

import numpy as np
import pytest

from app.call.audio import BLOCK_NS, BLOCK_SAMPLES, FileMicrophone, NullSpeaker, read_sound
from app.call.audio_player import SoundPlayer
from app.call.audio_talker import PACKET_SAMPLES, Talker
from app.net.media import MediaPacket
from app.net.opus import OpusEncoder
from app.net.wire_plan import WirePlan
from tests.app.call.test_stages import no_failure, wait_for
from tests.app.net.test_opus import blocks, voice
from tests.fakes.stages import write_clip

PLAN = WirePlan(False, 1, 16, 0.0)


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_clip(tmp_path_factory.mktemp("clip") / "disc.mp4", seconds=1)


def test_clip_is_read_in_blocks_over_and_over(clip: Path) -> None:
    sound = read_sound(clip)
    parts = [next(sound) for _ in range(120)]
    assert all(part.shape == (BLOCK_SAMPLES,) for part in parts)
    spectrum = np.abs(np.fft.rfft(np.concatenate(parts[20:45]).astype(float)))
    assert spectrum.argmax() * 2 == pytest.approx(440, abs=4)


def test_microphone_reaches_the_speaker(clip: Path) -> None:
    speaker = NullSpeaker(no_failure)
    sequence = iter(range(65530, 10**6))

    def send(packet: bytes, timestamp: int, silent: bool) -> None:
        at = next(sequence)
        if at != 65540:  # lost
            speaker.put(MediaPacket(packet, timestamp, at % 0x10000))

    microphone = FileMicrophone(clip, send, lambda: PLAN, no_failure)
    speaker.start()
    microphone.begin(time.monotonic_ns())
    wait_for(lambda: speaker.player.counts().playout.played > 20)
    for stage in (microphone, speaker):
        stage.request_stop()
        stage.join()
    counts = speaker.player.counts()
    assert counts.playout.lost == 1
    assert counts.peak > 3000
    assert counts.damaged == 0
    assert microphone.talker.sent_bytes > 0


def test_player_gives_sound_in_time_and_says_when_it_is_heard() -> None:
    encoder, player = OpusEncoder(), SoundPlayer()
    sound = voice(2)
    parts = []
    for index, block in enumerate(blocks(sound, PACKET_SAMPLES)):
        player.put(MediaPacket(encoder.encode(block), index * PACKET_SAMPLES, index), (index + 1) * 3 * BLOCK_NS)
        parts += [player.take(BLOCK_SAMPLES, ((index + 1) * 3 + step) * BLOCK_NS) for step in range(3)]
    assert all(part.shape == (BLOCK_SAMPLES,) for part in parts)
    heard = np.concatenate(parts)
    assert int(np.abs(heard).max()) == pytest.approx(player.counts().peak, abs=2)
    at_ns = player.plays_at_ns(30 * 960)
    assert at_ns is not None
    assert 60e6 <= at_ns - 30 * BLOCK_NS <= 100e6
    # What is heard at that moment is that very sound: their envelopes agree.
    start = round((at_ns - 3 * BLOCK_NS) / BLOCK_NS * BLOCK_SAMPLES)
    one = np.abs(heard[start : start + 24_000].astype(float)).reshape(-1, 480).mean(1)
    other = np.abs(sound[30 * 960 : 30 * 960 + 24_000].astype(float)).reshape(-1, 480).mean(1)
    assert np.corrcoef(one, other)[0, 1] > 0.9


def test_player_survives_nonsense() -> None:
    player = SoundPlayer()
    player.put(MediaPacket(b"", 0, 0), 0)
    player.put(MediaPacket(b"\xff" * 2000, 0, 1), 0)
    assert player.counts().damaged >= 1
    assert not player.take(500, 0).any()
    assert player.plays_at_ns(0) is None


def test_talker_follows_the_plan_and_mutes_into_silence() -> None:
    plans = [PLAN]
    sent: list[tuple[bytes, int, bool]] = []
    talker = Talker(lambda *packet: sent.append(packet), lambda: plans[-1])
    sound = voice(6)
    for block in blocks(sound[: 48_000 * 3], 960):
        talker.push(block)
    assert [timestamp for _, timestamp, _ in sent] == [index * PACKET_SAMPLES for index in range(50)]
    full = talker.sent_bytes
    plans.append(WirePlan(True, 5, 6, 0.0))
    for block in blocks(sound[: 48_000 * 3], 700):
        talker.push(block)
    assert talker.sent_bytes - full < 0.6 * full
    talker.mute.set()
    sent.clear()
    for block in blocks(sound, 960):
        talker.push(block)
    assert sum(silent for _, _, silent in sent) > 0.8 * len(sent) - 5
    assert talker.silent_packets > 0
