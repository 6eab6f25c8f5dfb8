"""What a person looks like now, where the identity says otherwise: another shirt, another lamp.

The sender holds each picture against its rendering anyway, to align them. What is left over then and stays the same on
the person's surface for a second is no motion: it is coded as a texture (`codec.texture`) and sent when it pays.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from codec.texture import HEAD_SHAPE, TORSO_SIDE, Texture, decode_texture, encode_texture
from models.field.space import BOX_HIGH, BOX_LOW

LEAST_SHARE = 0.1
"""Of a part's colour in a pixel's, from which the pixel tells of the part."""

TRUST = 3.0
"""Pixels that it takes to move a texel half of the way: of the ten that a second shows, 1 overfits, 8 is timid. What is
left of a large change follows in a second texture."""

UNSEEN = 2.0 / 255**2
"""Mean squared error that nobody sees, 45 dB: below it no texture pays."""

SPREAD_TEXELS = 0.6
"""Neighbouring texels know of each other: a head that is still shows every other one."""


@dataclass(frozen=True, slots=True)
class _Part:
    """Pixels of one picture on head or torso.

    Attributes:
        x, y: float32 (n,), their places on the part's texels.
        share: float32 (n,), of the part's colour in theirs.
    """

    x: NDArray[np.float32]
    y: NDArray[np.float32]
    share: NDArray[np.float32]

    def added(self, texels: NDArray[np.float32]) -> NDArray[np.float32]:
        """What texels (rows, columns, 3) add to the pixels, float32 (n, 3)."""
        half = np.float32(0.5)
        found = cv2.remap(
            texels, self.x[None] - half, self.y[None] - half, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
        )
        return np.asarray(self.share[:, None] * found[0], np.float32)


@dataclass(frozen=True, slots=True)
class _Look:
    """One picture: where its pixels lie on head and torso, and what they lack.

    Attributes:
        t_ns: its time.
        head, torso: the pixels on either, the same ones.
        lacking: float32 (n, 3), what there is to be added to the identity's own colours.
        elsewhere: sum of the squared errors of all other pixels, and what nobody sees.
    """

    t_ns: int
    head: _Part
    torso: _Part
    lacking: NDArray[np.float32]
    elsewhere: float

    def error(self, texture: Texture) -> float:
        """Sum of the picture's squared errors under a texture."""
        left = self.lacking - self.head.added(texture.head) - self.torso.added(texture.torso)
        return float((left * left).sum()) + self.elsewhere


def _look(t_ns: int, surface: NDArray[np.float32], left: NDArray[np.float32], texture: Texture) -> _Look:
    shown = (surface[..., 0] > LEAST_SHARE) | (surface[..., 4] > LEAST_SHARE)
    cover, x, y, _, share, u, v = np.ascontiguousarray(surface[shown].T)
    rows, columns = HEAD_SHAPE
    x = (x - np.float32(BOX_LOW[0])) * np.float32(columns / (BOX_HIGH[0] - BOX_LOW[0]))
    y = (y - np.float32(BOX_LOW[1])) * np.float32(rows / (BOX_HIGH[1] - BOX_LOW[1]))
    side = np.float32(TORSO_SIDE)
    head, torso = _Part(x, y, cover), _Part(u * side, v * side, share)
    lacking = left[shown] + head.added(texture.head) + torso.added(texture.torso)
    return _Look(t_ns, head, torso, lacking, float((left[~shown] ** 2).sum()) + UNSEEN * left.size)


def _fit(looks: Sequence[_Look], before: Texture) -> Texture:
    """The texture that pictures agree on; texels that they do not show stay as they were."""
    lacking = np.concatenate([look.lacking for look in looks])
    return Texture(
        _fit_part([look.head for look in looks], lacking, before.head),
        _fit_part([look.torso for look in looks], lacking, before.torso),
    )


def _fit_part(parts: Sequence[_Part], lacking: NDArray[np.float32], before: NDArray[np.float32]) -> NDArray[np.float32]:
    rows, columns = before.shape[:2]
    x, y, share = (np.concatenate([getattr(part, name) for part in parts]) for name in ("x", "y", "share"))
    column, row = (np.clip(at.astype(np.int64), 0, most - 1) for at, most in ((x, columns), (y, rows)))

    def gathered(values: NDArray[np.float32]) -> NDArray[np.float32]:
        sums = np.bincount(row * columns + column, share * values, rows * columns).reshape(rows, columns)
        return np.asarray(cv2.GaussianBlur(sums.astype(np.float32), (0, 0), SPREAD_TEXELS), np.float32)

    total = np.stack([gathered(lacking[:, channel]) for channel in range(3)], -1)
    trust = np.float32(TRUST)
    return np.asarray((total + trust * before) / (gathered(share)[..., None] + trust), np.float32)


def _gain(looks: Sequence[_Look], before: Texture, after: Texture) -> float:
    """What a texture gains over another, dB."""
    was, would_be = (sum(look.error(texture) for look in looks) for texture in (before, after))
    return float(10 * np.log10(was / would_be))


class TextureWatcher:
    """Notices that a person does not look as the identity says, and makes a texture. Causal; time is an argument.

    A texture is of a second, and goes out when the last third of that second would look better by `PAYS_DB`; soon after
    another one only when that is as much better as it is sooner.
    """

    COLLECT_NS = 1_000_000_000
    """What stays for so long is no motion. Two seconds are 0.3 dB worse on a webcam's clip: they come later."""

    PAYS_DB, PAYS_AFTER_NS = 0.3, 16_000_000_000
    """Gain that is worth a texture's bytes, and how long after the last one."""

    _EVERY_NS = 100_000_000
    _CHECK_NS = 500_000_000

    def __init__(self) -> None:
        self._texture = Texture.none()
        self._looks: deque[_Look] = deque()
        self._renewed_ns: int | None = None
        self._check_ns = 0

    @property
    def texture(self) -> Texture:
        """The texture that holds now, as the other end has it."""
        return self._texture

    def reset(self) -> None:
        """The next picture does not follow the last one."""
        self._looks.clear()
        self._check_ns = 0

    def update(self, surface: NDArray[np.float32], left: NDArray[np.float32], now_ns: int) -> bytes | None:
        """Looks at one picture.

        Args:
            surface: float32 (H, W, SURFACE), from `models.render.cpu.Sight`, rendered with this watcher's texture.
            left: float32 (H, W, 3), the picture less the rendered one, 1 being the whole range.
            now_ns: its time.

        Returns:
            A texture packet when one pays; else None.
        """
        if self._looks and now_ns < self._looks[-1].t_ns:
            self.reset()
        if self._looks and now_ns - self._looks[-1].t_ns < self._EVERY_NS:
            return None
        self._looks.append(_look(now_ns, surface, left, self._texture))
        while now_ns - self._looks[0].t_ns > self.COLLECT_NS:
            self._looks.popleft()
        if now_ns < self._check_ns or now_ns - self._looks[0].t_ns < self.COLLECT_NS - self._EVERY_NS:
            return None
        self._check_ns = now_ns + self._CHECK_NS
        return self._renewed(now_ns)

    def _renewed(self, now_ns: int) -> bytes | None:
        looks = list(self._looks)
        recent = 2 * len(looks) // 3
        worth = self._worth(now_ns)
        if _gain(looks[recent:], self._texture, _fit(looks[:recent], self._texture)) < worth:
            return None
        packet = encode_texture(_fit(looks, self._texture))
        texture = decode_texture(packet)
        if _gain(looks[recent:], self._texture, texture) < worth:
            self._check_ns += 3 * self._CHECK_NS
            return None
        self._texture, self._renewed_ns = texture, now_ns
        return packet

    def _worth(self, now_ns: int) -> float:
        """Gain that pays now, dB."""
        if self._renewed_ns is None or now_ns < self._renewed_ns:
            return self.PAYS_DB
        return self.PAYS_DB * max(1.0, self.PAYS_AFTER_NS / (now_ns - self._renewed_ns + 1))
