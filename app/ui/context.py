"""What all pages of the client share: the settings, and whom to ask."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, QObject, Signal
from PySide6.QtWidgets import QMessageBox, QWidget

from app.call.retirement import Retirement
from app.people import People
from app.settings import Settings, load_settings, save_settings
from models.loading import loading

if TYPE_CHECKING:
    from app.call.meeting import MeetingOptions, MeetingReport
    from app.ui.call_bridge import CallBridge
    from app.ui.call_request import CallRequest

Ask = Callable[[QWidget, str, str, str], bool]
"""Asks a question: parent, title, sentence, and the word on the button that means yes. Tests have another one."""


Hold = Callable[..., "MeetingReport"]
"""Holds a call: `app.call.meeting.hold_meeting` and what stands in for it."""

MakeOptions = Callable[[Settings, str | None, Callable[[bytes], bytes | None]], "MeetingOptions"]
"""Gives the call that settings ask for: `app.call.from_settings.meeting_options` and what stands in for it."""


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
        hold: holds calls; the real thing when not given.
        make_options: gives the call that the settings ask for; the real thing when not given.
        people: whom one has talked to; the user's own list when not given.

    Attributes:
        settings: as they are now; change them with `change_settings`.
        damage: why the file could not be read, in a line, or "": then the defaults count, and the file stays as it is.
        ask: asks a person.
        people: whom one has talked to.
        retirement: what has been asked to end and may still hold a camera.
    """

    settings_changed = Signal(object)
    """The settings are others now."""

    def __init__(
        self,
        settings_file: Path | None = None,
        ask: Ask = ask_in_dialog,
        hold: Hold | None = None,
        make_options: MakeOptions | None = None,
        people: People | None = None,
    ) -> None:
        super().__init__()
        self.ask = ask
        self.people = people or People()
        self.retirement = Retirement()
        self._hold = hold
        self._make_options = make_options
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

    def keep_size(self, side: int) -> None:
        """Remember the size of the other's picture that was chosen; where that cannot be, the next call asks anew."""
        with contextlib.suppress(OSError):
            self.change_settings(replace(self.settings, size=side))

    def open_call(self, request: CallRequest) -> CallBridge:
        """Make what holds a call; nothing of it has begun yet.

        Args:
            request: what call.
        """
        from app.ui.call_bridge import CallBridge

        return CallBridge(
            lambda: self._options_for(request),
            self._hold or self._real_hold(request),
            self.people,
            request.events,
            request.on_end,
        )

    def _options_for(self, request: CallRequest) -> MeetingOptions:
        """The call that is asked for; on the call's thread, for loading what it takes takes a second."""
        self.retirement.wait()  # the camera may still be closing
        if request.options is not None:
            return request.options
        if request.kind == "demo" and self._make_options is None:
            from app.ui.demo_call import demo_options

            return demo_options(self.settings)
        from app.call.from_settings import meeting_options

        code = request.code if request.kind == "join" else None
        return (self._make_options or meeting_options)(self.settings, code, self.people.known_identity)

    def _real_hold(self, request: CallRequest) -> Hold:
        """What holds it; loaded on the call's thread."""

        def hold(*arguments: object) -> MeetingReport:
            chosen: Hold
            with loading():
                if request.kind == "demo":
                    from app.ui.demo_call import hold_demo as chosen
                else:
                    from app.call.meeting import hold_meeting as chosen
            return chosen(*arguments)

        return hold
