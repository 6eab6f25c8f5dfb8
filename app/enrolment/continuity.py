"""Whether the face before the camera can still be the one that passed the liveness check: it never left or jumped."""

from __future__ import annotations

from app.enrolment.liveness import FACE_GAP_NS
from app.enrolment.reading import FaceReading

JUMP_WIDTHS = 0.8
"""Distance, in widths of the face, that no head moves between two pictures a tenth of a second apart."""

JUMP_SCALE = 1.5
"""Change of its width that likewise only another face brings."""

JUMP_WITHIN_NS = 200_000_000
"""Only pictures so close in time are compared."""


class Continuity:
    """Follows one face. Time comes with the readings."""

    def __init__(self) -> None:
        self._last: FaceReading | None = None

    def update(self, reading: FaceReading | None, now_ns: int) -> bool:
        """Takes one picture in; False where another face may have come, which is told once."""
        last = self._last
        if reading is None:
            if last is not None and now_ns - last.t_ns > FACE_GAP_NS:
                self._last = None
                return False
            return True
        self._last = reading
        if last is None:
            return True
        gap_ns = now_ns - last.t_ns
        if gap_ns > FACE_GAP_NS:
            return False
        return gap_ns > JUMP_WITHIN_NS or not _jumped(last, reading)


def _jumped(before: FaceReading, after: FaceReading) -> bool:
    width = max(before.width, 1e-6)
    far = ((after.x - before.x) ** 2 + (after.y - before.y) ** 2) ** 0.5 > JUMP_WIDTHS * width
    scale = after.width / width
    return far or not 1 / JUMP_SCALE < scale < JUMP_SCALE
