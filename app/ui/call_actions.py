"""What one can do in a call, as actions with their keys: the controls' buttons and the menu show the same ones."""

from __future__ import annotations

from collections.abc import Callable
from typing import get_args

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction, QActionGroup, QKeySequence
from PySide6.QtWidgets import QMenu, QWidget

from app.call.auto_size import SIDES
from app.call.policy import Sending
from app.ui.icons import make_icon

INK, ALERT = "#eceef1", "#ff9d9d"
"""Icons lie on the dark of the stage."""


class CallActions(QObject):
    """Makes the actions and keeps their words true. Who owns the call connects them.

    Args:
        owner: the page; it gets the actions, so that the menu of the window shows them.
    """

    def __init__(self, owner: QWidget) -> None:
        super().__init__(owner)
        self._owner = owner
        self.mute = self._toggle(self.tr("Mute the microphone"), self.tr("Mute"), "microphone", "M")
        self.camera_off = self._toggle(self.tr("Switch the camera off"), self.tr("Camera"), "camera", "V")
        self.chat = self._toggle(self.tr("Chat"), self.tr("Chat"), "chat", "C")
        self.size = self._plain(self.tr("Sharpness of the picture"), self.tr("Sharpness"), "person", "")
        self.real = self._plain(self.tr("Show me a real picture"), self.tr("Real picture"), "real", "R")
        self.snapshot = self._plain(self.tr("Keep this picture"), self.tr("Keep"), "snapshot", "S")
        self.figures = self._toggle(self.tr("Statistics"), self.tr("Statistics"), "figures", "I")
        self.full_screen = self._plain(self.tr("Fill the screen"), self.tr("Full screen"), "full-screen", "F")
        self.sending = self._plain(self.tr("What I send"), self.tr("I send"), "camera", "")
        self.more = self._plain(self.tr("More"), self.tr("More"), "more", "")
        self.hang_up = self._plain(self.tr("Hang up"), self.tr("Hang up"), "hang-up", "Ctrl+E")
        self.sizes: dict[int, QAction] = {}
        self.sendings: dict[Sending, QAction] = {}
        self._make_sizes()
        self._make_sendings()
        menu = QMenu(owner)
        menu.addActions([self.snapshot, self.figures, self.full_screen])
        menu.addSeparator()
        menu.addActions(list(self.sendings.values()))
        self.more.setMenu(menu)
        for action in (self.mute, self.camera_off, self.chat, self.size, self.sending, self.real, self.snapshot):
            owner.addAction(action)
        for action in (self.figures, self.full_screen, self.hang_up):
            owner.addAction(action)
        self.mute.toggled.connect(self._show_mute)
        self.camera_off.toggled.connect(self._show_camera)

    @property
    def bar(self) -> tuple[QAction, ...]:
        """Those that have a button."""
        return (self.mute, self.camera_off, self.chat, self.size, self.real, self.more)

    def _plain(self, text: str, short: str, icon: str, keys: str) -> QAction:
        action = QAction(make_icon(icon, INK), text, self)
        action.setIconText(short)
        action.setIconVisibleInMenu(False)
        if keys:
            action.setShortcut(QKeySequence(keys))
        self._explain(action)
        return action

    def _toggle(self, text: str, short: str, icon: str, keys: str) -> QAction:
        action = self._plain(text, short, icon, keys)
        action.setCheckable(True)
        return action

    def _explain(self, action: QAction) -> None:
        keys = action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
        action.setToolTip(f"{action.text()} ({keys})" if keys else action.text())

    def _make_sizes(self) -> None:
        menu, group = QMenu(self._owner), QActionGroup(self)
        for key, side in enumerate((0, *SIDES)):
            text = self.tr("Automatic, as sharp as this computer can") if side == 0 else f"{side} × {side}"
            action = QAction(text, self)
            action.setCheckable(True)
            action.setShortcut(QKeySequence(str(key)))
            group.addAction(action)
            menu.addAction(action)
            self._owner.addAction(action)
            self.sizes[side] = action
        self.size.setMenu(menu)
        self.size.setToolTip(self.tr("How sharp the other person is drawn (0 to 5); what is sent stays the same"))

    def _make_sendings(self) -> None:
        menu, group = QMenu(self._owner), QActionGroup(self)
        words: dict[Sending, str] = {
            "auto": self.tr("Send what is best"),
            "face": self.tr("Send my avatar only"),
            "h265": self.tr("Send real video"),
            "audio_only": self.tr("Send sound only"),
        }
        for sending in get_args(Sending):
            action = QAction(words[sending], self)
            action.setCheckable(True)
            group.addAction(action)
            menu.addAction(action)
            self.sendings[sending] = action
        self.sendings["auto"].setChecked(True)
        self.sending.setMenu(menu)

    def _show_mute(self, is_muted: bool) -> None:
        self._show_state(self.mute, is_muted, "microphone", (self.tr("Unmute the microphone"), self.tr("Unmute")),
                         (self.tr("Mute the microphone"), self.tr("Mute")))  # fmt: skip

    def _show_camera(self, is_off: bool) -> None:
        self._show_state(self.camera_off, is_off, "camera", (self.tr("Switch the camera on"), self.tr("Camera on")),
                         (self.tr("Switch the camera off"), self.tr("Camera")))  # fmt: skip

    def _show_state(
        self, action: QAction, is_off: bool, icon: str, words_off: tuple[str, str], words_on: tuple[str, str]
    ) -> None:
        text, short = words_off if is_off else words_on
        action.setText(text)
        action.setIconText(short)
        action.setIcon(make_icon(f"{icon}-off", ALERT) if is_off else make_icon(icon, INK))
        self._explain(action)

    def show_size(self, chosen: int) -> None:
        """Show which size is chosen, 0 for automatic."""
        if chosen in self.sizes:
            self.sizes[chosen].setChecked(True)
        self.size.setIconText(self.tr("Sharpness auto") if chosen == 0 else self.tr("Sharpness {0}").format(chosen))

    def connect_choices(self, choose_size: Callable[[int], None], choose_sending: Callable[[Sending], None]) -> None:
        """Say who hears of a chosen size and of what is to be sent."""
        for side, action in self.sizes.items():
            action.triggered.connect(lambda checked=False, side=side: choose_size(side))
        for sending, action in self.sendings.items():
            action.triggered.connect(lambda checked=False, sending=sending: choose_sending(sending))

    def begin(self, chosen: int) -> None:
        """Put everything as it is at the beginning of a call."""
        for action in (self.mute, self.camera_off, self.chat):
            action.setChecked(False)
        self.sendings["auto"].setChecked(True)
        self.show_size(chosen)

    def enable(self, in_call: bool, is_demo: bool) -> None:
        """Leave what can be done now."""
        for action in (*self.sizes.values(), self.size, self.snapshot, self.figures, self.more):
            action.setEnabled(in_call)
        for action in (self.chat, self.real, self.camera_off, self.sending, *self.sendings.values()):
            action.setEnabled(in_call and not is_demo)
        self.mute.setEnabled(not is_demo)
