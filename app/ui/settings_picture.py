"""What renders the other person, how fast it is here and why it was chosen; theme and language."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QComboBox, QSpinBox

from app.settings import LANGUAGES, THEMES, Settings
from app.ui.background import Errand
from app.ui.context import Context
from app.ui.controls import make_button
from app.ui.settings_parts import SettingsPart, fill_choices
from models.loading import loading

if TYPE_CHECKING:
    from app.rendering_speed import RenderingSpeed

THREADS_MOST = 64


class RenderingPart(SettingsPart):
    """The card of the renderer."""

    def __init__(self, context: Context) -> None:
        super().__init__(context, self.tr("Picture of the other person"))
        self.sizes, self.backends, self.threads = QComboBox(), QComboBox(), QSpinBox()
        self.threads.setRange(0, THREADS_MOST)
        self.threads.setSpecialValueText(self.tr("all"))
        self.sizes.activated.connect(lambda row: self.keep(size=self.sizes.itemData(row)))
        self.backends.activated.connect(lambda row: self._choose_backend(self.backends.itemData(row)))
        self.threads.valueChanged.connect(lambda count: self.keep(threads=count))
        self.measure = make_button(self.tr("Measure its &speed"), self._measure)
        self.add_row(self.tr("Resol&ution"), self.sizes)
        self.add_row(self.tr("&Renderer"), self.backends, self.measure)
        self.add_row(self.tr("Processor &threads"), self.threads)
        self.note = self.add_note()
        self.note.setText(self.tr("The resolution changes nothing of the data that a call takes."))
        self._errand = Errand("rendering-speed")
        self._errand.done.connect(self._measured)
        self._errand.failed.connect(self.note.setText)

    def leave(self) -> None:
        """No figure is wanted any more."""
        self._errand.forget()

    def show_settings(self, settings: Settings) -> None:
        """Show what is chosen."""
        sizes = [(f"{side} × {side}", side) for side in (128, 256, 512, 768, 1024)]
        fill_choices(self.sizes, sizes, settings.size)
        backends = [
            (self.tr("The best for this computer"), "auto"),
            (self.tr("Processor"), "cpu"),
            (self.tr("Graphics card (CUDA)"), "cuda"),
            (self.tr("Reference, slow"), "reference"),
        ]
        fill_choices(self.backends, backends, settings.backend)
        self.threads.blockSignals(True)
        self.threads.setValue(settings.threads)
        self.threads.blockSignals(False)

    def _choose_backend(self, backend: str) -> None:
        self.keep(backend=backend)
        self._measure()

    def _measure(self) -> None:
        settings = self.context.settings

        def measure() -> RenderingSpeed:
            with loading("torch"):
                from app.rendering_speed import measure_rendering

            return measure_rendering(settings.backend, settings.size, settings.threads)

        if self._errand.run(measure):
            self.note.setText(self.tr("Measuring … The first time on a computer this takes some minutes."))

    def _measured(self, speed: RenderingSpeed) -> None:
        self.note.setText(
            self.tr("{0}: {1} ms for a picture of {2} × {2}, {3} pictures a second. Why this one: {4}.").format(
                speed.backend, f"{speed.ms:.1f}", speed.size, f"{1000 / max(speed.ms, 0.001):.0f}", speed.why
            )
        )


class LookPart(SettingsPart):
    """The card of theme and language."""

    def __init__(self, context: Context) -> None:
        super().__init__(context, self.tr("Look and language"))
        self.themes, self.languages = QComboBox(), QComboBox()
        self.themes.activated.connect(lambda row: self.keep(theme=self.themes.itemData(row)))
        self.languages.activated.connect(lambda row: self._choose_language(self.languages.itemData(row)))
        self.add_row(self.tr("&Colours"), self.themes)
        self.add_row(self.tr("Lan&guage"), self.languages)
        self.note = self.add_note()
        self.note.hide()

    def show_settings(self, settings: Settings) -> None:
        """Show what is chosen."""
        themes = {"system": self.tr("As the system"), "light": self.tr("Light"), "dark": self.tr("Dark")}
        languages = {"system": self.tr("As the system"), "en": "English", "de": "Deutsch"}
        fill_choices(self.themes, [(themes[name], name) for name in THEMES], settings.theme)
        fill_choices(self.languages, [(languages[name], name) for name in LANGUAGES], settings.language)

    def _choose_language(self, language: str) -> None:
        self.keep(language=language)
        self.note.setText(self.tr("The language changes when Visavis is started the next time."))
        self.note.show()
