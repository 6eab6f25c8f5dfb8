"""What is done with avatars that are kept: chosen as one's own, renamed, exported, deleted."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QFileDialog, QInputDialog

from app import identities, paths
from app.ui.enrol_overview import OverviewView
from app.ui.page import Page


class KeptAvatars(QObject):
    """Does what the buttons of the overview say.

    Args:
        page: tells of it, and asks before something is lost.
        view: has the buttons.
    """

    changed = Signal()
    """There are others now, or another one is one's own."""

    def __init__(self, page: Page, view: OverviewView) -> None:
        super().__init__(page)
        self._page, self._context = page, page.context
        view.chosen.connect(self.choose)
        view.renamed.connect(self._ask_name)
        view.exported.connect(self._ask_target)
        view.deleted.connect(self.delete)

    def choose(self, key: str) -> None:
        """This one shows the machine's owner from now on."""
        self._keep_choice(key)
        self.changed.emit()

    def _keep_choice(self, key: str) -> None:
        try:
            self._context.change_settings(replace(self._context.settings, identity=key))
        except OSError as error:
            self._page.tell_fault(self.tr("The settings cannot be kept: {0}").format(error.strerror or error))

    def _ask_name(self, key: str) -> None:
        name, agreed = QInputDialog.getText(self._page, self.tr("Rename"), self.tr("Its new name"), text=key)
        if agreed and name.strip() != key:
            self.rename(key, name)

    def rename(self, key: str, name: str) -> None:
        """Give an avatar another name."""
        try:
            path = identities.rename(key, name)
        except (ValueError, OSError) as error:
            self._page.tell_fault(str(error))
            return
        if key == self._context.settings.identity:
            self._keep_choice(path.name.removesuffix(paths.IDENTITY_SUFFIX))
        self.changed.emit()

    def _ask_target(self, key: str) -> None:
        kind = f"{self.tr('Visavis avatars')} (*{paths.IDENTITY_SUFFIX})"
        usual = f"{key}{paths.IDENTITY_SUFFIX}"
        path, _ = QFileDialog.getSaveFileName(self._page, self.tr("Export a copy"), usual, kind)
        if path:
            self.export(key, Path(path))

    def export(self, key: str, target: Path) -> None:
        """Copy an avatar to a file."""
        try:
            identities.export(paths.kept_identity(key), target)
        except (ValueError, OSError) as error:
            self._page.tell_fault(str(error))
            return
        self._page.tell(self.tr("A copy is in {0}").format(target))

    def delete(self, key: str) -> None:
        """Delete an avatar, if that is really wanted."""
        question = self.tr("“{0}” will be gone for good.").format(key)
        if not self._context.ask(self._page, self.tr("Delete this avatar?"), question, self.tr("Delete")):
            return
        try:
            identities.delete(key)
        except (ValueError, OSError) as error:
            self._page.tell_fault(str(error))
        if key == self._context.settings.identity:
            self._keep_choice("")
        self.changed.emit()
