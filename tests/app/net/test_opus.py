"""Opus by the library itself: bitrate, silence, recovery, concealment, and bytes from anybody."""

import contextlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from app.net import opus
from app.net.opus import OpusDecoder, OpusEncoder, carries_previous, packet_samples


def voice(seconds: float, seed: int = 1) -> NDArray[np.int16]:
    """Something like speech: a buzz of changing pitch, switched on and off five times a second."""
    rng = np.random.default_rng(seed)
    t = np.arange(round(seconds * 48_000)) / 48_000
    pitch = 120 + 30 * np.sin(2 * np.pi * 0.7 * t)
    phase = 2 * np.pi * np.cumsum(pitch) / 48_000
    buzz = sum(np.sin(k * phase) / k for k in range(1, 20))
    loud = 0.2 + 0.8 * np.clip(np.sin(2 * np.pi * 2.5 * t), 0, 1)
    return np.asarray((buzz * loud * 5000 + rng.normal(0, 30, t.size)).clip(-32768, 32767), np.int16)


def blocks(sound: NDArray[np.int16], size: int) -> list[NDArray[np.int16]]:
    return [sound[at : at + size] for at in range(0, sound.size - size + 1, size)]


@pytest.mark.parametrize("size", [960, 1920, 2880])
def test_sound_survives_at_every_packet_length(size: int) -> None:
    encoder, decoder = OpusEncoder(16), OpusDecoder()
    sound = voice(2)
    heard = []
    for block in blocks(sound, size):
        packet = encoder.encode(block)
        assert packet_samples(packet) == size
        heard.append(decoder.decode(packet))
    assert all(part.shape == (size,) for part in heard)
    spectra = [np.abs(np.fft.rfft(part[48_000:].astype(float)))[:4000] for part in (sound, np.concatenate(heard))]
    length = min(spectrum.size for spectrum in spectra)
    assert np.corrcoef(spectra[0][:length], spectra[1][:length])[0, 1] > 0.8


def test_bitrate_changes_between_packets() -> None:
    encoder = OpusEncoder(24)
    rates = []
    for kbps in (24, 6, 24):
        encoder.set_bitrate(kbps)
        packets = [encoder.encode(block) for block in blocks(voice(3), 2880)]
        rates.append(sum(map(len, packets)) * 8 / 3000)
    assert rates[0] > 16 > 9 > rates[1]
    assert rates[2] > 16


def test_silence_takes_a_byte_or_two_and_comes_out_as_silence() -> None:
    encoder, decoder = OpusEncoder(16), OpusDecoder()
    packets = [encoder.encode(block) for block in blocks(np.zeros(48_000 * 3, np.int16), 2880)]
    assert sum(len(packet) <= opus.SILENT_BYTES for packet in packets[10:]) > 0.8 * len(packets[10:])
    heard = np.concatenate([decoder.decode(packet) for packet in packets])
    assert int(np.abs(heard[48_000:]).max()) < 100
    without = OpusEncoder(16, dtx=False)
    assert all(len(without.encode(block)) > 2 for block in blocks(np.zeros(48_000, np.int16), 2880))


def test_lost_packet_comes_back_from_the_next_and_beats_concealment() -> None:
    encoder = OpusEncoder(24, expected_loss=0.2)
    sound = blocks(voice(3), 2880)
    packets = [encoder.encode(block) for block in sound]
    errors: dict[bool, list[float]] = {True: [], False: []}
    for recovering in (True, False):
        whole, damaged = OpusDecoder(), OpusDecoder()
        for index, packet in enumerate(packets[:-1]):
            right = whole.decode(packet)
            following = packets[index + 1]
            if index % 5 != 4 or not carries_previous(following):
                damaged.decode(packet)
                continue
            got = damaged.recover(following, 2880) if recovering else damaged.conceal(2880)
            assert got.shape == (2880,)
            errors[recovering].append(float(np.sqrt(np.mean((got.astype(float) - right) ** 2))))
    assert len(errors[True]) >= 5
    assert np.mean(errors[True]) < 0.7 * np.mean(errors[False])


def test_without_expected_loss_nothing_is_sent_twice() -> None:
    encoder = OpusEncoder(24, expected_loss=0.0)
    assert not any(carries_previous(encoder.encode(block)) for block in blocks(voice(1), 2880))


def test_concealment_fades_out() -> None:
    encoder, decoder = OpusEncoder(16), OpusDecoder()
    for block in blocks(voice(1), 2880):
        decoder.decode(encoder.encode(block))
    levels = [int(np.abs(decoder.conceal(960)).max()) for _ in range(40)]
    assert levels[0] > 500
    assert max(levels[-5:]) < levels[0] / 3


@settings(max_examples=100)
@given(st.binary(max_size=300))
def test_any_bytes_are_sound_or_a_value_error(packet: bytes) -> None:
    for work in (OpusDecoder().decode, lambda data: OpusDecoder().recover(data, 960)):
        with contextlib.suppress(ValueError):
            assert 0 < work(packet).size <= opus.SAMPLES_MAX
    with contextlib.suppress(ValueError):
        assert 0 < packet_samples(packet) <= opus.SAMPLES_MAX
    assert carries_previous(packet) in (True, False)


def test_what_is_no_packet_is_refused() -> None:
    for packet in (b"", bytes(opus.PACKET_MAX + 1)):
        with pytest.raises(ValueError, match="Opus packet"):
            OpusDecoder().decode(packet)
        with pytest.raises(ValueError, match="Opus packet"):
            packet_samples(packet)
    with pytest.raises(opus.OpusError):
        OpusEncoder().encode(np.zeros(1000, np.int16))


def test_library_is_found_and_without_one_it_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    assert opus.library_version().startswith("libopus")
    opus.load_library.cache_clear()
    monkeypatch.setattr(opus, "candidate_paths", lambda: iter(["/nowhere/libopus.so"]))
    with pytest.raises(OSError, match="no libopus"):
        opus.load_library()
    opus.load_library.cache_clear()
