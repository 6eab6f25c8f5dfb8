"""What control messages do to a session, and that no message can do harm."""

import random
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.call.identity_file import load_identity
from app.call.options import SessionOptions
from app.call.session import Session
from app.net import control
from app.net.peer import PeerOptions
from codec.stream import BITSTREAM_VERSION
from tests.fakes.stages import make_identity, write_clip, write_fake_identity

HELLO = control.Hello(control.PROTOCOL, BITSTREAM_VERSION)


class Ended:
    """A session without another end: what it would send is collected, what arrives is put in by hand."""

    def __init__(self, options: SessionOptions) -> None:
        self.events: list[str] = []
        self.sent: list[control.Message] = []
        self.session = Session(options, on_event=self.events.append)
        self.session.peer.send_control = self._sent  # type: ignore[method-assign]

    def _sent(self, payload: bytes) -> None:
        self.sent.append(control.parse(payload))

    def arrive(self, *messages: control.Message | bytes) -> None:
        for message in messages:
            payload = message if isinstance(message, bytes) else control.pack(message)
            self.session._talk.arrived(payload)

    def greet(self) -> None:
        self.session.greet()
        self.sent.clear()

    def wait_for_loader(self) -> None:
        self.session.trade.wait_loaded()


def options(**values: object) -> SessionOptions:
    return SessionOptions(stages="tests.fakes.stages", size=(64, 64), peer=PeerOptions(loopback=True), **values)  # type: ignore[arg-type]


@pytest.fixture
def viewer() -> Iterator[Ended]:
    end = Ended(options())
    end.session.prepare()
    end.greet()
    yield end
    end.session.stop()


@pytest.fixture
def portrayed(tmp_path: Path) -> Iterator[Ended]:
    clip = write_clip(tmp_path / "disc.mp4", seconds=1)
    end = Ended(options(camera=clip, identity=write_fake_identity(tmp_path / "disc.visavis")))
    end.session.prepare()
    end.greet()
    yield end
    end.session.stop()


def carry(data: bytes, name: str, viewer: Ended) -> None:
    from app.call.identity_exchange import IdentityOfferer

    offerer = IdentityOfferer(data, name)
    viewer.arrive(HELLO, offerer.offer)
    answer = viewer.sent[-1]
    assert isinstance(answer, control.IdentityAnswer)
    chunks = offerer.answered(answer, 0)
    while chunks:
        viewer.arrive(*chunks)
        received = viewer.sent[-1] if viewer.session.trade._loader is None else control.IdentityReceived(len(data))
        assert isinstance(received, control.IdentityReceived)
        chunks = offerer.received(received, 0)


def test_identity_is_loaded_and_said_to_be(viewer: Ended) -> None:
    from codec.identity import pack_identity

    carry(pack_identity(make_identity(20_000)), "Disc", viewer)
    viewer.wait_for_loader()
    assert viewer.sent[-1] == control.IdentityReady(True, "the other end renders the face")
    assert "identity of Disc loaded" in viewer.events


def test_file_that_is_no_identity_is_refused_with_a_reason(viewer: Ended) -> None:
    carry(b"not an identity" * 1000, "Mallory", viewer)
    viewer.wait_for_loader()
    ready = viewer.sent[-1]
    assert isinstance(ready, control.IdentityReady)
    assert not ready.ok
    assert "not a Visavis identity" in ready.reason


def test_portrayed_end_offers_and_sends_what_is_asked_for(portrayed: Ended) -> None:
    portrayed.arrive(HELLO)
    offer = portrayed.sent[-1]
    assert isinstance(offer, control.IdentityOffer)
    assert offer.name == "Disc"
    portrayed.arrive(control.IdentityAnswer(True, 0))
    assert isinstance(portrayed.sent[-1], control.IdentityChunk)
    sender = portrayed.session.sender
    assert sender is not None
    assert "on its way" in sender.receiver_reason
    portrayed.arrive(control.IdentityReady(True, ""), control.FaceShown(3), control.OutputSize(100, 50))
    assert (sender.receiver_ready, sender.face_shown, sender.output_side) == (True, True, 100)


def test_other_versions_are_not_talked_to(portrayed: Ended) -> None:
    portrayed.arrive(control.Hello(control.PROTOCOL + 1, BITSTREAM_VERSION))
    assert not portrayed.sent
    assert "speaks version" in portrayed.events[-1]


def test_no_message_does_harm(viewer: Ended, portrayed: Ended) -> None:
    rng = random.Random(6)
    messages: list[control.Message] = [
        HELLO,
        control.IdentityOffer(bytes(32), 1 << 26, "big"),
        control.IdentityOffer(bytes(32), 100, "small"),
        control.IdentityAnswer(True, 0xFFFFFFFF),
        control.IdentityAnswer(True, 7),
        control.IdentityAnswer(False, 0),
        control.IdentityChunk(0, b"x" * 99),
        control.IdentityChunk(0xFFFFFFFF, b"x"),
        control.IdentityReceived(0xFFFFFFFF),
        control.IdentityReady(True, "yes"),
        control.IdentityReady(False, "no"),
        control.ModeChange("face", "hm"),
        control.ModeChange("audio_only", "hm"),
        control.FaceShown(0xFFFFFFFF),
        control.OutputSize(4096, 1),
        control.Plate(0xFFFFFFFF, b"junk"),
        control.VideoClock(0, 240, 1),
        control.Bye("not yet"),
    ]
    for _ in range(600):
        raw = bytearray(control.pack(rng.choice(messages)))
        if rng.random() < 0.3:
            raw[rng.randrange(len(raw))] ^= 1 << rng.randrange(8)
        viewer.arrive(bytes(raw))
        portrayed.arrive(bytes(raw))
    for end in (viewer, portrayed):
        assert end.session.failure is None


def test_every_thread_ends(tmp_path: Path) -> None:
    before = set(threading.enumerate())
    clip = write_clip(tmp_path / "disc.mp4", seconds=1)
    end = Ended(options(camera=clip, microphone=clip))
    end.session.prepare()
    names = {thread.name for thread in set(threading.enumerate()) - before}
    assert names == {"net", "speaker", "renderer", "lips", "receiver", "stills", "sender"}
    end.session.begin(0)
    end.session.stop()
    assert set(threading.enumerate()) <= before


def test_missing_and_damaged_identities_are_named(tmp_path: Path) -> None:
    for content in (None, b"", b"VVID" + bytes(100)):
        path = tmp_path / "some.visavis"
        if content is not None:
            path.write_bytes(content)
        with pytest.raises(ValueError, match=r"some\.visavis: "):
            load_identity(path)
