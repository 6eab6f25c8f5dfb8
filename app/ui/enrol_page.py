"""The page on which one makes and keeps avatars: consent, guided recording, training, result, and what is kept."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtGui import QAction
from PySide6.QtWidgets import QFileDialog, QStackedWidget, QVBoxLayout, QWidget

from app import identities, paths
from app.enrolment.coverage import Coverage
from app.enrolment.guide import Guide, GuideView
from app.enrolment.script import script_for
from app.enrolment.training import TrainingEnd, training_command
from app.enrolment.workshop import DiskFullError, Take, Unfinished, Workshop
from app.settings import NO_CAMERA
from app.ui.background import Errand
from app.ui.context import Context
from app.ui.enrol_bridges import StudioBridge, TrainingBridge, TrialBridge
from app.ui.enrol_kept import KeptAvatars
from app.ui.enrol_overview import OverviewView
from app.ui.enrol_recording import RecordingView
from app.ui.enrol_views import ConsentView, ErrorView, ResultView, TrainingView
from app.ui.enrol_words import act_name
from app.ui.page import Page

VIDEO_FILES = "*.mp4 *.mov *.mkv *.webm *.avi *.m4v"


class EnrolPage(Page):
    """Makes avatars.

    Args:
        context: what all pages share.
        camera: a clip in the camera's place, for tests and pictures; the settings' camera when not given.
        make_guide: makes the guide of a recording; another one stands in for it in tests.
        make_command: makes the command line of a training.
    """

    def __init__(
        self,
        context: Context,
        camera: Path | None = None,
        make_guide: Callable[[Unfinished | None], Guide] | None = None,
        make_command: Callable[[Unfinished, float, int], list[str]] = training_command,
    ) -> None:
        super().__init__(context)
        self._camera_clip = camera
        self._make_guide = make_guide or guide_for
        self._make_command = make_command
        self._workshop = Workshop()
        self._take: Take | None = None
        self._file: Path | None = None
        self._training: Unfinished | None = None
        self._before: Unfinished | None = None
        self._seen: GuideView | None = None
        self._studio: StudioBridge | None = None
        self._trainer: TrainingBridge | None = None
        self._trial: TrialBridge | None = None
        self._retry: Callable[[], None] = self.show_overview
        self._minutes = 0.0
        self._listing = Errand("identities")
        self._listing.done.connect(self._listed)
        self._build()
        self.kept = KeptAvatars(self, self.overview)
        self._connect()

    @property
    def title(self) -> str:
        """See `Page.title`."""
        return self.tr("My avatar")

    def _build(self) -> None:
        self.overview, self.consent, self.recording = OverviewView(), ConsentView(), RecordingView()
        self.training, self.result, self.error = TrainingView(), ResultView(), ErrorView()
        self.stack = QStackedWidget()
        for view in (self.overview, self.consent, self.recording, self.training, self.result, self.error):
            self.stack.addWidget(view)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.stack)
        new = QAction(self.tr("&New avatar"), self)
        new.setShortcut("Ctrl+N")
        new.triggered.connect(lambda checked=False: self._begin_new())
        self.addAction(new)

    def _connect(self) -> None:
        overview = self.overview
        overview.record.connect(lambda: self._ask_consent(None))
        overview.from_file.connect(self._choose_file)
        overview.go_on.connect(self._go_on)
        overview.thrown_away.connect(self._throw_away)
        self.kept.changed.connect(self.show_overview)
        self.consent.agreed.connect(self._agreed)
        self.consent.cancelled.connect(self.show_overview)
        self.recording.cancelled.connect(self._abandon_recording)
        self.training.paused.connect(self._pause)
        self.result.used.connect(self._use)
        self.result.more.connect(self._record_more)
        self.result.discarded.connect(self._discard_result)
        self.error.again.connect(lambda: self._retry())
        self.error.back.connect(self.show_overview)

    # coming and going

    def entered(self, request: object = None) -> None:
        """Show what there is; nothing runs yet."""
        self.show_overview()

    def may_leave(self) -> bool:
        """A recording would be lost and a training paused: asks."""
        if self._studio is not None:
            question = self.tr("The recording will be deleted. You can begin again at any time.")
            return self.context.ask(self, self.tr("End the recording?"), question, self.tr("End it"))
        if self._trainer is not None:
            question = self.tr("Learning will pause. Nothing is lost: under “My avatar” you can go on later.")
            return self.context.ask(self, self.tr("Pause?"), question, self.tr("Pause"))
        return True

    def left(self) -> None:
        """Lets the camera go, drops an unfinished recording and pauses a training, all without waiting."""
        self._end_recording()
        self._end_trial()
        self._listing.forget()
        if self._trainer is not None:
            self._trainer.cancel()
            self.context.retirement.watch(self._trainer.listener, self._trainer)

    def show_overview(self) -> None:
        """What there is."""
        self._end_trial()
        self._show(self.overview)
        self._listing.run(identities.kept_identities)

    def _listed(self, kept: list[identities.KeptIdentity]) -> None:
        unfinished = None if self._trainer is not None else self._workshop.unfinished()
        self.overview.show_state(kept, self.context.settings.identity, unfinished)

    def _show(self, view: QWidget) -> None:
        self.stack.setCurrentWidget(view)

    def _fail(self, headline: str, advice: str, detail: str, retry: Callable[[], None]) -> None:
        self._retry = retry
        self.error.show_error(headline, advice, detail)
        self._show(self.error)

    # consent

    def _begin_new(self) -> None:
        if self.stack.currentWidget() in (self.overview, self.error):
            self._ask_consent(None)

    def _choose_file(self) -> None:
        title = self.tr("A video that shows you, talking, for a minute")
        path, _ = QFileDialog.getOpenFileName(self, title, "", f"{self.tr('Videos')} ({VIDEO_FILES})")
        if path:
            self._ask_consent(Path(path))

    def _ask_consent(self, clip: Path | None) -> None:
        if self._workshop.unfinished() is not None and not self.context.ask(
            self,
            self.tr("Begin anew?"),
            self.tr("An avatar is not finished yet. Its recording will be deleted."),
            self.tr("Begin anew"),
        ):
            return
        self._file, self._before = clip, None
        self.consent.prepare(clip, self.context.settings.identity)
        self._show(self.consent)
        self.consent.name.setFocus()

    def _agreed(self) -> None:
        try:
            identities.check_name(self.consent.name.text())
        except ValueError as error:
            self.tell_fault(str(error))
            return
        self._minutes = float(self.consent.minutes.currentData())
        if self._file is None:
            self._record()
        else:
            self._train_from_file()

    # recording

    def _record(self) -> None:
        try:
            self._take = self._workshop.begin_take()
        except DiskFullError as error:
            self._fail_disk(str(error), self._record)
            return
        except OSError as error:
            self._fail(
                self.tr("Nothing can be recorded"),
                self.tr("The folder for it cannot be written."),
                str(error),
                self._record,
            )
            return
        source = self._camera_clip or self.context.settings.camera
        if source == NO_CAMERA:
            self._take.abandon()
            self.show_camera_fault(self.tr("No camera is chosen in the settings."))
            return
        self._seen = None
        self._studio = StudioBridge(source, self._make_guide(self._before), self._take.clip, self.context.retirement)
        self._studio.arrived.connect(self._show_seen)
        self._studio.failed.connect(self._recording_failed)
        self.recording.prepare()
        self._show(self.recording)
        self._studio.start()

    def _show_seen(self) -> None:
        seen = self._studio.take() if self._studio is not None else None
        if seen is None or self.stack.currentWidget() is not self.recording:
            return
        self._seen = seen.view
        self.recording.show_seen(seen)
        if seen.view.stage == "done":
            self._finish_recording()
        elif seen.view.stage == "refused":
            self._end_recording()
            self._fail(
                self.tr("I could not make sure that it is you"),
                self.tr("Sit in good light, do each thing clearly, and come back to looking straight ahead."),
                "",
                self._record,
            )

    def _finish_recording(self) -> None:
        """Closes the clip, which takes a moment, and learns from it then."""
        studio = self._studio
        if studio is None:
            return
        self.recording.show_finishing()
        studio.arrived.disconnect(self._show_seen)
        studio.ended.connect(self._recorded)
        studio.stop()

    def _recorded(self) -> None:
        take, seen = self._take, self._seen
        self._studio = self._take = None
        if take is None or seen is None:
            return
        try:
            if self._before is not None:
                training = self._workshop.add_take(self._before, take, seen.coverage)
            else:
                name = identities.check_name(self.consent.name.text())
                training = self._workshop.begin_training(name, take, seen.coverage)
        except (OSError, ValueError) as error:
            take.abandon()
            self._fail_disk(str(error), self._record)
            return
        self._train(training)

    def _recording_failed(self, part: str, reason: str) -> None:
        if self._studio is None:
            return
        self._end_recording()
        if part == "camera":
            self.show_camera_fault(reason)
        elif part == "recorder":
            self._fail_disk(reason, self._record)
        else:
            self._fail(
                self.tr("The recording has failed"),
                self.tr("Please try again. If that does not help, start Visavis anew."),
                reason,
                self._record,
            )

    def _abandon_recording(self) -> None:
        self._end_recording()
        self.show_overview()

    def _end_recording(self) -> None:
        """Lets the camera go; what was recorded vanishes."""
        studio, take = self._studio, self._take
        self._studio = self._take = None
        if studio is not None:
            studio.stop(take.abandon if take is not None else lambda: None)

    def show_camera_fault(self, reason: str) -> None:
        """Tell that there is no picture, and why."""
        self._fail(
            self.tr("The camera cannot be used"),
            self.tr("Is it plugged in? Does another program use it? Another camera can be chosen in the settings."),
            reason,
            self._record,
        )

    def _fail_disk(self, reason: str, retry: Callable[[], None]) -> None:
        self._fail(
            self.tr("The disk is full"),
            self.tr("An avatar needs some room while it is made. Delete something, then try again."),
            reason,
            retry,
        )

    # training

    def _train_from_file(self) -> None:
        assert self._file is not None
        try:
            name = identities.check_name(self.consent.name.text())
            self._train(self._workshop.begin_from_file(name, paths.check_input(self._file, "video")))
        except DiskFullError as error:
            self._fail_disk(str(error), self._train_from_file)
        except (OSError, ValueError) as error:
            self._fail(
                self.tr("The video cannot be used"),
                self.tr("Choose another one."),
                str(error),
                self._train_from_file,
            )

    def _go_on(self) -> None:
        unfinished = self._workshop.unfinished()
        if unfinished is None:
            self.show_overview()
            return
        if not self._minutes:
            self._minutes = float(self.consent.minutes.currentData())
        self._train(unfinished)

    def _train(self, training: Unfinished) -> None:
        self._training = training
        command = self._make_command(training, self._minutes, self.context.settings.threads)
        self._trainer = TrainingBridge(command)
        self._trainer.progressed.connect(lambda progress: self.training.show_progress(progress, training.preview))
        self._trainer.ended.connect(self._trained)
        self.training.prepare()
        self._show(self.training)
        self._trainer.start()

    def _pause(self) -> None:
        if self._trainer is not None:
            self.training.show_pausing()
            self._trainer.cancel()

    def _trained(self, end: TrainingEnd) -> None:
        trainer, self._trainer = self._trainer, None
        if trainer is not None:
            trainer.join()  # its last word came from this very thread: nothing is left to wait for
        if not self.isVisible():
            return
        if end.ending == "done" and self._training is not None:
            self._show_result(self._training, end)
        elif end.ending == "cancelled":
            self.show_overview()
        else:
            self._fail(
                self.tr("Learning was broken off"),
                self.tr("What was learned is kept: try again to go on from there."),
                end.reason,
                self._go_on,
            )

    def _throw_away(self) -> None:
        question = self.tr("The recording and what was learned from it will be deleted.")
        if self.context.ask(self, self.tr("Delete the recording?"), question, self.tr("Delete")):
            self._workshop.discard()
            self.show_overview()

    # the result

    def _show_result(self, training: Unfinished, end: TrainingEnd) -> None:
        missing = training.coverage.missing if training.coverage.seconds else ()
        self.result.prepare(end, ", ".join(act_name(act) for act in missing))
        self._show(self.result)
        source = self._camera_clip or self.context.settings.camera
        if source == NO_CAMERA:
            return
        self._trial = TrialBridge(source, training.result, self.context.retirement)
        self._trial.arrived.connect(self._show_pair)
        self._trial.failed.connect(lambda part, reason: self.tell_fault(reason))
        self._trial.start()

    def _show_pair(self) -> None:
        pair = self._trial.take() if self._trial is not None else None
        if pair is not None:
            self.result.show_pair(*pair)

    def _end_trial(self) -> None:
        trial, self._trial = self._trial, None
        if trial is not None:
            trial.stop()

    def _use(self) -> None:
        if self._training is None:
            return
        name = self._training.name
        taken = paths.kept_identity(name).exists()
        question = self.tr("There is already an avatar of the name “{0}”.").format(name)
        if taken and not self.context.ask(self, self.tr("Replace it?"), question, self.tr("Replace")):
            return
        self._end_trial()
        try:
            self._workshop.finish(self._training, name)
        except OSError as error:
            self._fail_disk(str(error), self._use)
            return
        self._training = None
        self.kept.choose(name)
        self.tell(self.tr("Your avatar is ready: your next call uses it."))

    def _record_more(self) -> None:
        self._end_trial()
        self._before = self._training
        self._record()

    def _discard_result(self) -> None:
        question = self.tr("The avatar and its recording will be deleted.")
        if self.context.ask(self, self.tr("Discard it?"), question, self.tr("Discard")):
            self._end_trial()
            self._training = None
            self._workshop.discard()
            self.show_overview()


def guide_for(before: Unfinished | None) -> Guide:
    """A guide through all of the script, or through what an earlier recording lacks."""
    if before is None:
        return Guide()
    return Guide(script_for(before.coverage.missing), Coverage(dict(before.coverage.seconds)))
