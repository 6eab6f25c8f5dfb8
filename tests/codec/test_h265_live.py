"""A quantiser for each picture, and none of them a key picture that was not asked for."""

import numpy as np
import pytest
from numpy.typing import NDArray

from app.net.h265_rtp import is_key
from codec.h265 import H265Decoder
from codec.h265_live import H265LiveEncoder, LivePicture


def pictures(count: int, side: int = 128) -> list[NDArray[np.uint8]]:
    rng = np.random.default_rng(1)
    texture = rng.integers(60, 200, (side, side, 3), np.uint8)
    smooth = (texture.astype(np.uint16) + np.roll(texture, 1, 0) + np.roll(texture, 1, 1)) // 3
    noise = rng.integers(0, 12, (count, side, side, 3), np.uint8)
    return [np.roll(smooth.astype(np.uint8), index, 1) + noise[index] for index in range(count)]


def test_size_and_likeness_follow_the_quantiser_without_key_pictures() -> None:
    encoder, decoder = H265LiveEncoder(128, 128), H265Decoder()
    sizes: dict[int, int] = {}
    errors: dict[int, float] = {}
    keys = []
    for index, picture in enumerate(pictures(24)):
        qp = (20, 32, 44)[index // 8]
        unit = encoder.encode(LivePicture(picture), qp)
        keys.append(is_key(unit))
        (shown,) = decoder.decode(unit)
        if index % 8 > 3:
            sizes[qp] = sizes.get(qp, 0) + len(unit)
            errors[qp] = errors.get(qp, 0.0) + float(np.abs(shown.astype(int) - picture).mean())
    encoder.close()
    assert keys == [True] + [False] * 23
    assert sizes[20] > 2 * sizes[32] > 4 * sizes[44]
    assert errors[20] < errors[32] < errors[44]


def test_key_pictures_come_when_asked_for() -> None:
    encoder = H265LiveEncoder(64, 64)
    units = [encoder.encode(LivePicture(picture), 30, index == 2) for index, picture in enumerate(pictures(4, 64))]
    encoder.close()
    assert [is_key(unit) for unit in units] == [True, False, True, False]
    assert len(H265Decoder().decode(units[2])) == 1


def test_luma_is_the_pictures_brightness() -> None:
    picture = np.zeros((34, 66, 3), np.uint8)
    picture[:, 40:] = 255
    luma = LivePicture(picture).luma
    assert luma.shape == (34, 66)
    assert (luma[:, :38] == 16).all()
    assert (luma[:, 42:] == 235).all()


def test_wrong_pictures_are_refused() -> None:
    with pytest.raises(ValueError, match="picture"):
        LivePicture(np.zeros((64, 64), np.uint8))
    with pytest.raises(ValueError, match="even"):
        H265LiveEncoder(63, 64)
    encoder = H265LiveEncoder(64, 64)
    with pytest.raises(ValueError, match="expected"):
        encoder.encode(LivePicture(np.zeros((32, 64, 3), np.uint8)), 30)
    encoder.close()
