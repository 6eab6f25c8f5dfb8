"""What goes together, what rides on sound, and that nothing waits for ever."""

from app.net.bundle import Acknowledgement, Face, LinkNote, parse_bundle
from app.net.carriage import ASIDE_WAIT_NS, FACES_WAITING, RIDE_WAIT_NS, Carriage
from app.net.opus_padding import split_rider

MS = 1_000_000
SPEECH, SILENCE = b"\x58" + bytes(100), b"\x58"


def test_plain_sends_each_face_at_once_and_what_waits_goes_along() -> None:
    carriage = Carriage()
    carriage.add_aside(Acknowledgement(b"old!"), 0)
    carriage.add_aside(Acknowledgement(b"new!"), 1 * MS)
    carriage.add_aside(LinkNote(0, 5), 1 * MS)
    assert carriage.wait_ns(2 * MS) == ASIDE_WAIT_NS - 2 * MS
    assert carriage.add_face(b"face", 2 * MS)
    assert parse_bundle(carriage.message()) == [Face(b"face"), Acknowledgement(b"new!"), LinkNote(0, 5)]
    assert carriage.wait_ns(3 * MS) is None
    assert carriage.ride(SPEECH, False) == SPEECH
    assert carriage.ride(SILENCE, True) is None


def test_low_wire_rides_on_speech_and_silence_alike() -> None:
    carriage = Carriage()
    carriage.low_wire = True
    for packet, silent in ((SPEECH, False), (SILENCE, True)):
        assert not carriage.add_face(b"one", 0)
        assert not carriage.add_face(b"two", 40 * MS)
        loaded = carriage.ride(packet, silent)
        assert loaded is not None
        bare, rider = split_rider(loaded)
        assert bare == packet
        assert parse_bundle(rider) == [Face(b"one"), Face(b"two")]
        assert carriage.wait_ns(50 * MS) is None
    assert carriage.ride(SILENCE, True) is None, "nothing rides, nobody speaks"
    assert carriage.ridden == 2


def test_without_sound_a_message_is_due_after_a_while() -> None:
    carriage = Carriage()
    carriage.low_wire = True
    carriage.add_face(b"one", 0)
    assert carriage.wait_ns(0) == RIDE_WAIT_NS
    assert carriage.wait_ns(RIDE_WAIT_NS + 1) == 0
    assert parse_bundle(carriage.message()) == [Face(b"one")]


def test_what_waits_is_bounded() -> None:
    carriage = Carriage()
    carriage.low_wire = True
    for index in range(FACES_WAITING + 3):
        carriage.add_face(bytes((index + 1,)), 0)
    assert carriage.waiting == FACES_WAITING
    assert carriage.dropped == 3
    for _ in range(FACES_WAITING):
        carriage.add_face(bytes(500), 0)
    assert carriage.ride(SPEECH, False) == SPEECH, "too much to ride"
    assert carriage.waiting == 0
