"""Colours, type and the style sheet of all windows, dark and light: quiet, so that the faces are what one sees."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QApplication

from app.call.shown import Mode


@dataclass(frozen=True, slots=True)
class Colours:
    """A theme. Text on `background` and `card` has a contrast of 4.5 at least (WCAG 2.1, 1.4.3), `muted` too.

    Attributes:
        background: of windows.
        card: of what lies on it.
        empty: of a picture that is not there.
        line: borders.
        text: what is read.
        muted: what is read after that.
        accent: what to press, and what is chosen.
        on_accent: text on it.
        face: a call that sends the face stream.
        video: a call that sends H.265.
        fault: what went wrong, and what ends something.
        on_fault: text on it.
    """

    background: str
    card: str
    empty: str
    line: str
    text: str
    muted: str
    accent: str
    on_accent: str
    face: str
    video: str
    fault: str
    on_fault: str

    def of_mode(self, mode: Mode) -> str:
        """The colour that stands for a rung of the ladder."""
        return {"face": self.face, "h265": self.video, "audio_only": self.muted}[mode]


DARK = Colours(
    background="#101216", card="#191c22", empty="#1f232a", line="#2d323c", text="#eceef1", muted="#9aa2af",
    accent="#6ea8ff", on_accent="#0c1016", face="#4cc38a", video="#f0a83a", fault="#ff7a7a", on_fault="#160a0a",
)  # fmt: skip

LIGHT = Colours(
    background="#f5f6f8", card="#ffffff", empty="#e6e9ee", line="#d6dae1", text="#14171c", muted="#5a6372",
    accent="#1f5fd6", on_accent="#ffffff", face="#13744a", video="#8f5600", fault="#c02a2a", on_fault="#ffffff",
)  # fmt: skip

PICTURES = Path(__file__).resolve().parent / "pictures"

FONT_FAMILIES = ("Inter", "Segoe UI", "SF Pro Text", "Noto Sans", "DejaVu Sans")
FONT_POINTS = 10.5

_current = LIGHT


def colours() -> Colours:
    """The theme in use; whoever paints asks each time."""
    return _current


def choose(appearance: str, scheme: Qt.ColorScheme) -> Colours:
    """The theme for one of `app.settings.THEMES` where the desktop wants `scheme`; light where it does not say."""
    if appearance == "system":
        return DARK if scheme == Qt.ColorScheme.Dark else LIGHT
    return DARK if appearance == "dark" else LIGHT


def apply(application: QApplication, chosen: Colours) -> None:
    """Put every window into a theme."""
    global _current
    _current = chosen
    application.setPalette(palette(chosen))
    application.setStyleSheet(style(chosen))


def palette(chosen: Colours) -> QPalette:
    """The palette, which Qt's own style draws most controls with."""
    result = QPalette()
    roles = QPalette.ColorRole
    for role, colour in (
        (roles.Window, chosen.background),
        (roles.WindowText, chosen.text),
        (roles.Base, chosen.card),
        (roles.AlternateBase, chosen.background),
        (roles.Text, chosen.text),
        (roles.Button, chosen.card),
        (roles.ButtonText, chosen.text),
        (roles.BrightText, chosen.fault),
        (roles.PlaceholderText, chosen.muted),
        (roles.Highlight, chosen.accent),
        (roles.HighlightedText, chosen.on_accent),
        (roles.Accent, chosen.accent),
        (roles.Link, chosen.accent),
        (roles.ToolTipBase, chosen.card),
        (roles.ToolTipText, chosen.text),
        (roles.Light, chosen.card),
        (roles.Midlight, chosen.line),
        (roles.Mid, chosen.line),
        (roles.Dark, chosen.line),
        (roles.Shadow, chosen.background),
    ):
        result.setColor(role, QColor(colour))
    for role in (roles.WindowText, roles.Text, roles.ButtonText):
        result.setColor(QPalette.ColorGroup.Disabled, role, QColor(chosen.muted))
    return result


def _picture(name: str, c: Colours) -> str:
    """A little picture that suits a theme, as style sheets want its place."""
    return (PICTURES / f"{name}-{'dark' if c is DARK else 'light'}.svg").as_posix()


def _surfaces_and_texts(c: Colours) -> str:
    """Windows, cards and what is read on them."""
    return f"""
QWidget#page, QWidget#header {{ background: {c.background}; }}
QWidget#header {{ border-bottom: 1px solid {c.line}; }}
QFrame#card {{ background: {c.card}; border: 1px solid {c.line}; border-radius: 14px; }}
QFrame#notice {{ background: {c.card}; border: 1px solid {c.accent}; border-radius: 10px; }}
QFrame#notice[fault="true"] {{ border-color: {c.fault}; }}
QLabel#brand {{ font-size: 15pt; font-weight: 600; }}
QLabel#headline {{ font-size: 22pt; font-weight: 600; }}
QLabel#subhead {{ font-size: 13pt; font-weight: 600; }}
QLabel#title {{ color: {c.muted}; font-weight: 600; }}
QLabel#figure {{ font-size: 17pt; font-weight: 600; }}
QLabel#detail, QLabel#reason, QLabel#hint, QLabel#unit {{ color: {c.muted}; }}
QLabel#hint {{ font-size: 9.5pt; }}
QLabel#code {{ font-size: 21pt; font-weight: 600; }}
QLabel#emoji {{ font-size: 30pt; }}
QLabel#person {{ font-weight: 600; }}
QLabel#body {{ font-size: 11.5pt; }}
QFrame#chat {{ background: {c.background}; border: none; border-left: 1px solid {c.line}; }}
QLabel#own, QLabel#theirs {{ border-radius: 10px; padding: 7px 10px; }}
QLabel#own {{ background: {c.accent}; color: {c.on_accent}; }}
QLabel#own[pending="true"] {{ background: {c.empty}; color: {c.muted}; }}
QLabel#theirs {{ background: {c.empty}; color: {c.text}; }}
QLabel#fault {{ color: {c.fault}; }}
QLabel#badge {{ border-radius: 10px; padding: 3px 11px; font-weight: 600; color: {c.background};
    background: {c.muted}; }}
QLabel#badge[tone="face"] {{ background: {c.face}; }}
QLabel#badge[tone="h265"] {{ background: {c.video}; }}
QLabel#badge[tone="fault"] {{ background: {c.fault}; }}
"""


def _buttons(c: Colours) -> str:
    """Buttons with words, by their weight."""
    return f"""
QPushButton {{ background: {c.card}; border: 1px solid {c.line}; border-radius: 9px; padding: 8px 16px; }}
QPushButton:hover {{ border-color: {c.accent}; }}
QPushButton:focus {{ border: 2px solid {c.accent}; padding: 7px 15px; }}
QPushButton:pressed {{ background: {c.empty}; }}
QPushButton:checked {{ background: {c.accent}; color: {c.on_accent}; border-color: {c.accent}; }}
QPushButton:disabled {{ color: {c.muted}; background: {c.background}; }}
QPushButton#primary {{ background: {c.accent}; color: {c.on_accent}; border-color: {c.accent}; font-weight: 600;
    padding: 11px 22px; }}
QPushButton#primary:hover {{ border-color: {c.text}; }}
QPushButton#primary:focus {{ border: 2px solid {c.text}; padding: 10px 21px; }}
QPushButton#primary:disabled {{ background: {c.empty}; color: {c.muted}; border-color: {c.line}; }}
QPushButton#danger {{ background: {c.fault}; color: {c.on_fault}; border-color: {c.fault}; font-weight: 600; }}
QPushButton#danger:hover {{ border-color: {c.text}; }}
QPushButton#danger:focus {{ border: 2px solid {c.text}; }}
QPushButton#quiet {{ background: transparent; border-color: transparent; color: {c.muted}; }}
QPushButton#quiet:hover {{ color: {c.text}; border-color: {c.line}; }}
QPushButton#quiet:focus {{ border: 2px solid {c.accent}; }}
QPushButton#nav {{ background: transparent; border-color: transparent; padding: 7px 14px; }}
QPushButton#nav:hover {{ border-color: {c.line}; }}
QPushButton#nav:focus {{ border: 2px solid {c.accent}; padding: 6px 13px; }}
QPushButton#nav:checked {{ background: {c.empty}; color: {c.accent}; }}
"""


def _fields(c: Colours) -> str:
    """Where people write."""
    return f"""
QLineEdit, QPlainTextEdit {{ background: {c.card}; border: 1px solid {c.line}; border-radius: 9px; padding: 8px 11px;
    selection-background-color: {c.accent}; selection-color: {c.on_accent}; }}
QLineEdit:focus, QPlainTextEdit:focus {{ border: 2px solid {c.accent}; padding: 7px 10px; }}
"""


def _tool_buttons(c: Colours) -> str:
    """Buttons in a row of choices, and what hovers."""
    return f"""
QToolButton {{ color: {c.muted}; background: {c.card}; border: 1px solid {c.line}; padding: 5px 12px; margin: 0; }}
QToolButton:hover {{ color: {c.text}; }}
QToolButton:focus {{ border-color: {c.accent}; }}
QToolButton:checked {{ color: {c.on_accent}; background: {c.accent}; border-color: {c.accent}; font-weight: 600; }}
QToolButton#first {{ border-top-left-radius: 8px; border-bottom-left-radius: 8px; }}
QToolButton#last {{ border-top-right-radius: 8px; border-bottom-right-radius: 8px; }}
QToolTip {{ color: {c.text}; background: {c.card}; border: 1px solid {c.line}; padding: 4px; }}
"""


def _choices(c: Colours) -> str:
    """Boxes and lists to choose from."""
    return f"""
QComboBox {{ background: {c.card}; border: 1px solid {c.line}; border-radius: 9px; padding: 7px 11px; }}
QComboBox:hover {{ border-color: {c.accent}; }}
QComboBox:focus {{ border: 2px solid {c.accent}; padding: 6px 10px; }}
QComboBox:disabled {{ color: {c.muted}; }}
QComboBox::drop-down {{ border: none; width: 30px; }}
QComboBox::down-arrow {{ image: url("{_picture("chevron", c)}"); width: 14px; height: 14px; }}
QComboBox QAbstractItemView {{ background: {c.card}; border: 1px solid {c.line}; padding: 4px;
    selection-background-color: {c.accent}; selection-color: {c.on_accent}; outline: none; }}
QListWidget#kept {{ background: {c.background}; border: 1px solid {c.line}; border-radius: 9px; padding: 4px; }}
QListWidget#kept:focus {{ border: 2px solid {c.accent}; padding: 3px; }}
QListWidget#kept::item {{ padding: 8px 10px; border-radius: 6px; color: {c.text}; }}
QListWidget#kept::item:selected {{ background: {c.empty}; color: {c.text}; }}
"""


def _check_boxes(c: Colours) -> str:
    """What is ticked."""
    return f"""
QCheckBox {{ spacing: 9px; }}
QCheckBox::indicator {{ width: 18px; height: 18px; border: 1px solid {c.muted}; border-radius: 5px;
    background: {c.card}; }}
QCheckBox::indicator:hover {{ border-color: {c.accent}; }}
QCheckBox::indicator:checked {{ background: {c.accent}; border-color: {c.accent};
    image: url("{_picture("check", c)}"); }}
QCheckBox::indicator:focus {{ border: 2px solid {c.accent}; width: 16px; height: 16px; }}
QCheckBox::indicator:disabled {{ border-color: {c.line}; }}
QCheckBox:disabled {{ color: {c.muted}; }}
"""


def _spin_boxes(c: Colours) -> str:
    """Numbers with arrows."""
    return f"""
QAbstractSpinBox {{ background: {c.card}; border: 1px solid {c.line}; border-radius: 9px; padding: 7px 0; }}
QAbstractSpinBox:hover {{ border-color: {c.accent}; }}
QAbstractSpinBox:focus {{ border: 2px solid {c.accent}; padding: 6px 0; }}
QAbstractSpinBox QLineEdit, QAbstractSpinBox QLineEdit:focus {{ border: none; padding: 0;
    background: transparent; }}
QAbstractSpinBox::up-button, QAbstractSpinBox::down-button {{ subcontrol-origin: border; width: 28px; border: none; }}
QAbstractSpinBox::up-button {{ subcontrol-position: top right; }}
QAbstractSpinBox::down-button {{ subcontrol-position: bottom right; }}
QAbstractSpinBox::up-arrow {{ image: url("{_picture("chevron-up", c)}"); width: 11px; height: 11px; }}
QAbstractSpinBox::down-arrow {{ image: url("{_picture("chevron", c)}"); width: 11px; height: 11px; }}
QAbstractSpinBox:disabled {{ color: {c.muted}; }}
"""


def _scrolling_and_progress(c: Colours) -> str:
    """What moves through a page."""
    return f"""
QScrollArea, QScrollArea > QWidget > QWidget {{ background: transparent; border: none; }}
QProgressBar {{ background: {c.empty}; border: none; border-radius: 4px; min-height: 8px; max-height: 8px; }}
QProgressBar::chunk {{ background: {c.accent}; border-radius: 4px; }}
"""


_SECTIONS = (
    _surfaces_and_texts,
    _buttons,
    _fields,
    _tool_buttons,
    _choices,
    _check_boxes,
    _spin_boxes,
    _scrolling_and_progress,
)


def style(c: Colours) -> str:
    """The style sheet: what has an object name gets its look here."""
    return "".join(section(c) for section in _SECTIONS)
