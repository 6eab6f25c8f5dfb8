"""Every text of the client is translated, what is filled in stays, and a window can be read in German."""

from __future__ import annotations

import re
import shutil
import string
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QLocale
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.ui.context import Context
from app.ui.enrol_words import time_left
from app.ui.language import FOLDER, chosen_language, install_language
from app.ui.settings_page import SettingsPage

SOURCES = sorted(FOLDER.parent.glob("*.py"))
GERMAN = FOLDER / "visavis_de.ts"


def run_tool(name: str, *arguments: str) -> None:
    tool = Path(sys.executable).with_name(f"pyside6-{name}")
    done = subprocess.run([str(tool), *arguments], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr


def messages(file: Path) -> dict[tuple[str, str], ET.Element]:
    """Translations by context and text."""
    found = {}
    for context in ET.parse(file).getroot().iter("context"):
        for message in context.iter("message"):
            translation = message.find("translation")
            assert translation is not None
            found[context.findtext("name", ""), message.findtext("source", "")] = translation
    return found


def test_every_text_is_translated(tmp_path: Path) -> None:
    """New texts: run `make translations`, write their German into visavis_de.ts, and run it again."""
    fresh = Path(shutil.copy(GERMAN, tmp_path / "fresh.ts"))
    run_tool("lupdate", *map(str, SOURCES), "-ts", str(fresh), "-locations", "none", "-no-obsolete")
    missing = [key for key, one in messages(fresh).items() if one.get("type") == "unfinished" or not one.text]
    assert missing == []
    assert messages(fresh).keys() == messages(GERMAN).keys()


def test_what_is_filled_in_stays() -> None:
    def places(text: str) -> set[str | None]:
        return {field for _, field, _, _ in string.Formatter().parse(text) if field is not None}

    for (_, source), translation in messages(GERMAN).items():
        assert places(translation.text or "") == places(source), source
        assert ("&" in (translation.text or "")) == bool(re.search(r"&\w", source)), source


def test_the_compiled_file_is_of_these_texts(tmp_path: Path) -> None:
    run_tool("lrelease", str(GERMAN), "-qm", str(tmp_path / "fresh.qm"))
    assert (tmp_path / "fresh.qm").read_bytes() == (FOLDER / "visavis_de.qm").read_bytes()


@pytest.mark.parametrize(
    ("setting", "system", "language"),
    [("de", "en_GB", "de"), ("en", "de_AT", "en"), ("system", "de_AT", "de"), ("system", "fr_FR", "en")],
)
def test_the_systems_language_counts_where_none_is_chosen(setting: str, system: str, language: str) -> None:
    assert chosen_language(setting, QLocale(system)) == language


@pytest.fixture
def german(qapp: QApplication) -> Iterator[None]:
    before = QLocale()
    translators = install_language(qapp, "de")
    assert len(translators) == 2
    yield
    for translator in translators:
        qapp.removeTranslator(translator)
    QLocale.setDefault(before)


def test_a_page_can_be_read_in_german(german: None, qtbot: QtBot) -> None:
    page = SettingsPage(Context())
    qtbot.addWidget(page)
    assert page.title == "Einstellungen"
    assert page.data.limits.text() == "&Nie mehr senden als"
    assert "Im Monat etwa" in page.data.estimate.text()
    assert time_left(300) == "noch etwa 5 Minuten"


def test_english_needs_no_translation(qapp: QApplication) -> None:
    before = QLocale()
    assert install_language(qapp, "en") == []
    QLocale.setDefault(before)
