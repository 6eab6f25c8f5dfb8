"""Colours, type and the style sheet of all windows: dark and quiet, so that the faces are what one sees."""

from __future__ import annotations

from PySide6.QtGui import QColor, QPalette

BACKGROUND = "#101216"
CARD = "#181b21"
EMPTY = "#1c1f26"
LINE = "#2a2f38"
TEXT = "#e8eaed"
MUTED = "#8b93a1"
ACCENT = "#5b9dff"
MODE_COLOURS = {"face": "#4cc38a", "h265": "#f0a83a", "audio_only": "#8b93a1"}
FAULT = "#ff6b6b"

FONT_FAMILIES = ("Inter", "Segoe UI", "SF Pro Text", "Noto Sans", "DejaVu Sans")
FONT_POINTS = 10.0

STYLE = f"""
QWidget {{ color: {TEXT}; background: transparent; }}
QMainWindow, QWidget#page {{ background: {BACKGROUND}; }}
QFrame#card {{ background: {CARD}; border: 1px solid {LINE}; border-radius: 12px; }}
QLabel#brand {{ font-size: 15pt; font-weight: 600; }}
QLabel#title {{ color: {MUTED}; font-weight: 600; }}
QLabel#figure {{ font-size: 17pt; font-weight: 600; }}
QLabel#detail, QLabel#reason, QLabel#hint, QLabel#unit {{ color: {MUTED}; }}
QLabel#hint {{ font-size: 9pt; }}
QLabel#fault {{ color: {FAULT}; }}
QToolButton {{ color: {MUTED}; background: {CARD}; border: 1px solid {LINE}; padding: 5px 12px; margin: 0; }}
QToolButton:hover {{ color: {TEXT}; }}
QToolButton:focus {{ border-color: {ACCENT}; }}
QToolButton:checked {{ color: {BACKGROUND}; background: {ACCENT}; border-color: {ACCENT}; font-weight: 600; }}
QToolButton#first {{ border-top-left-radius: 8px; border-bottom-left-radius: 8px; }}
QToolButton#last {{ border-top-right-radius: 8px; border-bottom-right-radius: 8px; }}
QToolTip {{ color: {TEXT}; background: {CARD}; border: 1px solid {LINE}; }}
"""


def palette() -> QPalette:
    """The palette behind the style sheet, for what it does not reach."""
    colours = QPalette()
    for role, colour in (
        (QPalette.ColorRole.Window, BACKGROUND),
        (QPalette.ColorRole.WindowText, TEXT),
        (QPalette.ColorRole.Base, CARD),
        (QPalette.ColorRole.Text, TEXT),
        (QPalette.ColorRole.Button, CARD),
        (QPalette.ColorRole.ButtonText, TEXT),
        (QPalette.ColorRole.Highlight, ACCENT),
        (QPalette.ColorRole.ToolTipBase, CARD),
        (QPalette.ColorRole.ToolTipText, TEXT),
    ):
        colours.setColor(role, QColor(colour))
    return colours
