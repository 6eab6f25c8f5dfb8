"""The stages on both sides, each alone: camera, sound, sender, receiver, renderer."""

import os
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from app.call.camera import FileCamera
from app.call.policy import Decision
from app.call.receiver import FaceArrival, NewDecoder, Receiver
from app.call.renderer import FaceJob, Picture, PictureJob, RenderStage
from app.call.sender import Sender
from app.net.congestion import VideoRoom
from app.net.control import Plate, TextureChange, VideoClock
from app.net.media import MediaPacket
from codec.face import FaceDecoder, FaceEncoder
from codec.h265 import H265Decoder, H265Encoder
from codec.layout import Layout
from codec.plate import encode_plate
from codec.statistics import FaceTables
from codec.texture import Texture, encode_texture
from codec.types import Frame
from tests.fakes.stages import BrokenRenderer, FakeAnalyser, FakeAnalysis, FakeRenderer, draw, write_clip

TABLES = FaceTables.generic(Layout())


def wait_for(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.005)


def no_failure(name: str, exc: Exception) -> None:
    raise AssertionError(f"{name}: {exc}")


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_clip(tmp_path_factory.mktemp("clip") / "disc.mp4", seconds=1)


def test_camera_keeps_time_and_loops(clip: Path) -> None:
    frames: list[Frame] = []
    camera = FileCamera(clip, 64, frames.append, no_failure)
    epoch_ns = time.monotonic_ns()
    camera.begin(epoch_ns)
    wait_for(lambda: bool(frames) and frames[-1].seq >= 28)
    camera.request_stop()
    camera.join()
    assert camera.fps == 25
    assert all(frame.t_ns == epoch_ns + frame.seq * 40_000_000 for frame in frames)
    assert len(frames) + camera.skipped > 28
    assert frames[0].rgb.shape == (64, 64, 3)


def test_camera_without_a_clip_is_a_value_error(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no such file"):
        FileCamera(tmp_path / "none.mp4", 64, lambda frame: None, no_failure)


class Outlet:
    """Collects what a sender sends."""

    def __init__(self) -> None:
        self.face_ready = True
        self.frames_together = 1
        self.video_room = VideoRoom(100.0)
        self.faces: list[bytes] = []
        self.video: list[tuple[bytes, int]] = []

    def send_face(self, payload: bytes) -> None:
        self.faces.append(payload)

    def send_video(self, access_unit: bytes, timestamp: int) -> None:
        self.video.append((access_unit, timestamp))


class SendingSide:
    """A sender that is stepped by hand."""

    def __init__(self, analyser: FakeAnalyser | None = None) -> None:
        self.outlet = Outlet()
        self.modes: list[Decision] = []
        self.renewals: list[Plate | TextureChange] = []
        self.sender = Sender(
            self.outlet,
            Fraction(25),
            analyser,
            FaceEncoder(TABLES) if analyser else None,
            False,
            self.modes.append,
            self.renewals.append,
            no_failure,
        )
        self.seq = 0

    def frames(self, count: int, disc: bool = True) -> None:
        for _ in range(count):
            self.sender.frames.put(Frame(draw(128, 100, (256, 256), disc=disc), self.seq * 40_000_000, self.seq))
            self.sender.step()
            self.seq += 1


def test_sender_without_identity_sends_pictures() -> None:
    side = SendingSide()
    side.frames(5)
    assert [timestamp for _, timestamp in side.outlet.video] == [0, 3600, 7200, 10800, 14400]
    decoder = H265Decoder()
    assert sum(len(decoder.decode(unit)) for unit, _ in side.outlet.video) == 5
    assert [decision.mode for decision in side.modes] == ["h265"]
    side.sender.close()


def test_key_is_sent_when_asked_for() -> None:
    side = SendingSide()
    side.frames(3)
    plain = len(side.outlet.video[-1][0])
    side.sender.key_wanted.set()
    side.frames(2)
    assert len(side.outlet.video[3][0]) > 3 * plain
    assert H265Decoder().decode(side.outlet.video[3][0])
    side.sender.close()


def test_sender_goes_to_faces_and_stops_pictures_only_once_one_is_shown() -> None:
    side = SendingSide(FakeAnalyser())
    side.frames(3)
    assert not side.outlet.faces
    side.sender.receiver_ready = True
    side.frames(4)
    assert (len(side.outlet.faces), len(side.outlet.video)) == (4, 7)
    side.sender.face_shown = True
    side.frames(4)
    assert (len(side.outlet.faces), len(side.outlet.video)) == (8, 7)
    assert [decision.mode for decision in side.modes] == ["h265", "face"]
    assert [(type(renewal), renewal.seq) for renewal in side.renewals] == [(Plate, 5), (TextureChange, 7)]
    counts = side.sender.counts()
    assert [counts.plate_bytes, counts.texture_bytes] == [len(renewal.payload) for renewal in side.renewals]
    side.sender.receiver_ready = False
    side.frames(1)
    assert (len(side.outlet.faces), len(side.outlet.video)) == (8, 8)
    assert H265Decoder().decode(side.outlet.video[-1][0]), "it resumes with a key picture"
    side.sender.close()


def test_faces_are_dropped_before_they_are_encoded_when_the_link_is_busy() -> None:
    side = SendingSide(FakeAnalyser())
    side.sender.receiver_ready = side.sender.face_shown = True
    side.frames(2)
    side.outlet.face_ready = False
    side.frames(3)
    side.outlet.face_ready = True
    side.frames(1)
    assert side.sender.counts().link_busy == 3
    decoder = FaceDecoder(TABLES)
    assert [decoder.decode(payload).seq for payload in side.outlet.faces] == [0, 1, 5]
    side.sender.close()


def test_faces_go_together_where_the_link_wants_it_and_not_over_a_change_of_mode() -> None:
    side = SendingSide(FakeAnalyser())
    side.sender.receiver_ready = side.sender.face_shown = True
    side.outlet.frames_together = 3
    side.frames(7)
    side.sender.receiver_ready = False
    side.frames(1)
    side.sender.receiver_ready = True
    side.frames(3)
    decoder = FaceDecoder(TABLES)
    together = [decoder.decode(payload) for payload in side.outlet.faces]
    assert [(face.seq, len(face.codes)) for face in together] == [(2, 3), (5, 3), (10, 3)]
    assert side.sender.counts().face_frames == 9
    side.sender.close()


def test_acknowledged_faces_are_what_later_ones_build_on() -> None:
    side = SendingSide(FakeAnalyser())
    side.sender.receiver_ready = side.sender.face_shown = True
    decoder = FaceDecoder(TABLES)
    side.frames(2)
    face = decoder.decode(side.outlet.faces[1])
    assert face.reference_seq is None
    for acknowledgement in (b"xx", b"wrong", face.acknowledgement):
        side.sender.acknowledgements.put(acknowledgement)
    side.frames(1)
    assert decoder.decode(side.outlet.faces[2]).reference_seq == 1
    assert len(side.outlet.faces[2]) < len(side.outlet.faces[1])
    side.sender.close()


def test_faces_are_coded_as_finely_as_the_analyser_says() -> None:
    class Choosy(FakeAnalyser):
        def analyse(self, frame: Frame, care: int = 1) -> FakeAnalysis:
            return replace(super().analyse(frame, care), quality=(1, 0, 3)[frame.seq])

    side = SendingSide(Choosy())
    side.sender.receiver_ready = side.sender.face_shown = True
    side.frames(3)
    decoder = FaceDecoder(TABLES)
    assert [decoder.decode(payload).quality for payload in side.outlet.faces] == [1, 0, 3]
    side.sender.close()


def test_the_sender_closes_its_analyser() -> None:
    analyser = FakeAnalyser()
    side = SendingSide(analyser)
    assert not analyser.closed
    side.sender.close()
    assert analyser.closed


def test_a_slow_machine_aligns_every_other_frame() -> None:
    asked: list[int] = []

    class Slow(FakeAnalyser):
        def analyse(self, frame: Frame, care: int = 1) -> FakeAnalysis:
            asked.append(care)
            time.sleep(0.05)
            return super().analyse(frame, care)

    side = SendingSide(Slow())
    side.sender.receiver_ready = True
    side.frames(6)
    assert asked == [1, 0] * 3
    side.sender.close()


def test_face_packets_know_nothing_of_the_output_size() -> None:
    sent = []
    for sides in ((128,), (128, 256, 512, 256)):
        side = SendingSide(FakeAnalyser())
        side.sender.receiver_ready = side.sender.face_shown = True
        for output_side in sides * (8 // len(sides)):
            side.sender.output_side = output_side
            side.frames(5)
        sent.append(side.outlet.faces)
        side.sender.close()
    assert len(sent[0]) == 40
    assert sent[0] == sent[1]


class ViewingSide:
    """A receiver and a renderer that are stepped by hand."""

    def __init__(self, renderer: FakeRenderer | None = None) -> None:
        self.shown: list[Picture] = []
        self.render_failures: list[Exception] = []
        self.acknowledgements: list[bytes] = []
        self.keys_wanted = 0
        self.faces: list[int] = []
        self.render = RenderStage((64, 64), self.shown.append, self.render_failures.append, no_failure)
        self.render.set_renderer(renderer)
        self.receiver = Receiver(self.render, self._show, self.acknowledgements.append, self._want_key, no_failure)
        self.receiver.arrivals.put(NewDecoder(FaceDecoder(TABLES)))

    def _show(self, job: FaceJob) -> None:
        self.faces.append(job.seq)
        self.render.jobs.put(job)

    def _want_key(self) -> None:
        self.keys_wanted += 1

    def arrive(self, *arrivals: FaceArrival | MediaPacket | Plate | TextureChange) -> None:
        for arrival in arrivals:
            self.receiver.arrivals.put(arrival)
            self.run()

    def run(self) -> None:
        while self.receiver.arrivals._values:
            self.receiver.step()
        if self.render.jobs._value is not None:
            self.render.step()


def faces(count: int, encoder: FaceEncoder | None = None, first: int = 0) -> list[FaceArrival]:
    encoder = encoder or FaceEncoder(TABLES)
    analyser = FakeAnalyser()
    out = []
    for seq in range(first, first + count):
        code = analyser.analyse(Frame(draw(60 + seq % 120, 120, (256, 256)), 0, seq)).code
        assert code is not None
        out.append(FaceArrival(encoder.encode(code, seq).payload))
    return out


def pictures(count: int, shade: Callable[[int], NDArray[np.uint8]]) -> list[MediaPacket]:
    encoder = H265Encoder(64, 64, 25, 100)
    out = [MediaPacket(encoder.encode(shade(index))[0], 1000 + index * 3600, index) for index in range(count)]
    encoder.close()
    return out


def test_faces_are_shown_in_order_and_late_ones_are_not() -> None:
    side = ViewingSide(FakeRenderer())
    side.receiver.announce("face")
    first, second, third, fourth = faces(4)
    side.arrive(first, third, second, fourth)
    assert [picture.seq for picture in side.shown] == [0, 2, 3]
    assert all(picture.mode == "face" and picture.rgb.shape == (64, 64, 3) for picture in side.shown)
    counts = side.receiver.counts()
    assert (counts.face_frames, counts.face_late) == (4, 1)
    assert side.acknowledgements


def test_faces_of_one_packet_are_all_shown() -> None:
    side = ViewingSide(FakeRenderer())
    side.receiver.announce("face")
    analyser = FakeAnalyser()
    codes = [analyser.analyse(Frame(draw(60 + seq, 120, (256, 256)), 0, seq)).code for seq in range(3)]
    payload = FaceEncoder(TABLES).encode_several([code for code in codes if code is not None], 0).payload
    side.arrive(FaceArrival(payload))
    assert side.faces == [0, 1, 2]
    assert side.receiver.counts().face_frames == 3


def test_pictures_are_numbered_by_the_video_clock_and_fill_the_output() -> None:
    side = ViewingSide()
    side.render.size = (96, 48)
    units = pictures(3, lambda index: np.full((64, 64, 3), 60 + 40 * index, np.uint8))
    side.arrive(units[0])
    side.receiver.video_clock = VideoClock(1000, 25, 1)
    side.arrive(*units[1:])
    assert [picture.seq for picture in side.shown] == [-1, 1, 2]
    assert side.shown[-1].rgb.shape == (48, 96, 3)
    assert side.shown[-1].rgb.mean() == pytest.approx(140, abs=4)


def test_picture_goes_on_until_the_first_face_and_again_after_the_last() -> None:
    side = ViewingSide(FakeRenderer())
    units = pictures(6, lambda index: np.full((64, 64, 3), 100, np.uint8))
    some = faces(3)
    side.arrive(units[0])
    side.receiver.announce("face")
    side.arrive(units[1], some[0], units[2], some[1])
    side.receiver.announce("h265")
    fresh = pictures(1, lambda index: np.full((64, 64, 3), 100, np.uint8))
    side.arrive(some[2], fresh[0])
    assert [picture.mode for picture in side.shown] == ["h265", "h265", "face", "face", "h265"]


def test_plate_acts_from_its_frame_on() -> None:
    side = ViewingSide(FakeRenderer())
    side.receiver.announce("face")
    plate = encode_plate(np.full((256, 256, 3), (200, 40, 40), np.uint8))
    some = faces(4)
    side.arrive(some[0], Plate(2, plate), some[1], some[2], some[3])
    corners = [int(picture.rgb[0, 0, 0]) for picture in side.shown]
    assert corners[0] == corners[1] == 20
    assert corners[2] == corners[3] == pytest.approx(200, abs=12)


def test_texture_acts_from_its_frame_on_and_apart_from_plates() -> None:
    side = ViewingSide(FakeRenderer())
    side.receiver.announce("face")
    texture = Texture.none()
    texture.torso[:] = 0.4
    some = faces(4)
    plate = encode_plate(np.full((256, 256, 3), (100, 40, 40), np.uint8))
    side.arrive(some[0], TextureChange(1, encode_texture(texture)), Plate(3, plate), *some[1:])
    corners = [int(picture.rgb[0, 0, 0]) for picture in side.shown]
    assert corners == [20, pytest.approx(122, abs=3), pytest.approx(122, abs=3), pytest.approx(202, abs=12)]


def test_renderer_that_fails_is_told_and_left() -> None:
    renderer = BrokenRenderer()
    side = ViewingSide(renderer)
    side.receiver.announce("face")
    side.arrive(*faces(6))
    assert len(side.shown) == 3
    assert [str(exc) for exc in side.render_failures] == ["out of luck"]


def test_hostile_packets_do_no_harm() -> None:
    side = ViewingSide(FakeRenderer())
    side.receiver.announce("face")
    rng = np.random.default_rng(7)
    for size in (0, 1, 5, 60, 5000):
        noise = rng.integers(0, 256, size, np.uint8).tobytes()
        side.arrive(FaceArrival(noise), Plate(0, noise or b"x"), TextureChange(0, b"\x01" + noise))
    side.receiver.announce("h265")
    side.arrive(MediaPacket(b"\x00\x00\x00\x01" + bytes(rng.integers(0, 256, 500, np.uint8)), 0, 0))
    before = len(side.shown)
    side.receiver.announce("face")
    side.arrive(*faces(2, first=1000))
    assert len(side.shown) > before
    assert side.receiver.counts().damaged > 0


def test_lost_face_packets_never_stop_the_rest() -> None:
    side = ViewingSide(FakeRenderer())
    side.receiver.announce("face")
    encoder = FaceEncoder(TABLES)
    rng = np.random.default_rng(11)
    for seq in range(120):
        (arrival,) = faces(1, encoder, seq)
        if rng.random() > 0.3:
            side.arrive(arrival)
            for acknowledgement in side.acknowledgements:
                if rng.random() > 0.3:
                    encoder.acknowledge(acknowledgement)
            side.acknowledgements.clear()
    counts = side.receiver.counts()
    assert counts.face_orphans == 0
    assert len(side.shown) == counts.face_frames > 60


def test_stages_end_when_asked(clip: Path) -> None:
    before = set(threading.enumerate())
    side = ViewingSide(FakeRenderer())
    sending = SendingSide(FakeAnalyser())
    for stage in (side.render, side.receiver, sending.sender):
        stage.start()
    side.render.jobs.put(PictureJob(0, draw(1, 1, (64, 64))))
    side.render.jobs.put(FaceJob(1, FakeAnalyser().analyse(Frame(draw(128, 128, (256, 256)), 0, 0)).code))  # type: ignore[arg-type]
    for stage in (side.render, side.receiver, sending.sender):
        stage.request_stop()
        stage.join()
    assert set(threading.enumerate()) <= before


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux knows priorities of single threads")
def test_rendering_gives_way_to_every_other_thread() -> None:
    niceness: list[int] = []

    def note(picture: Picture) -> None:
        niceness.append(os.getpriority(os.PRIO_PROCESS, threading.get_native_id()))

    render = RenderStage((32, 32), note, lambda exc: no_failure("render", exc), no_failure)
    render.start()
    render.jobs.put(PictureJob(0, draw(1, 1, (64, 64))))
    wait_for(lambda: bool(niceness))
    render.request_stop()
    render.join()
    own = os.getpriority(os.PRIO_PROCESS, threading.get_native_id())
    assert niceness[0] > own
