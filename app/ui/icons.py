"""Icons as strokes on a grid of 24 x 24 points, in the colour that is asked for, sharp on every screen."""

from __future__ import annotations

from PySide6.QtCore import QByteArray, QRectF, QSize, Qt
from PySide6.QtGui import QIcon, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

SCALE = 3
"""Pixels per point of the drawn icon: sharp up to screens of three times the usual density."""

STROKES = {
    "microphone": '<rect x="9" y="3" width="6" height="11" rx="3"/><path d="M5 11a7 7 0 0 0 14 0M12 18v3M9 21h6"/>',
    "microphone-off": '<path d="M9 9v2a3 3 0 0 0 4.6 2.5M15 11V6a3 3 0 0 0-5.7-1.3M5 11a7 7 0 0 0 11 5.7M19 11a7 7 0 0 '
    '1-.7 3M12 18v3M9 21h6M3 3l18 18"/>',
    "camera": '<rect x="2" y="6" width="13" height="12" rx="2.5"/><path d="M15 10.5l6-3.5v10l-6-3.5"/>',
    "camera-off": '<path d="M6 6H4.5A2.5 2.5 0 0 0 2 8.5v7A2.5 2.5 0 0 0 4.5 18h8a2.5 2.5 0 0 0 2.3-1.5M10 6h2.5A2.5 '
    '2.5 0 0 1 15 8.5v2l6-3.5v10l-3-1.7M3 3l18 18"/>',
    "hang-up": '<path d="M3.2 14.8c-.9-1.7-.6-3.3.8-4.3 4.7-3.3 11.3-3.3 16 0 1.4 1 1.7 2.6.8 '
    "4.3l-.4.7c-.3.5-.8.7-1.4.5l-3-1c-.5-.2-.8-.6-.8-1.1v-2c-2-.6-4.4-.6-6.4 0v2c0 .5-.3.9-.8 1.1l-3 "
    '1c-.6.2-1.1 0-1.4-.5z" fill="{colour}"/>',
    "answer": '<path d="M6.5 3.5l2.3-.3c.5-.1 1 .2 1.2.7l1.1 2.9c.2.5 0 1-.4 1.3L9 9.5c1.2 2.3 3.1 4.2 5.5 '
    "5.5l1.4-1.7c.3-.4.8-.6 1.3-.4l2.9 1.1c.5.2.8.7.7 1.2l-.3 2.3c-.2 1.5-1.5 2.6-3 2.5C9.8 19.6 4.4 "
    '14.2 4 6.5c-.1-1.5 1-2.8 2.5-3z" fill="{colour}"/>',
    "chat": '<path d="M4 5.5h16a1.5 1.5 0 0 1 1.5 1.5v9a1.5 1.5 0 0 1-1.5 1.5h-8.5L7 21v-3.5H4A1.5 1.5 0 0 1 2.5 '
    '16V7A1.5 1.5 0 0 1 4 5.5zM7 10h10M7 13.5h6"/>',
    "snapshot": '<path d="M4.5 7.5H7l1.8-2.8h6.4L17 7.5h2.5A2 2 0 0 1 21.5 9.5v8.5a2 2 0 0 1-2 2h-15a2 2 0 0 '
    '1-2-2V9.5a2 2 0 0 1 2-2z"/><circle cx="12" cy="13.5" r="3.7"/>',
    "full-screen": '<path d="M4 9V5.5A1.5 1.5 0 0 1 5.5 4H9M15 4h3.5A1.5 1.5 0 0 1 20 5.5V9M20 15v3.5a1.5 1.5 0 0 1'
    '-1.5 1.5H15M9 20H5.5A1.5 1.5 0 0 1 4 18.5V15"/>',
    "figures": '<path d="M4 20V11M9.3 20V4M14.7 20v-6.5M20 20V8"/>',
    "real": '<path d="M2.5 12C5 7.5 8.3 5.3 12 5.3s7 2.2 9.5 6.7c-2.5 4.5-5.8 6.7-9.5 6.7S5 16.5 2.5 12z"/>'
    '<circle cx="12" cy="12" r="3"/>',
    "person": '<circle cx="12" cy="8.2" r="4.2"/><path d="M4 21c.6-4.5 3.8-6.8 8-6.8s7.4 2.3 8 6.8"/>',
    "copy": '<rect x="8.5" y="8.5" width="12" height="12" rx="2"/><path d="M15.5 8.5V5.5a2 2 0 0 0-2-2h-8a2 2 0 '
    '0 0-2 2v8a2 2 0 0 0 2 2h3"/>',
    "sound": '<path d="M4 9.5v5h3.5L12.5 19V5L7.5 9.5zM16 9a4.2 4.2 0 0 1 0 6M18.7 6.2a8.2 8.2 0 0 1 0 11.6"/>',
    "send": '<path d="M3.5 12L20.5 4l-4.8 16-3.7-6.5zM12 13.5l8.5-9.5"/>',
    "more": '<circle cx="5" cy="12" r="1"/><circle cx="12" cy="12" r="1"/><circle cx="19" cy="12" r="1"/>',
}
"""Drawn for this project; round ends, 1.8 points wide."""


def make_icon(name: str, colour: str, size: int = 22) -> QIcon:
    """Draw an icon.

    Args:
        name: a key of `STROKES`.
        colour: as a style sheet has it.
        size: side in points.
    """
    strokes = STROKES[name].replace("{colour}", colour)
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24" fill="none" stroke="{colour}" '
        f'stroke-width="1.8" stroke-linecap="round" stroke-linejoin="round">{strokes}</svg>'
    )
    side = size * SCALE
    pixmap = QPixmap(QSize(side, side))
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    QSvgRenderer(QByteArray(svg.encode())).render(painter, QRectF(0, 0, side, side))
    painter.end()
    pixmap.setDevicePixelRatio(SCALE)
    return QIcon(pixmap)
