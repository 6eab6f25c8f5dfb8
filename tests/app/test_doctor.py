"""The examination of a machine, whole or broken."""

from __future__ import annotations

import sys

import pytest

from app import doctor


def test_what_cannot_be_examined_is_a_fault_and_the_rest_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "models.render.registry", None)
    findings = {finding.subject: finding for finding in doctor.examine()}
    assert findings["renderers"].verdict == "fault"
    assert findings["codec libx265"].verdict == "ok"
    assert "settings" in findings


def test_damaged_settings_are_a_fault() -> None:
    path = doctor.paths.settings_file()
    path.parent.mkdir(parents=True)
    path.write_text("{")
    assert doctor._settings()[0].verdict == "fault"
