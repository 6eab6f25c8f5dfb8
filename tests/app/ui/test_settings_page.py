"""The settings page on a real X server: every choice holds at once and is kept, and nothing runs once it is left."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt, QTimer
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QLineEdit,
    QListWidget,
    QWidget,
)
from pytestqt.qtbot import QtBot

from app import paths
from app.call.audio_devices import NoSoundDevice
from app.net import server_check
from app.net.ice_servers import IceServer
from app.rendering_speed import measure_rendering, why_chosen
from app.settings import Settings, load_settings, save_settings
from app.ui import settings_devices
from app.ui.background import Errand
from app.ui.context import Context
from app.ui.settings_page import SettingsPage

NAMES = (["Built-in", "Headset"], ["Speakers", "Headset"])


def leave(page: QWidget) -> None:
    assert isinstance(page, SettingsPage)
    page.hide()
    page.left()
    assert not any(timer.isActive() for timer in page.findChildren(QTimer))


@pytest.fixture
def page(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> Iterator[SettingsPage]:
    monkeypatch.setattr(settings_devices, "look_for_sound", lambda rescan: NAMES)
    before = set(threading.enumerate())
    context = Context()
    shown = SettingsPage(context, paths.sample_clip())
    qtbot.addWidget(shown, before_close_func=leave)
    shown.resize(1000, 760)
    shown.show()
    shown.entered()
    yield shown
    assert context.retirement.wait(20)
    qtbot.waitUntil(lambda: set(threading.enumerate()) <= before, timeout=20_000)


def choose(box: QComboBox, value: object) -> None:
    row = box.findData(value)
    assert row >= 0
    box.setCurrentIndex(row)
    box.activated.emit(row)


def test_devices_are_listed_and_chosen(page: SettingsPage, qtbot: QtBot) -> None:
    devices = page.devices
    qtbot.waitUntil(lambda: devices.microphones.findData("Headset") >= 0, timeout=10_000)
    choose(devices.microphones, "Headset")
    choose(devices.speakers, "none")
    assert (load_settings().microphone, load_settings().speaker) == ("Headset", "none")


def test_a_device_that_is_plugged_in_shows_and_one_that_is_gone_stays_chosen(
    page: SettingsPage, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    devices = page.devices
    qtbot.waitUntil(lambda: devices.microphones.findData("Headset") >= 0, timeout=10_000)
    choose(devices.microphones, "Headset")
    monkeypatch.setattr(settings_devices, "look_for_sound", lambda rescan: (["USB"], []))
    qtbot.waitUntil(lambda: not devices._errand.is_busy, timeout=10_000)
    devices.look()
    qtbot.waitUntil(lambda: devices.microphones.findData("USB") >= 0, timeout=10_000)
    assert devices.microphones.currentData() == "Headset"


def test_without_sound_it_says_so(page: SettingsPage, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(rescan: bool) -> tuple[list[str], list[str]]:
        raise NoSoundDevice("PortAudio is missing")

    devices = page.devices
    qtbot.waitUntil(lambda: devices.microphones.count() > 0 and not devices._errand.is_busy, timeout=10_000)
    monkeypatch.setattr(settings_devices, "look_for_sound", fail)
    devices.look()
    qtbot.waitUntil(lambda: devices.note.text() == "PortAudio is missing", timeout=10_000)


def test_a_data_limit_and_what_a_month_takes(page: SettingsPage, qtbot: QtBot) -> None:
    data = page.data
    unlimited = data.estimate.text()
    qtbot.keyClick(data.limits, Qt.Key.Key_Space)
    assert load_settings().most_kbps == 100
    data.kbps.setValue(40)
    assert load_settings().most_kbps == 40
    assert "not for video" in data.consequence.text()
    assert data.estimate.text() != unlimited
    data.hours.setValue(2.0)
    assert data.estimate.text() == "In a month about 1.6 GB as avatars, at most 2.2 GB as video."
    qtbot.keyClick(data.limits, Qt.Key.Key_Space)
    assert load_settings().most_kbps == 0
    assert not data.kbps.isEnabled()


def test_the_meeting_point_is_checked_before_it_is_kept(page: SettingsPage, qtbot: QtBot) -> None:
    field = page.connection.meeting_point
    field.setText("http://nonsense")
    field.editingFinished.emit()
    assert page.connection.meeting_note.objectName() == "fault"
    assert load_settings() == Settings()
    field.setText("ws://192.168.1.20:4000")
    field.editingFinished.emit()
    assert load_settings().rendezvous == "ws://192.168.1.20:4000/v1"
    assert page.connection.meeting_note.objectName() == "detail"


def test_tests_say_whether_servers_answer(page: SettingsPage, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def refuse(server: IceServer) -> None:
        asked.append(server.url)
        raise ConnectionError("it does not answer")

    monkeypatch.setattr(server_check, "check_ice_server", refuse)
    monkeypatch.setattr(server_check, "check_meeting_point", asked.append)
    connection = page.connection
    qtbot.mouseClick(connection.test, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: connection.server_note.text() == "it does not answer", timeout=10_000)
    qtbot.waitUntil(lambda: not connection._errand.is_busy, timeout=10_000)
    qtbot.mouseClick(connection.test_meeting_point, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: connection.meeting_note.text().endswith("answers."), timeout=10_000)
    assert len(asked) == 2


def test_servers_are_added_and_removed_and_a_relay_alone_needs_one(page: SettingsPage, qtbot: QtBot) -> None:
    connection = page.connection
    assert not connection.relay_only.isEnabled()
    connection.url.setText("turn:turn.example.org")
    qtbot.mouseClick(connection.add, Qt.MouseButton.LeftButton)
    assert "needs a user name" in connection.server_note.text()
    connection.username.setText("me")
    connection.password.setText("secret")
    qtbot.keyClick(connection.password, Qt.Key.Key_Return)
    assert load_settings().ice_servers[-1] == IceServer("turn:turn.example.org:3478", "me", "secret")
    assert connection.password.text() == ""
    connection.relay_only.setChecked(True)
    assert load_settings().relay_only
    connection.servers.setCurrentRow(1)
    qtbot.mouseClick(connection.remove, Qt.MouseButton.LeftButton)
    assert not load_settings().relay_only
    assert len(load_settings().ice_servers) == 1


def test_renderer_theme_and_language_are_kept(
    page: SettingsPage, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(page.rendering, "_measure", lambda: None)
    choose(page.rendering.sizes, 512)
    choose(page.rendering.backends, "cpu")
    page.rendering.threads.setValue(3)
    choose(page.look.themes, "dark")
    choose(page.look.languages, "de")
    kept = load_settings()
    assert (kept.size, kept.backend, kept.threads, kept.theme, kept.language) == (512, "cpu", 3, "dark", "de")
    assert "next time" in page.look.note.text()


def test_a_renderer_that_cannot_run_says_why(page: SettingsPage, qtbot: QtBot) -> None:
    rendering = page.rendering
    rendering.keep(backend="nonsense")
    rendering._measure()
    qtbot.waitUntil(lambda: "unknown backend" in rendering.note.text(), timeout=60_000)


@pytest.mark.timeout(600)
def test_the_speed_is_measured_and_the_choice_explained() -> None:
    speed = measure_rendering("auto", 64, 1)
    assert (speed.backend, speed.why) == why_chosen("auto")
    assert speed.ms > 0
    assert why_chosen("reference")[0] == "reference"


def test_the_wheel_scrolls_and_changes_nothing(page: SettingsPage, qtbot: QtBot) -> None:
    box = page.look.themes
    page.data.limits.setFocus()
    middle = QPointF(box.rect().center())
    turn = QWheelEvent(
        middle,
        QPointF(box.mapToGlobal(box.rect().center())),
        QPoint(),
        QPoint(0, -240),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(box, turn)
    assert box.currentData() == "system"
    assert load_settings().theme == "system"


def test_settings_of_elsewhere_show(qtbot: QtBot, page: SettingsPage) -> None:
    page.context.change_settings(Settings(most_kbps=250, theme="light", microphone="Headset"))
    assert page.data.kbps.value() == 250
    assert page.look.themes.currentData() == "light"
    assert page.devices.microphones.currentData() == "Headset"


def test_settings_that_cannot_be_kept_are_told_of(page: SettingsPage) -> None:
    told: list[str] = []
    page.noticed.connect(lambda text, is_fault: told.append(text))
    save_settings(Settings())
    folder = paths.settings_file().parent
    paths.settings_file().unlink()
    folder.rmdir()
    folder.write_text("in the way")
    page.data.limits.setChecked(True)
    assert "cannot be kept" in told[0]


def test_every_control_has_a_name_and_keys_reach_it(page: SettingsPage) -> None:
    kinds = (QAbstractButton, QLineEdit, QComboBox, QListWidget, QAbstractSpinBox)
    for control in [one for kind in kinds for one in page.findChildren(kind)]:
        if control.objectName().startswith("qt_") or isinstance(control.parent(), QComboBox | QAbstractSpinBox):
            continue
        assert control.accessibleName() or getattr(control, "text", str)(), control
        assert control.focusPolicy() & Qt.FocusPolicy.TabFocus, control


def test_errands_run_one_at_a_time_and_can_be_forgotten(qtbot: QtBot) -> None:
    errand, gate = Errand("errand"), threading.Event()
    results: list[object] = []
    errand.done.connect(results.append)
    assert errand.run(lambda: gate.wait(10))
    assert not errand.run(lambda: None)
    errand.forget()
    gate.set()
    qtbot.waitUntil(lambda: not errand.is_busy, timeout=10_000)
    with qtbot.waitSignal(errand.done, timeout=10_000):
        assert errand.run(lambda: 5)
    assert results == [5]
