"""Which faces go in one packet: they are coded jointly, in fewer bits the more they are. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from codec.transform import MOST_FRAMES
from codec.types import FaceCode, Stakes


@dataclass(frozen=True, slots=True)
class FaceGroup:
    """Faces of frames that follow one another, for one packet.

    Attributes:
        first: number of the first frame.
        codes: one to five.
        stakes: what rounding does to each one's picture, or none where that is not known of all.
    """

    first: int
    codes: tuple[FaceCode, ...]
    stakes: tuple[Stakes, ...] = ()


class FaceGroups:
    """Keeps faces until there are as many as a packet is to hold, or no more come."""

    def __init__(self) -> None:
        self._first = 0
        self._codes: tuple[FaceCode, ...] = ()
        self._stakes: tuple[Stakes | None, ...] = ()

    def take(self, code: FaceCode | None, seq: int, together: int, stakes: Stakes | None = None) -> list[FaceGroup]:
        """Take a frame's face, and give what is to be coded now: nothing, or a group or two.

        Args:
            code: None where none was found; those before it wait no longer.
            seq: its number, larger than those before; where some are left out the group ends too.
            together: how many faces a packet is to hold.
            stakes: what rounding does to the frame's picture, where that is known.
        """
        groups = []
        if self._codes and (code is None or seq != self._first + len(self._codes)):
            groups.append(self._end())
        if code is not None:
            if not self._codes:
                self._first = seq
            self._codes += (code,)
            self._stakes += (stakes,)
            if len(self._codes) >= min(together, MOST_FRAMES):
                groups.append(self._end())
        return groups

    def _end(self) -> FaceGroup:
        known = tuple(stakes for stakes in self._stakes if stakes is not None)
        group = FaceGroup(self._first, self._codes, known if len(known) == len(self._codes) else ())
        self._codes, self._stakes = (), ()
        return group
