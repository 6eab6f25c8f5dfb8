"""Pictures of the enrolment's views, of the sample portrait: nothing is recorded and nothing trained for them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from app import identities, paths
from app.enrolment.acts import Act
from app.enrolment.checks import find_problem
from app.enrolment.coverage import NEEDED_S, Coverage
from app.enrolment.guide import GuideView
from app.enrolment.liveness import Liveness
from app.enrolment.progress_lines import EnrolProgress
from app.enrolment.reading import FaceReading
from app.enrolment.script import STEPS, Script
from app.enrolment.studio import Seen
from app.enrolment.training import TrainingEnd
from app.ui.enrol_page import EnrolPage
from codec.identity import read_identity
from codec.types import Frame
from models.clip import read_clip

SIDE = 512
FRAMES = (390, 400)
"""Of the sample: there she turns to her left."""

FACE = FaceReading(0, 12.0, 0.0, 0.35, 0.02, 0.6, 0.18, 0.5, 0.5, 0.3, 150.0, 150.0, 12.0)
DARK = FaceReading(0, 0.0, 0.0, 0.35, 0.02, 0.6, 0.18, 0.5, 0.5, 0.3, 30.0, 40.0, 4.0)


Picture = NDArray[np.uint8]
Portray = Callable[[list[Picture]], Picture]


def portray_sample(pictures: list[Picture]) -> Picture:
    """The sample's avatar as it looks at the end of these pictures, rendered for real."""
    from models.analysis import FaceAnalyser
    from models.render.registry import open_renderer

    identity = read_identity(paths.sample_identity())
    code = None
    with closing(FaceAnalyser(identity)) as analyser:
        for number, rgb in enumerate(pictures):
            code = analyser.analyse(Frame(rgb, number * 40_000_000, number)).code or code
    if code is None:
        raise RuntimeError("no face was found in the sample")
    return open_renderer(identity).render(code, (SIDE, SIDE))


def stage_views(page: EnrolPage, portray: Portray = portray_sample) -> Iterator[str]:
    """Shows one view after the other, and gives the name of its picture while it is shown.

    Args:
        page: shows them.
        portray: renders the sample's avatar.
    """
    pictures = [frame.rgb for frame in read_clip(paths.sample_clip(), FRAMES, SIDE)]
    sample = identities.describe(paths.sample_identity())
    page.overview.show_state([sample], sample.key, None)
    page.stack.setCurrentWidget(page.overview)
    yield "avatars"
    page.consent.prepare(None, "Ada")
    page.stack.setCurrentWidget(page.consent)
    yield "enrol-consent"
    page.recording.prepare()
    page.stack.setCurrentWidget(page.recording)
    for name, view, reading in _guided():
        page.recording.show_seen(Seen(pictures[-1], reading, view, 4_000_000_000))
        yield name
    page.training.prepare()
    page.stack.setCurrentWidget(page.training)
    page.training.show_progress(EnrolProgress("training", 0.42, 270.0, 31.0), Path())
    rendered = portray(pictures)
    page.training.show_preview(rendered)
    yield "enrol-training"
    page.result.prepare(TrainingEnd("done", "", sample.size, 37.0, 480.0), "")
    page.result.show_pair(pictures[-1], rendered)
    page.stack.setCurrentWidget(page.result)
    yield "enrol-result"
    page.show_camera_fault("camera 0 gives no picture")
    yield "enrol-no-camera"


def _guided() -> Iterator[tuple[str, GuideView, FaceReading]]:
    done = Coverage({act: NEEDED_S[act] for act in (Act.STRAIGHT,)} | {Act.LEFT: 0.6, Act.TALK: 1.0})
    nothing, script = Coverage(), Script()
    check = Liveness((Act.EYES, Act.LEFT, Act.MOUTH, Act.RIGHT, Act.EYES), 1, "asking", "", 2_000_000_000)
    yield "enrol-liveness", GuideView("liveness", None, 1.0, check, 1, "", script, nothing, False), FACE
    midway = Script(STEPS[1:], 2.0, 6.0)
    yield "enrol-recording", GuideView("recording", None, 1.0, None, 0, "", midway, done, True), FACE
    dark = GuideView("recording", find_problem(DARK), 1.0, None, 0, "", midway, done, False)
    yield "enrol-too-dark", dark, DARK
