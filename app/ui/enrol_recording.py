"""The guided recording's view: a round mirror, one thing to do at a time, and how long it still takes."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QVBoxLayout, QWidget

from app.enrolment.acts import Act
from app.enrolment.guide import GuideView
from app.enrolment.liveness import LIMIT_NS
from app.enrolment.studio import Seen
from app.ui.controls import PAGE_MARGIN, announce, make_button, make_label, make_row
from app.ui.coverage_ring import CoverageRing
from app.ui.enrol_words import act_words, notice_words, problem_words, step_words, time_left

WORDS_PX = 340
"""Width of the column of words, so that it does not move when they change."""


class RecordingView(QWidget):
    """Leads through a recording."""

    cancelled = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.ring = CoverageRing()
        self.stage = make_label("", "title")
        self.headline = make_label("", "headline")
        self.detail = make_label("")
        self.problem = make_label("", "fault")
        self.progress = QProgressBar()
        self.progress.setRange(0, 1000)
        self.progress.setTextVisible(False)
        self.progress.setAccessibleName(self.tr("Progress"))
        self.time = make_label("", "detail")
        self.cancel = make_button(self.tr("Cancel"), self.cancelled.emit)
        self.headline.setMinimumHeight(84)
        self.detail.setMinimumHeight(66)
        self.detail.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.problem.setMinimumHeight(44)
        words = QVBoxLayout()
        words.setSpacing(12)
        words.addStretch(1)
        for part in (self.stage, self.headline, self.detail, self.problem, self.progress, self.time):
            words.addWidget(part)
        words.addSpacing(10)
        words.addLayout(make_row(self.cancel, None))
        words.addStretch(1)
        column = QWidget()
        column.setLayout(words)
        column.setFixedWidth(WORDS_PX)
        row = QHBoxLayout(self)
        row.setContentsMargins(PAGE_MARGIN, PAGE_MARGIN, PAGE_MARGIN, PAGE_MARGIN)
        row.setSpacing(36)
        row.addWidget(self.ring, stretch=1)
        row.addWidget(column)

    def prepare(self) -> None:
        """Begin with the camera still closed."""
        self.ring.show_picture(None)
        self.cancel.setEnabled(True)
        self._say(self.tr("Step 1 of 3"), self.tr("The camera is opening"), self.tr("One moment …"))
        self.problem.setText("")
        self.progress.setValue(0)
        self.time.setText("")

    def show_finishing(self) -> None:
        """The clip is being closed."""
        self.cancel.setEnabled(False)
        self.ring.show_picture(None)
        self._say(self.tr("Step 3 of 3"), self.tr("Well done"), self.tr("The recording is being kept …"))
        self.problem.setText("")
        self.time.setText("")
        self.progress.setValue(1000)

    def show_seen(self, seen: Seen) -> None:
        """Show one picture and what is to be done."""
        view = seen.view
        self.ring.show_picture(seen.rgb)
        self.problem.setText(problem_words(view.problem) if view.problem else "")
        match view.stage:
            case "framing":
                self._show_framing(view)
            case "liveness":
                self._show_liveness(view, seen.t_ns)
            case "recording" | "done":
                self._show_script(view)

    def _say(self, stage: str, headline: str, detail: str) -> None:
        self.stage.setText(stage)
        if headline != self.headline.text():
            self.headline.setText(headline)
            announce(self.headline, f"{headline}. {detail}")
        self.detail.setText(detail)

    def _show_framing(self, view: GuideView) -> None:
        detail = notice_words(view.notice) or self.tr("Head and shoulders in the circle, light in front of you.")
        self._say(self.tr("Step 1 of 3: the picture"), self.tr("Look into the camera"), detail)
        self.progress.setValue(round(1000 * view.settled))
        self.time.setText(self.tr("Two seconds are enough"))
        self.ring.show_state(view.coverage, None, view.problem is not None)

    def _show_liveness(self, view: GuideView, now_ns: int) -> None:
        check = view.liveness
        assert check is not None
        asked = check.asked
        headline = act_words(asked) if asked else self.tr("Look straight ahead")
        self._say(
            self.tr("Step 2 of 3: is it really you?"),
            headline,
            self.tr("So that nobody can make an avatar from a photo of you."),
        )
        left_s = check.left_s(now_ns) if asked else LIMIT_NS / 1e9
        self.progress.setValue(round(1000 * check.done / len(check.order)))
        self.time.setText(
            self.tr("{0} of {1} done, {2} seconds for this one").format(check.done, len(check.order), f"{left_s:.0f}")
        )
        self.ring.show_state(view.coverage, asked, view.problem is not None)

    def _show_script(self, view: GuideView) -> None:
        step = view.script.current
        asked: Act | None = None
        if step is not None:
            headline, detail = step_words(step.key)
            if view.script.second_round:
                detail = self.tr("Once more, a little further. {0}").format(detail)
            self._say(self.tr("Step 3 of 3: the recording"), headline, detail)
            asked = step.goals[0] if step.goals else Act.TALK
        whole = view.script.total_s + view.script.left_s
        self.progress.setValue(round(1000 * view.script.total_s / whole) if whole else 1000)
        self.time.setText(time_left(view.script.left_s))
        self.ring.show_state(view.coverage, asked, view.problem is not None)
