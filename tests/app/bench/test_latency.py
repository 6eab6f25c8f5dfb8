"""Rows of the latency bench, from a short call with stages that cost nothing."""

from pathlib import Path

import pytest

from app.bench import latency
from app.bench.latency import LINKS, Link, measure_latency
from app.call.demo import DemoOptions, DemoReport, run_demo
from tests.fakes.stages import write_clip, write_fake_identity


def test_each_link_has_a_row(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).resolve().parents[3]))
    clip = write_clip(tmp_path / "disc.mp4", seconds=2)
    identity = write_fake_identity(tmp_path / "disc.visavis")
    held: list[DemoOptions] = []

    def hold(options: DemoOptions) -> DemoReport:
        held.append(options)
        return run_demo(
            DemoOptions(
                options.clip,
                options.identity,
                2.0,
                options.size,
                delay_ms=options.delay_ms,
                identity_known=options.identity_known,
                stages="tests.fakes.stages",
            )
        )

    monkeypatch.setattr(latency, "run_demo", hold)
    links, shares = (Link("near"), Link("far", delay_ms=60)), list[float]()
    near, far = measure_latency(links, clip, identity, (64, 64), 60.0, shares.append)
    assert shares == [0, 0.5, 1]
    assert [options.identity_known for options in held] == [True, True]
    assert float(far["latency_ms_p50"]) > 60 > float(far["over_link_ms_p95"]) - 1000
    assert float(near["fps"]) > 5
    assert float(near["wire_kbps_out"]) > 5
    assert set(near) == set(far)


def test_links_are_those_of_the_promise() -> None:
    assert [(link.rate_kbps, link.loss, link.jitter_ms) for link in LINKS] == [
        (None, 0.0, 0.0),
        (32.0, 0.02, 0.0),
        (None, 0.2, 50.0),
    ]
