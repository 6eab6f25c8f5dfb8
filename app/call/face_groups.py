"""Which faces go in one packet: they are coded jointly, in fewer bits the more they are. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from codec.transform import MOST_FRAMES
from codec.types import FaceCode


@dataclass(frozen=True, slots=True)
class FaceGroup:
    """Faces of frames that follow one another, for one packet.

    Attributes:
        first: number of the first frame.
        codes: one to five.
    """

    first: int
    codes: tuple[FaceCode, ...]


class FaceGroups:
    """Keeps faces until there are as many as a packet is to hold, or no more come."""

    def __init__(self) -> None:
        self._first = 0
        self._codes: tuple[FaceCode, ...] = ()

    def take(self, code: FaceCode | None, seq: int, together: int) -> list[FaceGroup]:
        """Take a frame's face, and give what is to be coded now: nothing, or a group or two.

        Args:
            code: None where none was found; those before it wait no longer.
            seq: its number, larger than those before; where some are left out the group ends too.
            together: how many faces a packet is to hold.
        """
        groups = []
        if self._codes and (code is None or seq != self._first + len(self._codes)):
            groups.append(self._end())
        if code is not None:
            if not self._codes:
                self._first = seq
            self._codes += (code,)
            if len(self._codes) >= min(together, MOST_FRAMES):
                groups.append(self._end())
        return groups

    def _end(self) -> FaceGroup:
        group = FaceGroup(self._first, self._codes)
        self._codes = ()
        return group
