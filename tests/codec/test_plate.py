from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from codec.h265 import H265Encoder
from codec.intra import MAX_INTRA_BYTES
from codec.plate import decode_plate, encode_plate
from tests.codec.untrusted import a_value_or_one_line


def _room(width: int = 256, height: int = 256) -> NDArray[np.uint8]:
    """A background with an edge, a gradient and a frame on the wall."""
    y, x = np.mgrid[:height, :width] / 256
    picture = np.stack([180 - 60 * y, 150 + 40 * x, 120 + 50 * x * y], -1)
    picture[y[:, 0] > 0.75] *= 0.6
    picture[(np.abs(x - 0.8) < 0.12) & (np.abs(y - 0.3) < 0.15)] = (60, 50, 45)
    return picture.astype(np.uint8)


def _psnr(a: NDArray[np.uint8], b: NDArray[np.uint8]) -> float:
    return float(10 * np.log10(255**2 / np.mean((a.astype(float) - b) ** 2)))


def test_a_standard_plate_is_small_faithful_and_deterministic() -> None:
    packet = encode_plate(_room())
    assert packet[0] == 0
    assert len(packet) < 1000
    assert _psnr(decode_plate(packet), _room()) > 38
    assert encode_plate(_room()) == packet


def test_the_budget_is_kept_where_it_can_be() -> None:
    noise = np.random.default_rng(3).integers(0, 256, (256, 256, 3)).astype(np.uint8)
    busy = (_room() // 2 + noise // 4).astype(np.uint8)
    sizes = [len(encode_plate(busy, budget)) for budget in (600, 1500, 4000)]
    assert sizes[0] <= 600 < sizes[2] <= 4000
    assert sizes[0] < sizes[1] <= 1500
    assert decode_plate(encode_plate(noise, 1)).shape == (256, 256, 3)


@pytest.mark.parametrize(("width", "height"), [(128, 128), (512, 512), (320, 240)])
def test_other_sizes_carry_their_parameter_sets(width: int, height: int) -> None:
    packet = encode_plate(_room(width, height))
    assert packet[0] == 1
    assert decode_plate(packet).shape == (height, width, 3)


def test_wrong_pictures_are_refused() -> None:
    for wrong in (np.zeros((256, 256), np.uint8), np.zeros((255, 256, 3), np.uint8), np.zeros((8, 8, 3), np.uint8)):
        with pytest.raises(ValueError, match=r"picture|pixels"):
            encode_plate(wrong)
    with pytest.raises(ValueError, match="exceeds"):
        encode_plate(np.zeros((1026, 32, 3), np.uint8))


def test_a_huge_declared_picture_is_refused() -> None:
    encoder = H265Encoder(2048, 2048)
    unit = encoder.encode(np.zeros((2048, 2048, 3), np.uint8))[0]
    encoder.close()
    with pytest.raises(ValueError, match="not a decodable"):
        decode_plate(b"\x01" + unit)
    with pytest.raises(ValueError, match="bytes"):
        decode_plate(bytes(MAX_INTRA_BYTES + 1))
    wide = H265Encoder(2048, 64)
    unit = wide.encode(np.zeros((64, 2048, 3), np.uint8))[0]
    wide.close()
    with pytest.raises(ValueError, match="without a picture"):
        decode_plate(b"\x01" + unit)


@given(st.binary(max_size=300))
def test_any_bytes_decode_or_raise_a_value_error(data: bytes) -> None:
    with a_value_or_one_line():
        assert decode_plate(data).dtype == np.uint8


PACKET = encode_plate(_room())


@given(st.integers(0, len(PACKET) - 1), st.integers(0, 255), st.integers(0, len(PACKET)))
@settings(max_examples=150)
def test_damaged_plates_decode_or_raise_a_value_error(position: int, value: int, length: int) -> None:
    damaged = bytearray(PACKET)
    damaged[position] = value
    with a_value_or_one_line():
        assert decode_plate(bytes(damaged[: max(length, position)])).shape[2] == 3
