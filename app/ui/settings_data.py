"""How much data a call may take, and what a month of calls takes."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker
from PySide6.QtWidgets import QCheckBox, QDoubleSpinBox, QSpinBox

from app.data_budget import VIDEO_FROM_KBPS, monthly_data
from app.settings import LIMIT_KBPS, Settings
from app.ui.context import Context
from app.ui.settings_parts import SettingsPart

USUAL_KBPS, USUAL_HOURS = 100, 0.5
"""What is offered first: a slow mobile line, and half an hour of calls a day."""


class DataPart(SettingsPart):
    """The card."""

    def __init__(self, context: Context) -> None:
        super().__init__(context, self.tr("Data"))
        self.limits = QCheckBox(self.tr("&Never send more than"))
        self.kbps = QSpinBox()
        self.kbps.setRange(*LIMIT_KBPS)
        self.kbps.setSuffix(self.tr(" kbit/s"))
        self.kbps.setSingleStep(10)
        self.kbps.setValue(USUAL_KBPS)
        self.kbps.setAccessibleName(self.tr("Most that a call may send, in kilobits per second"))
        self.kbps.setKeyboardTracking(False)
        self.hours = QDoubleSpinBox()
        self.hours.setRange(0.0, 24.0)
        self.hours.setSingleStep(0.5)
        self.hours.setDecimals(1)
        self.hours.setValue(USUAL_HOURS)
        self.hours.setSuffix(self.tr(" hours"))
        self.limits.toggled.connect(self._choose)
        self.kbps.valueChanged.connect(lambda _: self._choose(self.limits.isChecked()))
        self.hours.valueChanged.connect(lambda _: self._estimate())
        self.column.addWidget(self.limits)
        self.add_row(self.tr("&Limit"), self.kbps)
        self.consequence = self.add_note()
        self.add_row(self.tr("Calls per &day"), self.hours)
        self.estimate = self.add_note()

    def show_settings(self, settings: Settings) -> None:
        """Show what is chosen."""
        with QSignalBlocker(self.limits), QSignalBlocker(self.kbps):
            self.limits.setChecked(settings.most_kbps > 0)
            if settings.most_kbps:
                self.kbps.setValue(settings.most_kbps)
        self.kbps.setEnabled(settings.most_kbps > 0)
        few = 0 < settings.most_kbps < VIDEO_FROM_KBPS
        self.consequence.setText(
            self.tr("That is enough for your avatar and your voice, not for video.")
            if few
            else self.tr("Your avatar and your voice take about 30 kbit/s; video takes what the line gives.")
        )
        self._estimate()

    def _choose(self, limited: bool) -> None:
        self.keep(most_kbps=self.kbps.value() if limited else 0)
        self.show_settings(self.context.settings)

    def _estimate(self) -> None:
        data = monthly_data(self.hours.value(), self.context.settings.most_kbps)
        self.estimate.setText(
            self.tr("In a month about {0} as avatars, at most {1} as video.").format(
                amount_words(data.avatar), amount_words(data.video)
            )
        )


def amount_words(megabytes: float) -> str:
    """Megabytes, or gigabytes where there are many."""
    return f"{megabytes / 1000:.1f} GB" if megabytes >= 1000 else f"{megabytes:.0f} MB"
