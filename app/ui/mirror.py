"""One's own camera, microphone and loudspeaker on the home page: a mirror, a meter, a chime."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QEvent, QRectF, QSignalBlocker, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QComboBox, QFrame, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from app.call.camera_names import list_cameras
from app.call.preview import Preview
from app.call.sound_check import SoundCheck
from app.settings import NO_CAMERA
from app.ui import theme
from app.ui.context import Context
from app.ui.controls import make_label
from app.ui.icons import make_icon
from app.ui.picture import PictureView
from app.ui.words import sound_text

METER_MS = 66
"""Fifteen looks a second at how loud it is, while the meter is seen."""


class LevelMeter(QWidget):
    """How loud the microphone is, as a bar."""

    def __init__(self) -> None:
        super().__init__()
        self.setFixedHeight(8)
        self.setAccessibleName(self.tr("How loud your microphone is"))
        self._level = 0.0

    def show_level(self, level: float) -> None:
        """Show a level of 0 to 1."""
        if abs(level - self._level) > 0.005:
            self._level = level
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802  # Qt's name
        """Paint it."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(theme.colours().empty))
        painter.drawRoundedRect(QRectF(self.rect()), 4, 4)
        painter.setBrush(QColor(theme.colours().face))
        painter.drawRoundedRect(QRectF(0, 0, self.width() * self._level, self.height()), 4, 4)


class Mirror(QFrame):
    """The card. Nothing of it is on before the person switches it on, and nothing while the page is not shown.

    Args:
        context: the settings, which it changes.
        source: what is shown in place of the settings' camera, for tests and pictures of the page.
    """

    failed = Signal(str)
    _frame_came = Signal()
    _camera_problem = Signal(str)
    _sound_problem = Signal(str)

    def __init__(self, context: Context, source: Path | None = None) -> None:
        super().__init__()
        self.setObjectName("card")
        self._context = context
        self._source = source
        self._preview: Preview | None = None
        self._check: SoundCheck | None = None
        self._wanted = False
        self._problems: dict[str, str] = {}
        self._build()
        self._meter_timer = QTimer(self)
        self._meter_timer.setInterval(METER_MS)
        self._meter_timer.timeout.connect(self._show_level)
        self._frame_came.connect(self._show_frame)
        self._camera_problem.connect(self._show_camera_problem)
        self._sound_problem.connect(self._show_sound_problem)
        self.cameras.activated.connect(self._choose_camera)
        self.switch.toggled.connect(self._switch)
        self.chime.clicked.connect(self._play_chime)

    def _build(self) -> None:
        title = QLabel(self.tr("Camera and sound"))
        title.setObjectName("subhead")
        self.picture = PictureView(self.tr("You, as in a mirror"), self.tr("The camera is off"), mirrored=True)
        self.picture.setFixedHeight(216)
        self.cameras = QComboBox()
        self.cameras.setAccessibleName(self.tr("Camera"))
        self.cameras.setToolTip(self.tr("Which camera calls use"))
        self.switch = QPushButton(self.tr("&Try them"))
        self.switch.setCheckable(True)
        self.switch.setToolTip(self.tr("Switch camera and microphone on, to see and hear whether they work"))
        self.meter = LevelMeter()
        self.chime = QPushButton(self.tr("Test &loudspeaker"))
        self.chime.setToolTip(self.tr("Play a chime"))
        self.problem = make_label("", "fault")
        self.problem.hide()
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self.switch)
        row.addWidget(self.chime)
        row.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(20, 16, 20, 18)
        column.setSpacing(10)
        for widget in (title, self.picture, self.cameras, self.meter, self.problem):
            column.addWidget(widget)
        column.addLayout(row)

    # coming and going

    def enter(self) -> None:
        """The page is shown: fill the list; what was on before is on again."""
        self._fill_cameras()
        if self._wanted:
            self.switch.setChecked(True)

    def leave(self) -> None:
        """The page is left: let the devices go."""
        wanted = self.switch.isChecked()
        self.switch.setChecked(False)
        self._wanted = wanted
        self._stop_sound()

    def _fill_cameras(self) -> None:
        chosen = self._context.settings.camera
        with QSignalBlocker(self.cameras):
            self.cameras.clear()
            for camera in list_cameras():
                self.cameras.addItem(camera.name or self.tr("Camera {0}").format(camera.number + 1), camera.number)
            self.cameras.addItem(self.tr("No camera"), NO_CAMERA)
            self.cameras.setCurrentIndex(max(self.cameras.findData(chosen), 0))

    def _choose_camera(self, index: int) -> None:
        number = self.cameras.itemData(index)
        try:
            self._context.change_settings(replace(self._context.settings, camera=int(number)))
        except OSError as error:
            self.failed.emit(error.strerror or str(error))
        if self.switch.isChecked():
            self._stop_camera()
            self._start_camera()

    def _switch(self, is_on: bool) -> None:
        self._wanted = is_on
        self._problems = {}
        self.problem.hide()
        self.switch.setText(self.tr("&Stop trying") if is_on else self.tr("&Try them"))
        if is_on:
            self._start_camera()
            self._start_sound()
        else:
            self._stop_camera()
            self._stop_sound()

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802  # Qt's name
        """Draw the icon anew when the theme changes."""
        if event.type() == QEvent.Type.StyleChange and hasattr(self, "chime"):
            self.chime.setIcon(make_icon("sound", theme.colours().text, 18))
        super().changeEvent(event)

    # the camera

    def _start_camera(self) -> None:
        source = self._source if self._source is not None else self._context.settings.camera
        if source == NO_CAMERA or (self._source is None and self.cameras.count() == 1):
            self._show_camera_problem(self.tr("No camera is found. You can talk without one."))
            return
        self.picture.show_picture(None, self.tr("One moment …"))
        self._preview = Preview(source, self._frame_came.emit, self._camera_problem.emit)
        self._preview.start()

    def _stop_camera(self) -> None:
        preview, self._preview = self._preview, None
        if preview is not None:
            self._context.retirement.retire(preview)
        self.picture.show_picture(None, self.tr("The camera is off"))

    def _show_frame(self) -> None:
        frame = self._preview.frames.take(0) if self._preview is not None else None
        if frame is not None:
            self.picture.show_picture(frame.rgb)

    def _show_camera_problem(self, problem: str) -> None:
        self.picture.show_picture(None, self.tr("No picture"))
        self._say("camera", problem)

    def _say(self, device: str, problem: str) -> None:
        self._problems[device] = problem
        lines = [line for line in self._problems.values() if line]
        self.problem.setText("\n".join(lines))
        self.problem.setVisible(bool(lines))

    # the sound

    def _start_sound(self) -> None:
        if self._check is not None:
            return
        settings = self._context.settings
        check = SoundCheck(settings.microphone, settings.speaker, self._sound_problem.emit)
        check.start()
        self._check = check
        self._meter_timer.start()

    @property
    def is_trying_sound(self) -> bool:
        """Whether sound devices are open."""
        return self._check is not None

    def restart_sound(self) -> None:
        """Use the devices that the settings name now, where some are being tried."""
        if self._check is not None:
            self._stop_sound()
            self._start_sound()

    def _stop_sound(self) -> None:
        check, self._check = self._check, None
        self._meter_timer.stop()
        self.meter.show_level(0.0)
        if check is not None:
            self._context.retirement.retire(check)

    def _show_level(self) -> None:
        if self._check is not None:
            self.meter.show_level(self._check.level)

    def _play_chime(self) -> None:
        self._start_sound()
        if self._check is not None:
            self._check.play_chime()

    def _show_sound_problem(self, problem: str) -> None:
        self._say("sound", sound_text(problem) if problem else "")
