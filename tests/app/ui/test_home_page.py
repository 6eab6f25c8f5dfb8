"""The home page in a real window."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractButton, QLineEdit
from pytestqt.qtbot import QtBot

from app import paths
from app.settings import NO_CAMERA, load_settings
from app.ui.context import Context
from app.ui.home_page import HomePage
from app.ui.page import Page
from tests.fakes.stages import write_clip


@pytest.fixture
def context() -> Context:
    return Context()


@pytest.fixture
def page(qtbot: QtBot, context: Context, tmp_path: Path) -> Iterator[HomePage]:
    before = set(threading.enumerate())
    opened = HomePage(context, write_clip(tmp_path / "disc.mp4", seconds=1))
    qtbot.addWidget(opened)
    opened.resize(1100, 700)
    opened.entered()
    opened.show()
    qtbot.waitExposed(opened)
    yield opened
    opened.left()
    assert context.retirement.wait()
    left = {thread.name.partition("-")[0] for thread in set(threading.enumerate()) - before}
    assert left <= {"signalling", "PoolThread"}


def wanted(page: Page) -> list[tuple[str, object]]:
    requests: list[tuple[str, object]] = []
    page.page_wanted.connect(lambda name, request: requests.append((name, request)))
    return requests


def test_a_call_is_started_joined_and_shown(page: HomePage, qtbot: QtBot) -> None:
    requests = wanted(page)
    page.start.click()
    page.demo.click()
    page.enrol.click()
    qtbot.keyClicks(page.join_form.field, " 7 Crossover clockwork ")
    qtbot.keyClick(page.join_form.field, Qt.Key.Key_Return)
    assert [(name, getattr(request, "kind", None)) for name, request in requests] == [
        ("call", "host"),
        ("call", "demo"),
        ("enrol", None),
        ("call", "join"),
    ]
    assert getattr(requests[-1][1], "code", "") == "7-crossover-clockwork"
    assert page.join_form.field.text() == ""


@pytest.mark.parametrize("typed", ["hello", "7", "7-crossover", "7-a-b-c", "7 1 2"])
def test_what_is_no_code_is_told_of(page: HomePage, qtbot: QtBot, typed: str) -> None:
    requests = wanted(page)
    page.join_form.field.setText(typed)
    page.join_form.button.click()
    assert not requests
    assert "That is no code" in page.join_form.problem.text()
    qtbot.keyClicks(page.join_form.field, "x")
    assert page.join_form.problem.isHidden()


def test_words_are_completed_as_one_types(page: HomePage, qtbot: QtBot) -> None:
    form = page.join_form
    assert form._words == (), "they take a second to load, which nobody else should wait for"
    form.load_words()
    qtbot.waitUntil(lambda: form._words != (), timeout=20_000)
    completer = form.field.completer()
    assert completer is not None
    qtbot.keyClicks(form.field, "7-cros")
    assert completer.completionCount() == 1
    assert completer.currentCompletion() == "7-crossover"
    form.field.clear()
    qtbot.keyClicks(form.field, "7 crossover clockw")
    assert completer.currentCompletion() == "7-crossover-clockwork"


def test_people_are_renamed_and_forgotten(page: HomePage, context: Context, qtbot: QtBot) -> None:
    assert not page.people.rows
    now = time.time()
    context.people.met("", None, np.full((64, 64, 3), 99, np.uint8), now, 61.0)
    context.people.met("Anna <b>", bytes(32), None, now, 61.0)
    page.people.refresh()
    assert [row.name.text() for row in page.people.rows] == ["Anna <b>", "Somebody without an avatar"]
    assert "avatar known" in page.people.rows[0].detail.text()
    assert page.people.rows[0].detail.text().startswith("today")
    row, person = page.people.rows[1], context.people.all()[1]
    page.people.rename(row, person)
    field = page.people.findChild(QLineEdit)
    assert field is not None
    field.setText("Opa")
    qtbot.keyClick(field, Qt.Key.Key_Return)
    assert [row.name.text() for row in page.people.rows] == ["Anna <b>", "Opa"]
    page.people.forget(context.people.all()[0])
    assert [row.name.text() for row in page.people.rows] == ["Opa"]


def test_the_mirror_shows_the_camera_and_lets_it_go(page: HomePage, context: Context, qtbot: QtBot) -> None:
    mirror = page.mirror
    assert mirror.picture.image_size is None
    mirror.switch.click()
    qtbot.waitUntil(lambda: mirror.picture.image_size == (256, 256), timeout=20_000)
    page.left()
    assert context.retirement.wait()
    assert mirror.picture.image_size is None
    page.entered()
    qtbot.waitUntil(lambda: mirror.picture.image_size == (256, 256), timeout=20_000)
    mirror.switch.click()
    assert mirror.picture.image_size is None


def test_without_camera_and_sound_it_says_what_is_missing(qtbot: QtBot, context: Context) -> None:
    opened = HomePage(context)
    qtbot.addWidget(opened)
    opened.entered()
    opened.mirror.cameras.setCurrentIndex(opened.mirror.cameras.findData(NO_CAMERA))
    opened.mirror._choose_camera(opened.mirror.cameras.currentIndex())
    assert load_settings().camera == NO_CAMERA
    opened.mirror.switch.click()
    assert "No camera is found" in opened.mirror.problem.text()
    opened.mirror._show_sound_problem("PortAudio is missing")
    assert "PortAudio is missing" in opened.mirror.problem.text()
    assert opened.demo.isEnabled()
    opened.left()
    assert context.retirement.wait()


def test_the_avatar_is_named_once_there_is_one(page: HomePage, context: Context) -> None:
    assert "none yet" in page.avatar_state.text()
    from dataclasses import replace

    context.change_settings(replace(context.settings, identity="me"))
    kept = paths.kept_identity("me")
    kept.parent.mkdir(parents=True, exist_ok=True)
    kept.write_bytes(b"stands for one")
    page.entered()
    assert page.avatar_state.text().startswith("Ready: me.")


def test_every_control_has_a_name(page: HomePage) -> None:
    for control in page.findChildren(QAbstractButton):
        assert control.accessibleName() or control.text(), control
    assert page.join_form.field.accessibleName()
    assert page.mirror.cameras.accessibleName()


def test_a_damaged_list_of_people_is_told_of(qtbot: QtBot) -> None:
    paths.people_folder().mkdir(parents=True)
    (paths.people_folder() / "people.json").write_text("{")
    context = Context()
    opened = HomePage(context)
    qtbot.addWidget(opened)
    told: list[str] = []
    opened.noticed.connect(lambda text, is_fault: told.append(text))
    opened.entered()
    assert "cannot be read" in told[0]
    opened.left()
    assert context.retirement.wait()
