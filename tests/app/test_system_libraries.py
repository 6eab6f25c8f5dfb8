"""What the machine lacks is named by its Debian package."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from app import system_libraries
from app.system_libraries import REQUIREMENTS, known_libraries, missing_requirements


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the list is for Linux")
def test_the_loader_is_asked() -> None:
    assert any(name.startswith("libc.so") for name in known_libraries())


def test_a_missing_library_is_named_by_its_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(system_libraries.sys, "platform", "linux")
    monkeypatch.setattr(system_libraries, "known_libraries", lambda: {"libGL.so.1"})
    packages = {requirement.package for requirement in missing_requirements()}
    assert "libxcb-cursor0" in packages
    assert "libgl1" not in packages


@pytest.mark.parametrize(("essential", "status"), [(True, 1), (False, 0)])
def test_it_says_in_one_line_what_to_install(
    essential: bool, status: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    lacking = [requirement for requirement in REQUIREMENTS if requirement.essential == essential][:2]
    monkeypatch.setattr(system_libraries, "missing_requirements", lambda: lacking)
    monkeypatch.setattr(system_libraries, "_install", lambda packages: False)
    assert system_libraries.main() == status
    line = capsys.readouterr().err.splitlines()[-1]
    assert line.startswith("Missing system libraries")
    assert line.endswith(" ".join(requirement.package for requirement in lacking))


def test_other_systems_need_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(system_libraries.sys, "platform", "darwin")
    assert missing_requirements() == []


def test_no_server_is_started_on_somebodys_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(system_libraries.shutil, "which", lambda program: None)
    monkeypatch.setattr(system_libraries.sys, "platform", "linux")
    monkeypatch.setattr(system_libraries, "SYSTEMD", tmp_path / "no systemd")
    assert "coturn" in {requirement.package for requirement in missing_requirements()}
    monkeypatch.setattr(system_libraries, "SYSTEMD", tmp_path)
    assert "coturn" not in {requirement.package for requirement in missing_requirements()}
