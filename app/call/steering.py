"""Does in a session what a person wishes, and tells the person the figures of it; on the call's thread."""

from __future__ import annotations

from collections.abc import Callable

from app.call.auto_size import AutoSize
from app.call.figures import Figures
from app.call.session import Session
from app.call.wishes import LookThrough, Say, Wishes

FIGURES_NS = 1_000_000_000
"""Between two looks at the figures: what a second holds can be read in one."""

FPS_USUAL = 25.0
"""Pictures a second that a renderer should hold where the camera's own rate is not known."""


class Steering:
    """Looks at wishes and figures, as often as it is asked to.

    Args:
        session: the call.
        wishes: what the person wants.
        on_figures: told the figures once a second.
        on_event: told in a line what could not be done.
    """

    def __init__(
        self,
        session: Session,
        wishes: Wishes,
        on_figures: Callable[[Figures], None],
        on_event: Callable[[str], None],
    ) -> None:
        self._session = session
        self._wishes = wishes
        self._on_figures = on_figures
        self._on_event = on_event
        self._auto: AutoSize | None = None
        self._figures_ns: int | None = None

    def look(self, now_ns: int) -> None:
        """Do what is wanted now."""
        self._follow_size()
        self._session.set_sending(self._wishes.sending)
        for request in self._wishes.requests.take_all():
            match request:
                case Say():
                    if not self._session.beside.say(request.text):
                        self._on_event("too many lines of chat wait for the other end")
                case LookThrough():
                    self._session.stills.ask()
        if self._figures_ns is None or now_ns - self._figures_ns >= FIGURES_NS:
            self._figures_ns = now_ns
            self._tell_figures(now_ns)

    def _follow_size(self) -> None:
        wanted = self._wishes.size
        if wanted == "auto":
            self._auto = self._auto or AutoSize()
            self._session.set_output_size(self._auto.side, self._auto.side)
            return
        self._auto = None
        if wanted is not None:
            self._session.set_output_size(*wanted)

    def _tell_figures(self, now_ns: int) -> None:
        figures = self._session.figures(now_ns)
        if self._auto is not None:
            self._auto.update(figures.render_ms, float(self._session.other_fps or FPS_USUAL), now_ns)
        self._on_figures(figures)
