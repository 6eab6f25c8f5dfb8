"""What a call tells the person in it, beside pictures; each from some thread of the call, none may block."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.call.shown import Mode
from codec.types import Frame


def _ignore(*_: object) -> None:
    """Who is told where nobody wants to know."""


@dataclass(frozen=True, slots=True)
class News:
    """Who is told.

    Attributes:
        on_own: each picture of this end's camera.
        on_mode: what the other end sends from now on, and why.
        on_chat: a line that the other person wrote.
        on_chat_arrived: number of a line of one's own, from 1, that was shown at the other end.
        on_still: the real picture that was asked for, uint8 (H, W, 3), or None and why there is none.
        on_looked_at: the other person asked for a real picture, and gets it.
        on_identity: the other end's identity file, and the name in it, once it is in use.
    """

    on_own: Callable[[Frame], None] = _ignore
    on_mode: Callable[[Mode, str], None] = _ignore
    on_chat: Callable[[str], None] = _ignore
    on_chat_arrived: Callable[[int], None] = _ignore
    on_still: Callable[[NDArray[np.uint8] | None, str], None] = _ignore
    on_looked_at: Callable[[], None] = _ignore
    on_identity: Callable[[bytes, str], None] = _ignore
