"""The page of settings: every change holds at once and is kept."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QPoint
from PySide6.QtWidgets import QScrollArea, QWidget

from app.settings import Settings
from app.ui.context import Context
from app.ui.controls import PAGE_MARGIN, fill_scrolling, make_label
from app.ui.page import Page
from app.ui.settings_connection import ConnectionPart
from app.ui.settings_data import DataPart
from app.ui.settings_devices import DevicesPart
from app.ui.settings_picture import LookPart, RenderingPart


class SettingsPage(Page):
    """Shows and changes the settings.

    Args:
        context: the settings.
        camera: a clip in the camera's place, for tests and pictures of the page.
    """

    def __init__(self, context: Context, camera: Path | None = None) -> None:
        super().__init__(context)
        self.devices, self.data = DevicesPart(context, camera), DataPart(context)
        self.connection, self.rendering, self.look = ConnectionPart(context), RenderingPart(context), LookPart(context)
        self.parts = (self.devices, self.data, self.connection, self.rendering, self.look)
        column = fill_scrolling(self)
        column.addWidget(make_label(self.title, "headline"))
        column.addWidget(self.devices.mirror)
        for part in self.parts:
            column.addWidget(part)
            part.failed.connect(self.tell_fault)
        column.addStretch(1)
        context.settings_changed.connect(self._show)
        self._show(context.settings)

    @property
    def title(self) -> str:
        """See `Page.title`."""
        return self.tr("Settings")

    def entered(self, request: object = None) -> None:
        """Look for devices from now on."""
        self._show(self.context.settings)
        for part in self.parts:
            part.enter()

    def left(self) -> None:
        """Let the devices go."""
        for part in self.parts:
            part.leave()

    def scroll_to(self, part: QWidget) -> None:
        """Bring a part into view, as high as it goes."""
        scroll = self.findChild(QScrollArea)
        inner = scroll.widget() if isinstance(scroll, QScrollArea) else None
        if isinstance(scroll, QScrollArea) and inner is not None:
            top = part.mapTo(inner, QPoint(0, 0)).y()
            scroll.verticalScrollBar().setValue(max(0, top - PAGE_MARGIN))

    def _show(self, settings: Settings) -> None:
        for part in self.parts:
            part.show_settings(settings)
