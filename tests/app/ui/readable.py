"""Text that does not fit its place: Qt cuts it off without a word."""

from __future__ import annotations

from PySide6.QtWidgets import QLabel, QPushButton, QWidget


def cut_off(root: QWidget) -> list[str]:
    """The texts in a window that are cut off below: labels lower than their lines, buttons lower than their letters."""
    found = []
    for label in root.findChildren(QLabel):
        if label.isVisible() and label.text():
            needed = label.heightForWidth(label.width()) if label.wordWrap() else label.minimumSizeHint().height()
            if label.height() < needed:
                found.append(f"{label.text()} ({label.height()} of {needed} px)")
    for button in root.findChildren(QPushButton):
        if button.isVisible() and button.text():
            needed = button.fontMetrics().height()
            if button.contentsRect().height() < needed:
                found.append(f"{button.text()} ({button.contentsRect().height()} of {needed} px)")
    return found
