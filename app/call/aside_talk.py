"""What the other end's messages beside picture and sound do: chat, and stills of the real camera; on the net thread."""

from __future__ import annotations

import threading
import time

from app.call.chat import ChatLine
from app.call.control_line import ControlLine
from app.call.news import News
from app.call.sender import Sender
from app.call.still_stage import StillStage
from app.net import asides
from app.net.conduct import Allowance

STILLS = (3.0, 0.2)
"""Stills that are granted at once, and each second: each takes a second of a narrow link."""


class AsideTalk:
    """Holds both directions of chat and stills.

    Args:
        line: to the other end.
        stills: makes and takes stills.
        camera_off: whether the camera is off.
        news: who is told.

    Attributes:
        sender: this end's sender; None without a camera.
    """

    def __init__(self, line: ControlLine, stills: StillStage, camera_off: threading.Event, news: News) -> None:
        self.sender: Sender | None = None
        self._line = line
        self._stills = stills
        self._camera_off = camera_off
        self._news = news
        self._chat = ChatLine()
        self._lock = threading.Lock()
        self._allowed = Allowance(*STILLS)

    def say(self, text: str) -> bool:
        """Send a line of chat, from any thread; False when too many wait for word of their arrival."""
        with self._lock:
            message = self._chat.say(text)
        if message is not None:
            self._line.send(message)
        return message is not None

    def say_again(self) -> None:
        """Say again, on a new connection, what the last one may have lost."""
        with self._lock:
            unconfirmed = self._chat.unconfirmed()
        for message in unconfirmed:
            self._line.send(message)

    def heard(self, message: asides.Aside) -> None:
        """Take a message.

        Raises:
            ValueError: it does not fit what came before.
        """
        match message:
            case asides.Chat():
                self._heard_chat(message)
            case asides.ChatReceived():
                with self._lock:
                    arrived = self._chat.confirmed(message)
                for number in arrived:
                    self._news.on_chat_arrived(number)
            case asides.AskStill():
                self._asked(message)
            case _:
                self._stills.put(message)

    def _heard_chat(self, message: asides.Chat) -> None:
        with self._lock:
            text, confirmation = self._chat.heard(message)
        if text:
            self._news.on_chat(text)
        self._line.send(confirmation)

    def _asked(self, message: asides.AskStill) -> None:
        refusal = self._refusal()
        if refusal:
            self._stills.refuse(message, refusal)
        else:
            self._stills.put(message)
            self._news.on_looked_at()

    def _refusal(self) -> str:
        """Why no still is given now, or ""."""
        if self.sender is None:
            return "there is no camera"
        if self._camera_off.is_set():
            return "the camera is switched off"
        if self.sender.wanted in ("face", "audio_only"):
            return "this person has chosen to send no real picture"
        if not self._allowed.take(time.monotonic_ns()):
            return "it was asked for too often"
        return ""
