"""The page of a call: waiting for it, taking it, having it, and how it ended."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QApplication, QHBoxLayout, QStackedWidget, QWidget

from app.call.chat import UNCONFIRMED_MAX
from app.call.figures import Figures
from app.call.policy import Sending
from app.call.shown import Mode
from app.ui.call_actions import CallActions
from app.ui.call_bridge import CallBridge
from app.ui.call_request import CallRequest
from app.ui.chat_panel import ChatPanel
from app.ui.context import Context
from app.ui.lobby import CallOver, IncomingCall, WaitingRoom
from app.ui.page import Page
from app.ui.snapshots import keep_snapshot
from app.ui.stage_deck import StageDeck
from app.ui.words import ended_text, mode_explained, mode_name, phase_text, reason_text, sound_text

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from app.net.safety import SafetyString

SOUND_FAULTS = (
    "no microphone",
    "no loudspeaker",
    "no sound device",
    "PortAudio is missing",
    "the sound device",
    "sound failed",
)
"""How events begin that tell of sound which is not there."""


class CallPage(Page):
    """Shows one call after the other.

    Args:
        context: what all pages share.
    """

    call_over = Signal()
    """A call has ended, whoever ended it."""

    shows_navigation = False

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.bridge: CallBridge | None = None
        self.phase = "ended"
        self._request: CallRequest | None = None
        self._safety: SafetyString | None = None
        self._mode: Mode = "audio_only"
        self._announced: Mode = "audio_only"
        self._reason = ""
        self._began_s = 0.0
        self._build()
        self._connect_actions()

    @property
    def title(self) -> str:
        """See `Page.title`."""
        return self.tr("Call")

    @property
    def menu_title(self) -> str:
        """See `Page.menu_title`."""
        return self.tr("&Call")

    def _build(self) -> None:
        self.actions_ = CallActions(self)
        self.waiting, self.incoming, self.over = WaitingRoom(), IncomingCall(), CallOver()
        self.deck = StageDeck(self.actions_)
        self.chat = ChatPanel()
        self.chat.hide()
        talk = QWidget()
        row = QHBoxLayout(talk)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(self.deck, stretch=1)
        row.addWidget(self.chat)
        self.views = QStackedWidget()
        self._talk = talk
        for view in (self.waiting, self.incoming, talk, self.over):
            self.views.addWidget(view)
        whole = QHBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(self.views)
        self.waiting.cancelled.connect(self.hang_up)
        self.incoming.answered.connect(self._answer)
        self.over.home_wanted.connect(lambda: self.page_wanted.emit("home", None))
        self.over.again_wanted.connect(self._again)
        self.chat.said.connect(self._say)

    def _connect_actions(self) -> None:
        actions = self.actions_
        actions.mute.toggled.connect(self._mute)
        actions.camera_off.toggled.connect(self._switch_camera)
        actions.chat.toggled.connect(self._show_chat)
        actions.real.triggered.connect(self._ask_for_real)
        actions.snapshot.triggered.connect(self._keep_picture)
        actions.figures.toggled.connect(self.deck.show_figures_card)
        actions.full_screen.triggered.connect(self.toggle_full_screen)
        actions.hang_up.triggered.connect(self.hang_up)
        actions.connect_choices(self._choose_size, self._choose_sending)
        self.deck.stage.double_clicked.connect(self.toggle_full_screen)
        self.deck.escape_pressed.connect(self.leave_full_screen)

    # coming and going

    def entered(self, request: object = None) -> None:
        """Begin the call that is asked for."""
        if isinstance(request, CallRequest):
            self._begin(request)
        elif self.bridge is None:
            self.page_wanted.emit("home", None)

    def may_leave(self) -> bool:
        """Ask before a call is hung up."""
        if self.phase not in ("connected", "reconnecting") or (self._request and self._request.kind == "demo"):
            return True
        return self.context.ask(
            self, self.tr("Hang up?"), self.tr("You are in a call. Do you want to hang up?"), self.tr("Hang up")
        )

    def left(self) -> None:
        """Hang up; the call's threads end in their own time."""
        self.leave_full_screen()
        if self.bridge is not None:
            self.bridge.leave()
            self._forget_bridge()

    def _begin(self, request: CallRequest) -> None:
        self._request = request
        self._safety, self._reason, self._began_s = None, "", 0.0
        self._mode = self._announced = "audio_only"
        bridge = self.bridge = self.context.open_call(request)
        for signal, slot in (
            (bridge.arrived, self._show_newest),
            (bridge.own_arrived, self._show_own),
            (bridge.code_given, self.waiting.show_code),
            (bridge.phase_changed, self._show_phase),
            (bridge.safety_known, self._show_safety),
            (bridge.mode_changed, self._show_mode),
            (bridge.chat_came, self._show_chat_line),
            (bridge.chat_confirmed, self.chat.confirm),
            (bridge.still_came, self._show_still),
            (bridge.looked_at, self._tell_looked_at),
            (bridge.noted, self._note),
            (bridge.figures_changed, self._show_figures),
            (bridge.ended, self._show_end),
        ):
            signal.connect(self._while_current(bridge, slot))
        size = request.options.session.size[0] if request.options is not None else self.context.settings.size
        self.actions_.begin(size)
        self.actions_.mute.setChecked(request.options is not None and request.options.session.mute.is_set())
        self.actions_.enable(in_call=False, is_demo=request.kind == "demo")
        self.chat.clear()
        self.deck.begin(own=request.kind != "demo")
        self.waiting.begin(*self._opening_words(request))
        self.views.setCurrentWidget(self.waiting)
        bridge.start()

    def _while_current(self, bridge: CallBridge, slot: Callable[..., None]) -> Callable[..., None]:
        """A slot that hears no more of a call once that is over, though its last words may still be on their way."""

        def hear(*news: object) -> None:
            if self.bridge is bridge:
                slot(*news)

        return hear

    def _opening_words(self, request: CallRequest) -> tuple[str, str]:
        if request.kind == "host":
            return self.tr("Start a call"), self.tr(
                "Give this code to the person you want to talk to, by telephone or in a message. It is good for one "
                "call."
            )
        if request.kind == "join":
            return self.tr("Join a call"), request.code
        return self.tr("The demo call"), self.tr(
            "An animated sample portrait with a synthetic voice talks to you over a real connection on this computer."
        )

    def _forget_bridge(self) -> None:
        bridge, self.bridge = self.bridge, None
        if bridge is not None:
            self.context.retirement.watch(bridge.call_thread, bridge)
        self.phase = "ended"

    def _again(self) -> None:
        if self._request is not None:
            self._begin(CallRequest(self._request.kind, self._request.code))

    def hang_up(self) -> None:
        """Hang up; how the call ended shows once it has."""
        if self.bridge is not None:
            self.waiting.phase.setText(self.tr("Hanging up …"))
            self.bridge.leave()

    # what the call says

    def _show_phase(self, phase: str) -> None:
        self.phase = phase
        self.waiting.show_phase(phase)
        if phase == "incoming":
            self.incoming.begin(self._safety)
            self.views.setCurrentWidget(self.incoming)
            QApplication.alert(self)
            QApplication.beep()
        elif phase == "connected":
            self._began_s = self._began_s or time.monotonic()
            self.views.setCurrentWidget(self._talk)
            self.deck.banner.say("")
            self.actions_.enable(in_call=True, is_demo=self._request is not None and self._request.kind == "demo")
            self.deck.stage.setFocus()
            self._say_mode()
        elif phase == "reconnecting":
            self.deck.banner.say(self.tr("The line is gone. Reconnecting …"))
        elif phase in ("connecting", "ringing"):
            self.views.setCurrentWidget(self.waiting)
            self.waiting.hide_code()

    def _show_safety(self, safety: SafetyString) -> None:
        self._safety = safety
        self.deck.show_safety(safety)
        if self.phase == "incoming":
            self.incoming.begin(safety)

    def _show_mode(self, mode: str, reason: str) -> None:
        self._announced, self._reason = mode, reason  # type: ignore[assignment]  # the signal knows no literals
        if mode == "audio_only":
            self._mode = "audio_only"
            self.deck.stage.show_placard(reason_text(reason).capitalize())
        self._say_mode()

    def _say_mode(self) -> None:
        """Name what is shown, which may still be what came before the other end changed its mind."""
        if self.deck.stage.image_size is None and self._announced != "audio_only":
            self.deck.top.say(phase_text("connected"), "", reason_text("waiting for the first picture"))
            return
        reason = reason_text(self._reason) if self._mode == self._announced else ""
        self.deck.top.say(mode_name(self._mode), self._mode, reason, mode_explained(self._mode))

    def _show_newest(self) -> None:
        shown = self.bridge.take() if self.bridge is not None else None
        if shown is None or self._announced == "audio_only":
            return
        first = self.deck.stage.image_size is None
        self.deck.stage.show_picture(shown.bgrx)
        if first or shown.mode != self._mode:
            self._mode = shown.mode
            self._say_mode()

    def _show_own(self) -> None:
        own = self.bridge.take_own() if self.bridge is not None else None
        if own is not None and not self.actions_.camera_off.isChecked():
            self.deck.show_own(own.rgb)

    def _show_figures(self, figures: Figures) -> None:
        size = self.deck.stage.image_size
        self.deck.show_figures(figures, mode_name(self._mode), size)

    def _show_chat_line(self, text: str) -> None:
        self.chat.add_theirs(text)
        self.actions_.chat.setChecked(True)

    def _show_still(self, picture: NDArray[np.uint8] | None, reason: str) -> None:
        if picture is None:
            self.deck.show_still(None, self.tr("There is no real picture: {0}").format(reason))
        else:
            when = time.strftime("%H:%M:%S")
            self.deck.show_still(picture, self.tr("From the other person's camera, {0}").format(when))

    def _tell_looked_at(self) -> None:
        self.tell(self.tr("The other person asked for a real picture of your camera, and got one."))

    def _note(self, event: str) -> None:
        """Tell what a person should know of what the call says of itself."""
        if event.startswith("no picture is sent"):
            self.tell(self.tr("Your camera gives no picture: the other person hears you, but does not see you."))
        elif event.startswith(SOUND_FAULTS):
            self.tell(sound_text(event))

    def _show_end(self) -> None:
        bridge = self.bridge
        if bridge is None:
            return
        self.leave_full_screen()
        again = (
            self.tr("&Start another call") if self._request and self._request.kind == "host" else self.tr("&Try again")
        )
        if bridge.error is not None:
            self.over.begin(self.tr("The call could not begin"), _sentence(str(bridge.error)), "", again)
        elif bridge.report is not None:
            is_demo = bridge.report.role == "demo"
            minutes, seconds = divmod(round(bridge.report.seconds), 60)
            figures = self.tr(
                "It took {0}:{1:02d} minutes, the picture {2:.1f} kbps, all packets {3:.0f} kbps in."
            ).format(minutes, seconds, bridge.report.payload_kbps, bridge.report.wire_kbps_in)
            words = self.tr("The demo is over.") if is_demo else ended_text(bridge.report.ended)
            shown = figures if bridge.report.seconds > 0 else ""
            self.over.begin(
                phase_text("ended"), words, shown, "" if bridge.report.seconds > 0 and not is_demo else again
            )
        self._forget_bridge()
        self.actions_.enable(in_call=False, is_demo=False)
        self.views.setCurrentWidget(self.over)
        self.over.home.setFocus()
        self.call_over.emit()

    # what the person wants

    def _answer(self, answer: str) -> None:
        if self.bridge is not None:
            self.bridge.answer(answer)
            self.waiting.begin(self.tr("One moment"), "")
            self.views.setCurrentWidget(self.waiting)

    def _mute(self, muted: bool) -> None:
        if self.bridge is not None:
            self.bridge.set_flag(self.bridge.mute, muted)

    def _switch_camera(self, is_off: bool) -> None:
        if self.bridge is not None:
            self.bridge.set_flag(self.bridge.camera_off, is_off)
            self.deck.own_off(is_off)

    def _show_chat(self, is_open: bool) -> None:
        self.chat.setVisible(is_open)
        if is_open:
            self.chat.focus_field()

    def _say(self, text: str) -> None:
        if self.chat.unconfirmed >= UNCONFIRMED_MAX:
            self.tell(self.tr("Too many lines wait for the other person."))
        elif self.bridge is not None:
            self.chat.add_own(text)
            self.bridge.say(text)

    def _ask_for_real(self) -> None:
        if self.bridge is not None:
            self.bridge.look_through()
            self.deck.show_still(None, self.tr("Asking the other person's camera …"))

    def _keep_picture(self) -> None:
        image = self.deck.stage.image
        if image is not None:
            keep_snapshot(image, self, self.tell, self.tell_fault)

    def _choose_size(self, side: int) -> None:
        if self.bridge is not None:
            self.bridge.choose_size(side)
        self.actions_.show_size(side)
        if side:
            self.context.keep_size(side)

    def _choose_sending(self, sending: Sending) -> None:
        if self.bridge is not None:
            self.bridge.choose_sending(sending)

    # the screen

    def toggle_full_screen(self) -> None:
        """Fill the screen with the call, or leave it."""
        window = self.window()
        window.setWindowState(window.windowState() ^ Qt.WindowState.WindowFullScreen)
        self.deck.rest_when_idle(window.isFullScreen())

    def leave_full_screen(self) -> None:
        """Leave the full screen, if that is where the call is."""
        if self.window().isFullScreen():
            self.toggle_full_screen()


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:] + ("" if text.endswith((".", "!", "?")) else ".")
