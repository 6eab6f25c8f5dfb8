"""The client's language: English is in the code, others are in `translations`, made by `make translations`."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QLibraryInfo, QLocale, QTranslator
from PySide6.QtWidgets import QApplication

FOLDER = Path(__file__).with_name("translations")

ENGLISH = "en"


def chosen_language(setting: str, system: QLocale | None = None) -> str:
    """The language for one of `app.settings.LANGUAGES`: the system's where it is known here, else English."""
    if setting != "system":
        return setting
    name = (system or QLocale.system()).name().split("_")[0]
    return name if (FOLDER / f"visavis_{name}.qm").is_file() else ENGLISH


def install_language(application: QApplication, setting: str) -> list[QTranslator]:
    """Put the application into a language, dates and Qt's own dialogs included.

    Args:
        application: that.
        setting: one of `app.settings.LANGUAGES`.

    Returns:
        What translates, none for English; the application holds on to it.
    """
    language = chosen_language(setting)
    if setting != "system":
        QLocale.setDefault(QLocale(language))
    if language == ENGLISH:
        return []
    qt_folder = QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)
    installed = []
    for name, folder in (("qtbase", qt_folder), ("visavis", str(FOLDER))):
        translator = QTranslator(application)
        if translator.load(f"{name}_{language}", folder) and application.installTranslator(translator):
            installed.append(translator)
    return installed
