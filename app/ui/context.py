"""What all pages of the client share: the settings, and whom to ask."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QCoreApplication, QObject, Signal
from PySide6.QtWidgets import QMessageBox, QWidget

from app.settings import Settings, load_settings, save_settings

Ask = Callable[[QWidget, str, str, str], bool]
"""Asks a question: parent, title, sentence, and the word on the button that means yes. Tests have another one."""


def ask_in_dialog(parent: QWidget, title: str, question: str, yes: str) -> bool:
    """Ask in a dialog; whoever presses Escape means no."""
    dialog = QMessageBox(QMessageBox.Icon.Question, title, question, parent=parent)
    agree = dialog.addButton(yes, QMessageBox.ButtonRole.AcceptRole)
    refuse = dialog.addButton(
        QCoreApplication.translate("Dialog", "Cancel"),
        QMessageBox.ButtonRole.RejectRole,
    )
    dialog.setDefaultButton(refuse)
    dialog.setEscapeButton(refuse)
    dialog.exec()
    agreed = dialog.clickedButton() is agree
    dialog.deleteLater()
    return agreed


class Context(QObject):
    """The settings as they are now, for all pages.

    Args:
        settings_file: where they are kept; the user's own file when not given.
        ask: asks a person.

    Attributes:
        settings: as they are now; change them with `change_settings`.
        damage: why the file could not be read, in a line, or "": then the defaults count, and the file stays as it is.
        ask: asks a person.
    """

    settings_changed = Signal(object)
    """The settings are others now."""

    def __init__(self, settings_file: Path | None = None, ask: Ask = ask_in_dialog) -> None:
        super().__init__()
        self.ask = ask
        self._file = settings_file
        self.damage = ""
        try:
            self.settings = load_settings(settings_file)
        except ValueError as error:
            self.damage = str(error)
            self.settings = Settings()

    def change_settings(self, settings: Settings) -> None:
        """Take other settings, keep them, and tell everybody.

        Raises:
            OSError: they cannot be written; they hold until the program ends all the same.
        """
        if settings == self.settings:
            return
        self.settings = settings
        self.settings_changed.emit(settings)
        if not self.damage:
            save_settings(settings, self._file)
