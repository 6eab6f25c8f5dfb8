"""The largest output size that the renderer holds at the camera's rate. Pure: time is an argument."""

from __future__ import annotations

from app.call.policy import holds_since

SIDES = (128, 256, 512, 768, 1024)
"""Sizes that people choose from, pixels."""

HELD_SHARE = 0.80
"""Of a picture's time that rendering may take; beyond it pictures are about to be missed."""

ROOM_SHARE = 0.55
"""What the next larger size must stay under, as reckoned from the present one, before it is tried."""

DOWN_NS = 1_500_000_000
"""How long rendering must be too slow before the size goes down."""

UP_NS = 3_000_000_000
"""How long there must be room before it goes up."""

AGAIN_NS = 30_000_000_000
"""How long a size that was too large is left alone."""


class AutoSize:
    """Chooses a side.

    Args:
        side: where to begin, one of `SIDES`.
    """

    def __init__(self, side: int = 512) -> None:
        self.side = side
        self._slow_since_ns: int | None = None
        self._room_since_ns: int | None = None
        self._refused: dict[int, int] = {}

    def update(self, render_ms: float, fps: float, now_ns: int) -> int:
        """Take a look at the renderer, about once a second, and give the side for the time to come.

        Args:
            render_ms: mean time of a picture at the present side; 0 where none was rendered.
            fps: pictures that come each second.
            now_ns: monotonic clock.
        """
        if render_ms <= 0 or fps <= 0:
            self._slow_since_ns = self._room_since_ns = None
            return self.side
        share = render_ms * fps / 1000
        index = SIDES.index(self.side)
        self._slow_since_ns = holds_since(self._slow_since_ns, share > HELD_SHARE, now_ns)
        larger = SIDES[index + 1] if index + 1 < len(SIDES) else None
        has_room = larger is not None and share * (larger / self.side) ** 2 < ROOM_SHARE
        self._room_since_ns = holds_since(self._room_since_ns, has_room, now_ns)
        if self._slow_since_ns is not None and now_ns - self._slow_since_ns >= DOWN_NS and index > 0:
            self._refused[self.side] = now_ns
            self._change(SIDES[index - 1])
        elif larger is not None and self._room_since_ns is not None and now_ns - self._room_since_ns >= UP_NS:
            refused_ns = self._refused.get(larger)
            if refused_ns is None or now_ns - refused_ns >= AGAIN_NS:
                self._change(larger)
        return self.side

    def _change(self, side: int) -> None:
        self.side = side
        self._slow_since_ns = self._room_since_ns = None
