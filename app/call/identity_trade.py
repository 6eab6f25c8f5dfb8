"""What a session does about identities: offers its own, takes the other end's, and loads that without holding it up."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from app.call.control_line import ControlLine
from app.call.identity_exchange import IdentityCollector, IdentityOfferer
from app.call.sender import Sender
from app.call.stage import give_way
from app.net import control

ANSWER_WAIT_NS = 4_000_000_000
"""How long the first H.265 picture waits for word of whether the other end knows the identity: a few round trips."""

LOAD_WAIT_NS = 10_000_000_000
"""How long it waits for an end that does to load it: that takes a second, on a busy machine some, and it says so when
it cannot."""

SHOWN_WAIT_NS = 3_000_000_000
"""How long it waits for an end that renders to have shown its first face."""


class IdentityTrade:
    """Both directions of the exchange of identities, in a call. On the net thread, but for the loading.

    Args:
        line: to the other end.
        known: gives the identity file with that SHA-256, where it is known from an earlier call, or None.
        install: makes the file's bytes the face that is rendered, and gives the person's name; takes its time, and
            raises when it cannot.
        on_event: told in a line what happened.

    Attributes:
        offerer: offers this end's own identity; None where there is none.
        sender: what waits for the other end to render; None without a camera.
    """

    def __init__(
        self,
        line: ControlLine,
        known: Callable[[bytes], bytes | None],
        install: Callable[[bytes], str],
        on_event: Callable[[str], None],
    ) -> None:
        self.offerer: IdentityOfferer | None = None
        self.sender: Sender | None = None
        self._line = line
        self._install = install
        self._on_event = on_event
        self._collector = IdentityCollector(known)
        self._loader: threading.Thread | None = None
        self._digest: bytes | None = None

    # this end's own

    def offer(self) -> None:
        """Offer this end's identity, where there is one."""
        if self.offerer is not None:
            self._line.send(self.offerer.offer)

    def await_answer(self) -> None:
        """Send no H.265 for a while, should the other end know the face already."""
        if self.offerer is not None:
            self._await_face(ANSWER_WAIT_NS)

    def answered(self, answer: control.IdentityAnswer, now_ns: int) -> None:
        """Take the answer to the offer.

        Raises:
            ValueError: it asks for what is not there.
        """
        if self.offerer is not None:
            is_known = answer.accept and answer.offset == self.offerer.offer.size
            self._await_face(LOAD_WAIT_NS if is_known else 0)
            self._send_chunks(self.offerer.answered(answer, now_ns))

    def received(self, message: control.IdentityReceived, now_ns: int) -> None:
        """Take word of what has arrived."""
        if self.offerer is not None:
            self._send_chunks(self.offerer.received(message, now_ns))

    def ready(self, message: control.IdentityReady) -> None:
        """Take word of whether the other end can render."""
        if self.sender is not None:
            self.sender.receiver_ready, self.sender.receiver_reason = message.ok, message.reason
            showing_video = self.sender.counts().video_frames > 0
            self._await_face(SHOWN_WAIT_NS if message.ok and not showing_video else 0)

    def _await_face(self, wait_ns: int) -> None:
        """Send no H.265 for so long, should a face take its place before."""
        if self.sender is not None:
            self.sender.face_awaited_until_ns = time.monotonic_ns() + wait_ns

    def _send_chunks(self, chunks: list[control.IdentityChunk]) -> None:
        if self.offerer is None:
            return
        for chunk in chunks:
            self._line.send(chunk)
        if self.sender is not None and not self.sender.receiver_ready:
            self.sender.receiver_reason = f"the identity is on its way ({self.offerer.progress:.0%})"

    # the other end's

    def offered(self, offer: control.IdentityOffer) -> None:
        """Answer an offer.

        Raises:
            ValueError: it is too large.
        """
        known = self._loader is not None and offer.sha256 == self._digest
        self._line.send(control.IdentityAnswer(True, offer.size) if known else self._collector.offered(offer))
        self._load_complete()

    def chunk(self, chunk: control.IdentityChunk) -> None:
        """Take a piece in.

        Raises:
            ValueError: none was offered, or it is not the next one.
        """
        self._line.send(self._collector.chunk(chunk))
        self._load_complete()

    def _load_complete(self) -> None:
        if not self._collector.is_complete or self._loader is not None:
            return
        self._digest = self._collector.digest
        self._loader = threading.Thread(target=self._load, name="identity-loader", daemon=True)
        self._loader.start()

    def _load(self) -> None:
        give_way()
        try:
            name = self._install(self._collector.take())
        except Exception as exc:  # a foreign file or any backend: the call goes on in H.265
            self._on_event(f"identity refused: {exc}")
            refusal = f"the other end cannot use the identity: {exc}"
            self._line.send_lasting(control.IdentityReady(False, refusal))
            return
        self._on_event(f"identity of {name} loaded")
        self._line.send_lasting(control.IdentityReady(True, "the other end renders the face"))

    def wait_loaded(self) -> None:
        """Wait for the end of the loading, where there is any."""
        if self._loader is not None:
            self._loader.join()
