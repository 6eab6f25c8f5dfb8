"""The page of a call."""

from __future__ import annotations

from app.ui.page import Page


class CallPage(Page):
    """Shows the other person."""

    shows_navigation = False

    @property
    def title(self) -> str:
        """See `Page.title`."""
        return self.tr("Call")
