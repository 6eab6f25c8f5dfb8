"""Camera, microphone and loudspeaker: chosen, tried, and looked for again while the page is shown."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QComboBox

from app.call.audio_devices import PortAudio, device_names
from app.call.camera_names import CameraName, list_cameras
from app.settings import DEVICE_NAME_MAX, Settings
from app.ui.background import Errand
from app.ui.context import Context
from app.ui.mirror import Mirror
from app.ui.settings_parts import SettingsPart, fill_choices

LOOK_MS = 3000
"""Between two looks for devices that were plugged in: a person waits that long for a new one to show."""


class DevicesPart(SettingsPart):
    """The card of sound devices, with the mirror of the camera above it.

    Args:
        context: the settings, which it changes.
        source: what is shown in the camera's place, for tests and pictures of the page.
    """

    def __init__(self, context: Context, source: Path | None = None) -> None:
        super().__init__(context, self.tr("Sound"))
        self.mirror = Mirror(context, source)
        self.mirror.failed.connect(self.failed)
        self.microphones, self.speakers = QComboBox(), QComboBox()
        self.microphones.activated.connect(lambda row: self._choose(microphone=self.microphones.itemData(row)))
        self.speakers.activated.connect(lambda row: self._choose(speaker=self.speakers.itemData(row)))
        self.add_row(self.tr("&Microphone"), self.microphones)
        self.add_row(self.tr("Loud&speaker"), self.speakers)
        self.note = self.add_note()
        self._names: tuple[list[str], list[str]] = ([], [])
        self._cameras: tuple[CameraName, ...] = ()
        self._errand = Errand("sound-devices")
        self._errand.done.connect(self._found)
        self._errand.failed.connect(self._not_found)
        self._timer = QTimer(self)
        self._timer.setInterval(LOOK_MS)
        self._timer.timeout.connect(self.look)

    def enter(self) -> None:
        """Look for devices from now on."""
        self.mirror.enter()
        self._cameras = list_cameras()
        self.look()
        self._timer.start()

    def leave(self) -> None:
        """Let the devices go, and look no more."""
        self._timer.stop()
        self._errand.forget()
        self.mirror.leave()

    def look(self) -> None:
        """Look which devices there are."""
        cameras = list_cameras()
        if cameras != self._cameras:
            self._cameras = cameras
            self.mirror.enter()
        trying = self.mirror.is_trying_sound
        self._errand.run(lambda: look_for_sound(rescan=not trying))

    def show_settings(self, settings: Settings) -> None:
        """Show what is chosen."""
        microphones, speakers = self._names
        fill_choices(self.microphones, self._choices(microphones, self.tr("No microphone")), settings.microphone)
        fill_choices(self.speakers, self._choices(speakers, self.tr("No loudspeaker")), settings.speaker)

    def _choices(self, names: list[str], none: str) -> list[tuple[str, object]]:
        usual: list[tuple[str, object]] = [(self.tr("The system's choice"), "default")]
        known: list[tuple[str, object]] = [(name, name) for name in dict.fromkeys(names) if is_device_name(name)]
        return [*usual, *known, (none, "none")]

    def _choose(self, **chosen: object) -> None:
        self.keep(**chosen)
        self.mirror.restart_sound()

    def _found(self, names: tuple[list[str], list[str]]) -> None:
        self._names = names
        self.note.setText("" if any(names) else self.tr("No sound device is found. Plug in a headset: it shows here."))
        self.note.setVisible(not any(names))
        self.show_settings(self.context.settings)

    def _not_found(self, reason: str) -> None:
        self.note.setText(reason)
        self.note.show()
        self.show_settings(self.context.settings)


def is_device_name(name: str) -> bool:
    """Whether the settings can hold it."""
    return 0 < len(name) <= DEVICE_NAME_MAX


def look_for_sound(rescan: bool) -> tuple[list[str], list[str]]:
    """Names of microphones and of loudspeakers; PortAudio sees new ones when it starts anew, with no stream open."""
    if rescan:
        PortAudio().rescan()
    return device_names()
