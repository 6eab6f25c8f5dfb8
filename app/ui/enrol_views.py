"""The enrolment page's forms: consent, errors, training and result. Each says what to do now and how long it takes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QCheckBox, QComboBox, QHBoxLayout, QLabel, QLineEdit, QProgressBar, QVBoxLayout, QWidget

from app import paths
from app.enrolment.progress_lines import EnrolProgress
from app.enrolment.training import TrainingEnd
from app.identities import NAME_MAX
from app.ui.controls import PAGE_MARGIN, announce, fill_scrolling, make_button, make_card, make_label, make_row
from app.ui.enrol_words import size_words, stage_words, time_left
from app.ui.picture import PictureView

MINUTES = (3.0, 8.0, 15.0)
"""Budgets of training that are offered; the pictures of docs/decoder.md take 3 and 10."""

PREVIEW_PX = 320


class ConsentView(QWidget):
    """Says what happens to one's face, and asks whether that is agreed to."""

    agreed = Signal()
    cancelled = Signal()

    def __init__(self) -> None:
        super().__init__()
        column = fill_scrolling(self)
        self._headline = make_label("", "headline")
        column.addWidget(self._headline)
        card, words = make_card()
        for title, text in self._paragraphs():
            words.addWidget(make_label(title, "subhead"))
            words.addWidget(make_label(text))
        column.addWidget(card)
        form, rows = make_card()
        self.name = QLineEdit()
        self.name.setMaxLength(NAME_MAX)
        self.name.setAccessibleName(self.tr("Your name, as others will see it"))
        self.minutes = QComboBox()
        self.minutes.setAccessibleName(self.tr("How long the computer may learn"))
        for minutes, quality in zip(
            MINUTES, (self.tr("quick, softer"), self.tr("recommended"), self.tr("finest")), strict=True
        ):
            self.minutes.addItem(self.tr("{0} minutes – {1}").format(f"{minutes:g}", quality), minutes)
        self.minutes.setCurrentIndex(1)
        self._add_row(rows, self.tr("&Your name, as others will see it"), self.name)
        self._add_row(rows, self.tr("How long the computer may &learn"), self.minutes)
        self.consent = QCheckBox()
        self.consent.toggled.connect(self._look)
        self.name.textChanged.connect(self._look)
        rows.addWidget(self.consent)
        column.addWidget(form)
        self.go_on = make_button("", self.agreed.emit, "primary")
        cancel = make_button(self.tr("Cancel"), self.cancelled.emit)
        column.addLayout(make_row(self.go_on, cancel, None))
        column.addStretch(1)

    def _paragraphs(self) -> list[tuple[str, str]]:
        folder = str(paths.identities_folder()).replace(str(Path.home()), "~", 1)
        return [
            (
                self.tr("Only your own face"),
                self.tr(
                    "The avatar will look and move like the person in the recording. Make one of yourself only. "
                    "Making one of somebody else without their consent can be a crime."
                ),
            ),
            (
                self.tr("It stays on this computer"),
                self.tr(
                    "The recording is deleted once the avatar is finished. The avatar itself is one file, kept in {0}. "
                    "It goes to nobody but the people you call, so that they can see you."
                ).format(folder),
            ),
            (
                self.tr("You can delete it at any time"),
                self.tr(
                    "“My avatar” has a button for that. Somebody whom you have called keeps a copy until they delete "
                    "it too."
                ),
            ),
        ]

    def _add_row(self, rows: QVBoxLayout, text: str, field: QWidget) -> None:
        label = QLabel(text)
        label.setBuddy(field)
        rows.addWidget(label)
        rows.addWidget(field)

    def prepare(self, clip: Path | None, name: str) -> None:
        """Begin afresh, for a recording or for a file.

        Args:
            clip: the file, or None for a recording.
            name: a name to begin with.
        """
        if clip is None:
            self._headline.setText(self.tr("Make your avatar"))
            self.consent.setText(self.tr("I agree, and the person before the camera is &me"))
            self.go_on.setText(self.tr("&Begin the recording (about 2 minutes)"))
        else:
            self._headline.setText(self.tr("Make your avatar from a video"))
            self.consent.setText(self.tr("I agree, and the person in “{0}” is &me").format(clip.name))
            self.go_on.setText(self.tr("&Begin to learn"))
        self.go_on.setAccessibleName(self.go_on.text().replace("&", ""))
        self.consent.setAccessibleName(self.consent.text().replace("&", ""))
        self.consent.setChecked(False)
        if not self.name.text():
            self.name.setText(name)
        self._look()

    def _look(self) -> None:
        self.go_on.setEnabled(self.consent.isChecked() and bool(self.name.text().strip()))


class ErrorView(QWidget):
    """Says what went wrong and what to do about it."""

    again = Signal()
    back = Signal()

    def __init__(self) -> None:
        super().__init__()
        column = QVBoxLayout(self)
        column.setContentsMargins(PAGE_MARGIN, PAGE_MARGIN, PAGE_MARGIN, PAGE_MARGIN)
        column.setSpacing(14)
        self.headline, self.advice, self.detail = make_label("", "headline"), make_label(""), make_label("", "detail")
        for label in (self.headline, self.advice, self.detail):
            label.setAlignment(Qt.AlignmentFlag.AlignHCenter)
            label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.try_again = make_button(self.tr("&Try again"), self.again.emit, "primary")
        self.go_back = make_button(self.tr("Back"), self.back.emit)
        column.addStretch(1)
        for label in (self.headline, self.advice, self.detail):
            column.addWidget(label)
        column.addSpacing(8)
        column.addLayout(make_row(None, self.try_again, self.go_back, None))
        column.addStretch(2)

    def show_error(self, headline: str, advice: str, detail: str = "") -> None:
        """Show it, and say it."""
        self.headline.setText(headline)
        self.advice.setText(advice)
        self.detail.setText(detail)
        self.detail.setVisible(bool(detail))
        announce(self, f"{headline}. {advice}")
        self.try_again.setFocus()


class TrainingView(QWidget):
    """Shows an avatar becoming sharp."""

    paused = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.preview = PictureView(self.tr("Your avatar, as far as it is learned"))
        self.preview.setFixedSize(PREVIEW_PX, PREVIEW_PX)
        self._waiting = make_label(self.tr("The first picture comes soon"), "hint")
        self._waiting.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.headline = make_label(self.tr("Your avatar is being made"), "headline")
        self.stage, self.left_over = make_label("", "subhead"), make_label("", "detail")
        self.bar = QProgressBar()
        self.bar.setRange(0, 1000)
        self.bar.setTextVisible(False)
        self.bar.setAccessibleName(self.tr("Progress"))
        self.pause = make_button(self.tr("&Pause"), self.paused.emit)
        advice = self.tr(
            "You can do other things meanwhile, but leave this window open. If you pause, nothing that was learned is "
            "lost: you can go on at any time."
        )
        words = QVBoxLayout()
        words.setSpacing(12)
        words.addStretch(1)
        for part in (self.headline, self.stage, self.bar, self.left_over, make_label(advice, "detail")):
            words.addWidget(part)
        words.addSpacing(6)
        words.addLayout(make_row(self.pause, None))
        words.addStretch(1)
        picture = QVBoxLayout()
        picture.addStretch(1)
        picture.addWidget(self.preview)
        picture.addWidget(self._waiting)
        picture.addStretch(1)
        row = QHBoxLayout(self)
        row.setContentsMargins(PAGE_MARGIN, PAGE_MARGIN, PAGE_MARGIN, PAGE_MARGIN)
        row.setSpacing(36)
        row.addStretch(1)
        row.addLayout(picture)
        row.addLayout(words, stretch=6)
        row.addStretch(1)
        self._previews = 0
        self._stage = ""

    def prepare(self) -> None:
        """Begin afresh."""
        self._previews, self._stage = 0, ""
        self.preview.show_picture(None)
        self._waiting.show()
        self.bar.setValue(0)
        self.left_over.setText("")
        self.pause.setEnabled(True)
        self.pause.setText(self.tr("&Pause"))
        self.show_progress(EnrolProgress("reading", 0.0, 0.0), Path())

    def show_progress(self, progress: EnrolProgress, preview: Path) -> None:
        """Show how far it is.

        Args:
            progress: that.
            preview: where the newest picture is, if there is one.
        """
        if progress.stage != self._stage:
            self._stage = progress.stage
            self.stage.setText(stage_words(progress.stage))
            announce(self.stage, self.stage.text())
        self.bar.setValue(round(1000 * progress.fraction))
        if progress.stage in ("training", "finishing"):
            self.left_over.setText(time_left(progress.seconds_left))
        if progress.previews > self._previews:
            self._previews = progress.previews
            self._read_preview(preview)

    def _read_preview(self, path: Path) -> None:
        """A few kilobytes, read at once."""
        image = QImage(str(path)).convertToFormat(QImage.Format.Format_RGB888)
        if image.isNull():
            return
        rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine())
        self.show_preview(rows[:, : 3 * image.width()].reshape(image.height(), image.width(), 3).copy())

    def show_preview(self, rgb: NDArray[np.uint8]) -> None:
        """Show the avatar as it is by now, uint8 (H, W, 3)."""
        self.preview.show_picture(rgb)
        self._waiting.hide()

    def show_pausing(self) -> None:
        """What was learned is being kept."""
        self.pause.setEnabled(False)
        self.pause.setText(self.tr("Pausing …"))


class ResultView(QWidget):
    """The finished avatar beside the camera."""

    used = Signal()
    more = Signal()
    discarded = Signal()

    def __init__(self) -> None:
        super().__init__()
        column = QVBoxLayout(self)
        column.setContentsMargins(PAGE_MARGIN, PAGE_MARGIN, PAGE_MARGIN, PAGE_MARGIN)
        column.setSpacing(14)
        self.headline = make_label(self.tr("Your avatar is ready"), "headline")
        self.detail = make_label("", "detail")
        column.addWidget(self.headline)
        column.addWidget(self.detail)
        self.camera = PictureView(self.tr("You, as the camera sees you"))
        self.avatar = PictureView(self.tr("Your avatar, as others will see you"))
        pictures = QHBoxLayout()
        pictures.setSpacing(18)
        for title, view in (
            (self.tr("You"), self.camera),
            (self.tr("Your avatar, as others will see you"), self.avatar),
        ):
            card, inside = make_card()
            inside.addWidget(make_label(title, "title"))
            inside.addWidget(view, stretch=1)
            pictures.addWidget(card, stretch=1)
        column.addLayout(pictures, stretch=1)
        self.hint = make_label("", "detail")
        column.addWidget(self.hint)
        self.use = make_button(self.tr("&Use it"), self.used.emit, "primary")
        self.record_more = make_button(self.tr("Record &more"), self.more.emit)
        self.record_more.setToolTip(self.tr("Another recording makes the avatar better"))
        self.discard = make_button(self.tr("Discard"), self.discarded.emit, "quiet")
        column.addLayout(make_row(self.use, self.record_more, None, self.discard))

    def prepare(self, end: TrainingEnd, missing: str) -> None:
        """Begin with empty pictures.

        Args:
            end: what the training came to.
            missing: what the recordings did not show, in words; empty for nothing.
        """
        self.detail.setText(
            self.tr("It takes {0}, which the people you call get once. Move and talk: does it look like you?").format(
                size_words(end.model_bytes)
            )
        )
        self.hint.setText(
            self.tr("Not seen enough while recording: {0}. What was not seen looks blurred.").format(missing)
            if missing
            else ""
        )
        self.hint.setVisible(bool(missing))
        self.show_pair(None, None)
        self.use.setFocus()

    def show_pair(self, seen: NDArray[np.uint8] | None, rendered: NDArray[np.uint8] | None) -> None:
        """Show the two pictures, both as others see them, so that they can be compared."""
        self.camera.show_picture(seen)
        self.avatar.show_picture(rendered)
