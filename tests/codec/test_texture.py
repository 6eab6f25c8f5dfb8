from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codec.intra import encode_intra
from codec.texture import BUDGET, Texture, decode_texture, encode_texture
from tests.codec.untrusted import a_value_or_one_line
from tests.golden.make_codec import made_up_texture


def _error_levels(a: Texture, b: Texture) -> float:
    """RMS difference in grey levels."""
    gaps = np.concatenate([(a.head - b.head).ravel(), (a.torso - b.torso).ravel()]) * 255
    return float(np.sqrt((gaps**2).mean()))


def test_a_texture_is_small_faithful_and_deterministic() -> None:
    texture = made_up_texture()
    packet = encode_texture(texture)
    assert packet[:2] == b"\x01\x00", "one grey level to a step, and no parameter sets"
    assert len(packet) < 300
    assert _error_levels(decode_texture(packet), texture) < 3.5
    assert encode_texture(texture) == packet


def test_nothing_stays_nothing_in_a_few_bytes() -> None:
    packet = encode_texture(Texture.none())
    assert len(packet) < 50
    decoded = decode_texture(packet)
    assert not decoded.head.any()
    assert not decoded.torso.any()


def test_a_black_shirt_may_turn_white() -> None:
    texture = Texture.none()
    texture.torso[80:] = 0.95
    packet = encode_texture(texture)
    assert packet[0] == 2
    assert decode_texture(packet).torso[120:, 20:140].min() > 0.9
    assert np.abs(decode_texture(packet).torso[:60]).max() < 0.05


def test_the_budget_is_kept() -> None:
    random = np.random.default_rng(2)
    noise = Texture.none()
    noise.head[:] = random.normal(0, 0.1, noise.head.shape)
    noise.torso[:] = random.normal(0, 0.1, noise.torso.shape)
    assert len(encode_texture(noise)) <= BUDGET
    assert len(encode_texture(noise, 4000)) > BUDGET


def test_a_picture_of_another_size_is_none() -> None:
    other = encode_intra(np.full((256, 256, 3), 128, np.uint8), b"", 30, 5000)
    with pytest.raises(ValueError, match="a texture of 256x256"):
        decode_texture(b"\x01" + other)
    for wrong in (b"", b"\x00", b"\x01", b"\x03" + other, b"\x01" + bytes(1 << 17)):
        with pytest.raises(ValueError, match=r"texture|intra"):
            decode_texture(wrong)


@given(st.binary(max_size=300))
def test_any_bytes_decode_or_raise_a_value_error(data: bytes) -> None:
    with a_value_or_one_line():
        assert decode_texture(data).head.dtype == np.float32


PACKET = encode_texture(made_up_texture())


@given(st.integers(0, len(PACKET) - 1), st.integers(0, 255), st.integers(0, len(PACKET)))
@settings(max_examples=150)
def test_damaged_textures_decode_within_range_or_raise_a_value_error(position: int, value: int, length: int) -> None:
    damaged = bytearray(PACKET)
    damaged[position] = value
    with a_value_or_one_line():
        decoded = decode_texture(bytes(damaged[: max(length, position)]))
        assert max(np.abs(decoded.head).max(), np.abs(decoded.torso).max()) <= 256 / 255
