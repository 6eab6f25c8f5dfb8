"""The people one has talked to, on the home page."""

from __future__ import annotations

import time
from collections.abc import Callable

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QColor, QImage, QPainter, QPainterPath, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QLineEdit, QMenu, QPushButton, QVBoxLayout, QWidget

from app.people import NAME_MAX, People, Person
from app.ui import theme
from app.ui.icons import make_icon

SHOWN_MAX = 8
"""People on the home page; further ones are remembered, and come back when they are talked to."""

PICTURE_PX = 46


class PortraitView(QWidget):
    """A person's little picture, round, or the first letter of the name."""

    def __init__(self, image: QImage | None, name: str) -> None:
        super().__init__()
        self.setFixedSize(PICTURE_PX, PICTURE_PX)
        self._image = image
        self._letter = name[:1].upper() or "?"

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802  # Qt's name
        """Paint it."""
        painter = QPainter(self)
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
        area = QRectF(self.rect())
        shape = QPainterPath()
        shape.addEllipse(area)
        painter.setClipPath(shape)
        painter.fillRect(area, QColor(theme.colours().empty))
        if self._image is not None:
            painter.drawImage(area, self._image)
            return
        painter.setPen(QColor(theme.colours().muted))
        font = painter.font()
        font.setPointSizeF(15)
        painter.setFont(font)
        painter.drawText(area, Qt.AlignmentFlag.AlignCenter, self._letter)


class PersonRow(QWidget):
    """One person."""

    def __init__(self, person: Person, image: QImage | None, now: float) -> None:
        super().__init__()
        name = person.name or self.tr("Somebody without an avatar")
        self.name = QLabel(name)
        self.name.setTextFormat(Qt.TextFormat.PlainText)
        self.name.setObjectName("person")
        known = self.tr("avatar known") if person.identity else self.tr("no avatar yet")
        self.detail = QLabel(f"{self._when(person.last_call, now)} · {known}")
        self.detail.setObjectName("detail")
        self.detail.setToolTip(
            self.tr("Their avatar is on this computer: the next call shows it at once.") if person.identity else ""
        )
        self.more = QPushButton()
        self.more.setObjectName("quiet")
        self.more.setIcon(make_icon("more", theme.colours().muted, 18))
        self.more.setAccessibleName(self.tr("More about {0}").format(name))
        self.more.setToolTip(self.tr("Rename or forget"))
        self.words = QVBoxLayout()
        self.words.setSpacing(1)
        self.words.addWidget(self.name)
        self.words.addWidget(self.detail)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 4, 0, 4)
        row.setSpacing(12)
        row.addWidget(PortraitView(image, person.name))
        row.addLayout(self.words, stretch=1)
        row.addWidget(self.more)

    def _when(self, then: float, now: float) -> str:
        days = (now - then) / 86_400
        if days < 1 and time.localtime(then).tm_yday == time.localtime(now).tm_yday:
            return self.tr("today, {0}").format(time.strftime("%H:%M", time.localtime(then)))
        if days < 6:
            return time.strftime("%A, %H:%M", time.localtime(then))
        return time.strftime("%x", time.localtime(then))


class PeopleList(QWidget):
    """The most recent people; each can be renamed and forgotten.

    Args:
        people: the store.
    """

    failed = Signal(str)
    """What was wanted could not be written."""

    def __init__(self, people: People) -> None:
        super().__init__()
        self._people = people
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(0)
        self.rows: list[PersonRow] = []
        self._field: QLineEdit | None = None

    def refresh(self) -> None:
        """Show who is there now."""
        while self._column.count():
            item = self._column.takeAt(0)
            widget = item.widget() if item is not None else None
            if widget is not None:
                widget.deleteLater()
        self.rows = []
        now = time.time()
        for person in self._people.all()[:SHOWN_MAX]:
            image = QImage(str(self._people.picture_file(person)))
            row = PersonRow(person, None if image.isNull() else image, now)
            row.more.clicked.connect(lambda checked=False, row=row, person=person: self._open_menu(row, person))
            self._column.addWidget(row)
            self.rows.append(row)
        if not self.rows:
            nobody = QLabel(self.tr("Nobody yet. Whom you talk to will be remembered here, on this computer only."))
            nobody.setObjectName("detail")
            nobody.setWordWrap(True)
            self._column.addWidget(nobody)

    def _open_menu(self, row: PersonRow, person: Person) -> None:
        menu = QMenu(self)
        menu.addAction(self.tr("&Rename"), lambda: self.rename(row, person))
        menu.addAction(self.tr("&Forget"), lambda: self.forget(person))
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(row.more.mapToGlobal(row.more.rect().bottomLeft()))

    def rename(self, row: PersonRow, person: Person) -> None:
        """Let the person type another name in the row."""
        field = self._field = QLineEdit(person.name)
        field.setMaxLength(NAME_MAX)
        field.setAccessibleName(self.tr("Name"))
        row.words.replaceWidget(row.name, field)
        row.name.hide()
        field.setFocus()
        field.selectAll()
        field.editingFinished.connect(lambda: self._renamed(person, field.text()))

    def _renamed(self, person: Person, name: str) -> None:
        if self._field is None:
            return  # Return ends the editing, and so does the loss of focus that follows
        self._field = None
        self._write(lambda: self._people.rename(person.key, name))

    def forget(self, person: Person) -> None:
        """Forget somebody."""
        self._write(lambda: self._people.forget(person.key))

    def _write(self, change: Callable[[], None]) -> None:
        try:
            change()
        except OSError as error:
            self.failed.emit(self.tr("The list of people cannot be kept: {0}").format(error.strerror or error))
        self.refresh()
