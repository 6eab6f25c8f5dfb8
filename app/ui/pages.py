"""Which pages the client has. A page is made when it is first shown, so that the first window is there at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QCoreApplication

from app.ui.context import Context
from app.ui.page import Page


@dataclass(frozen=True, slots=True)
class PageEntry:
    """A page that the window knows.

    Attributes:
        name: what `Page.page_wanted` calls it.
        label: of its button in the header and its line in the menu, in English, for the window translates it when it is
            shown; "" for a page that is reached from others alone.
        shortcut: its keys, "" for none.
        make: makes it.
    """

    name: str
    label: str
    shortcut: str
    make: Callable[[Context], Page]


def _home(context: Context) -> Page:
    from app.ui.home_page import HomePage

    return HomePage(context)


def _call(context: Context) -> Page:
    from app.ui.call_page import CallPage

    return CallPage(context)


def _enrol(context: Context) -> Page:
    from app.ui.enrol_page import EnrolPage

    return EnrolPage(context)


def _settings(context: Context) -> Page:
    from app.ui.settings_page import SettingsPage

    return SettingsPage(context)


ENTRIES: tuple[PageEntry, ...] = (
    PageEntry("home", "Home", "Ctrl+1", _home),
    PageEntry("enrol", "My avatar", "Ctrl+2", _enrol),
    PageEntry("settings", "Settings", "preferences", _settings),
    PageEntry("call", "", "", _call),
)
"""In the order of the header; the first one is shown first. Settings get the platform's own shortcut by "preferences"
in place of keys."""


def label_of(entry: PageEntry) -> str:
    """A page's label in the person's language."""
    labels = {
        "home": QCoreApplication.translate("Pages", "Home"),
        "enrol": QCoreApplication.translate("Pages", "My avatar"),
        "settings": QCoreApplication.translate("Pages", "Settings"),
    }
    return labels.get(entry.name, entry.label)
