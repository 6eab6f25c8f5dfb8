from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from codec.h265 import MAX_ACCESS_UNIT, H265Decoder, H265Encoder, split_nal_units
from codec.types import Frame
from tests.codec.untrusted import a_value_or_one_line

IDR, VPS = 20, 32


def _picture(t: int, width: int = 96, height: int = 64) -> NDArray[np.uint8]:
    y, x = np.mgrid[:height, :width]
    wave = 128 + 80 * np.sin((x + 2 * t) / 11) * np.cos(y / 9)
    return np.stack([wave, 255 - wave, wave / 2 + 60], -1).astype(np.uint8)


def _types(access_unit: bytes) -> list[int]:
    return [unit[0] >> 1 & 63 for unit in split_nal_units(access_unit)]


def test_pictures_come_out_at_once_and_alike() -> None:
    encoder, decoder = H265Encoder(96, 64, 25, 200), H265Decoder()
    for seq in range(10):
        frame = Frame(_picture(seq), seq * 40_000_000, seq)
        units = encoder.encode(frame)
        assert len(units) == 1
        (out,) = decoder.decode(units[0])
        assert out.shape == (64, 96, 3)
        assert np.abs(out.astype(int) - frame.rgb).mean() < 8
    encoder.close()


def test_key_pictures_come_only_when_asked_for_and_carry_parameter_sets() -> None:
    encoder = H265Encoder(96, 64)
    types = [_types(encoder.encode(_picture(seq), force_key=seq == 5)[0]) for seq in range(40)]
    assert [seq for seq, found in enumerate(types) if VPS in found] == [0, 5]
    assert IDR in types[5]
    encoder.close()


def test_a_decoder_joins_at_a_key_picture() -> None:
    encoder, decoder = H265Encoder(96, 64), H265Decoder()
    units = [encoder.encode(_picture(seq), force_key=seq == 6)[0] for seq in range(9)]
    outputs = []
    for unit in units[3:]:
        try:
            outputs.append(len(decoder.decode(unit)))
        except ValueError:
            outputs.append(0)
    assert outputs == [0, 0, 0, 1, 1, 1]
    encoder.close()


def test_wrong_pictures_and_rates_are_refused() -> None:
    encoder = H265Encoder(96, 64)
    for wrong in (_picture(0, 64, 64), np.zeros((64, 96), np.uint8), np.zeros((64, 96, 3), np.float32)):
        with pytest.raises(ValueError, match=r"picture|expected"):
            encoder.encode(wrong)  # type: ignore[arg-type]
    encoder.close()
    for width, height in ((97, 64), (16, 64), (8192, 64), (4096, 4096)):
        with pytest.raises(ValueError, match="pixels"):
            H265Encoder(width, height)
    for fps, kbps in ((0, 100), (25, 0), (float("nan"), 100)):
        with pytest.raises(ValueError, match="cannot encode"):
            H265Encoder(96, 64, fps, kbps)


def test_a_picture_larger_than_allowed_is_refused_before_it_is_allocated() -> None:
    encoder = H265Encoder(512, 512)
    unit = encoder.encode(_picture(0, 512, 512))[0]
    encoder.close()
    with pytest.raises(ValueError, match="not a decodable"):
        H265Decoder(max_pixels=256 * 256).decode(unit)
    assert len(H265Decoder(max_pixels=512 * 512).decode(unit)) == 1
    with pytest.raises(ValueError, match="exceeds"):
        H265Decoder().decode(bytes(MAX_ACCESS_UNIT + 1))


@pytest.fixture(scope="module")
def units() -> list[bytes]:
    encoder = H265Encoder(96, 64)
    made = [encoder.encode(_picture(seq))[0] for seq in range(4)]
    encoder.close()
    return made


@given(st.integers(0, 10_000), st.binary(min_size=1, max_size=40))
@settings(max_examples=100)
def test_damaged_pictures_decode_or_raise_a_value_error(units: list[bytes], position: int, junk: bytes) -> None:
    decoder = H265Decoder()
    for index, unit in enumerate(units):
        damaged = bytearray(unit)
        if index < 2:
            start = position % len(damaged)
            damaged[start : start + len(junk)] = junk
        with a_value_or_one_line():
            for picture in decoder.decode(bytes(damaged)):
                assert picture.dtype == np.uint8
    decoder.flush()
    assert len(decoder.decode(units[0])) == 1


@given(st.binary(max_size=200))
def test_any_bytes_decode_or_raise_a_value_error(data: bytes) -> None:
    for unit in (data, b"\x00\x00\x01\x42" + data):
        with a_value_or_one_line():
            assert H265Decoder(256 * 256).decode(unit) == []
        split_nal_units(unit)
