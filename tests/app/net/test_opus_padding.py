"""Bytes that ride in an Opus packet's padding: any decoder plays the same, and any bytes in do no harm."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.net.opus import OpusDecoder, OpusEncoder, packet_samples
from app.net.opus_padding import RIDER_MAX, add_rider, split_rider
from tests.app.net.test_opus import blocks, voice


@pytest.mark.parametrize("size", [960, 1920, 2880])
@pytest.mark.parametrize("kbps", [6, 16, 24])
def test_sound_is_the_same_with_a_rider_and_the_rider_comes_back(size: int, kbps: int) -> None:
    encoder, plain, loaded = OpusEncoder(kbps), OpusDecoder(), OpusDecoder()
    sound = np.concatenate((voice(0.6), np.zeros(48_000, np.int16)))
    for index, block in enumerate(blocks(sound, size)):
        packet, rider = encoder.encode(block), bytes(range(1 + index % 40))
        both = add_rider(packet, rider)
        assert packet_samples(both) == size
        assert split_rider(both) == (packet, rider)
        assert np.array_equal(plain.decode(packet), loaded.decode(both)), "a stock decoder skips it"


def test_golden_bytes() -> None:
    assert add_rider(b"\x58abc", b"rider").hex() == "5b41" + "05" + "616263" + b"rider".hex()
    assert add_rider(b"\x58", b"r").hex() == "5b410172"
    assert add_rider(b"\x59aabb", b"r").hex() == "5b4201" + b"aabbr".hex()
    assert add_rider(b"\x5a\x01abb", b"r").hex() == "5bc20101" + b"abbr".hex()


@given(st.binary(min_size=1, max_size=80), st.binary(min_size=1, max_size=RIDER_MAX))
def test_every_packet_without_padding_carries_every_rider(packet: bytes, rider: bytes) -> None:
    try:
        both = add_rider(packet, rider)
    except ValueError:
        assert packet[0] & 3 == 3
        return
    bare, back = split_rider(both)
    assert back == rider
    if packet[0] & 3 == 0:
        assert bare == packet


@settings(max_examples=300)
@given(st.binary(max_size=1200))
def test_any_bytes_come_apart_or_give_a_value_error(data: bytes) -> None:
    try:
        packet, rider = split_rider(data)
    except ValueError:
        return
    assert len(packet) + len(rider) <= len(data)


@pytest.mark.parametrize("case", [(b"", b"x"), (b"\x58a", b""), (b"\x58a", bytes(1001)), (b"\x5b\x41\x01ab", b"x")])
def test_what_does_not_fit_is_refused(case: tuple[bytes, bytes]) -> None:
    with pytest.raises(ValueError, match=r"ride|rider"):
        add_rider(*case)
