"""What every page of the main window has in common."""

from __future__ import annotations

from abc import abstractmethod

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from app.ui.context import Context


class Page(QWidget):
    """A page. It says in its constructor what it shows, starts what it needs in `entered` and stops it in `left`.

    A page may add actions (`addAction`): while it is shown they are in the menu named after it, with their shortcuts.

    Args:
        context: what all pages share.

    Attributes:
        shows_navigation: whether the window shows its header with the way to other pages.
    """

    page_wanted = Signal(str, object)
    """Asks the window for the page of that name, and to hand the object to its `entered`."""

    noticed = Signal(str, bool)
    """Asks the window to show a line above the page, and whether it tells of a fault."""

    shows_navigation = True

    def __init__(self, context: Context) -> None:
        super().__init__()
        self.setObjectName("page")
        self.context = context

    @property
    @abstractmethod
    def title(self) -> str:
        """The page's name for people, in their language."""

    @property
    def menu_title(self) -> str:
        """The name of the menu with the page's actions."""
        return self.title

    def entered(self, request: object = None) -> None:
        """The page is shown from now on.

        Args:
            request: what the page that asked for this one wants of it.
        """

    def may_leave(self) -> bool:
        """Whether another page may be shown, or the window closed; a page in the middle of something asks first."""
        return True

    def left(self) -> None:
        """The page is not shown any more, or the window closes: no thread and no timer of it may go on."""

    def tell(self, text: str) -> None:
        """Show a line above the page for a while."""
        self.noticed.emit(text, False)

    def tell_fault(self, text: str) -> None:
        """Show a line above the page that tells of a fault, until it is closed or another one comes."""
        self.noticed.emit(text, True)
