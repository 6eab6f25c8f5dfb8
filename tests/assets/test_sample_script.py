"""The script's pure parts: rotations, interpolation, drawing, curves, mouth shapes, expressions."""

import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from assets import make_sample
from assets.sample import motion, scene, truth, voice
from assets.sample.expression import LEFT_LOWER_LID, LEFT_UPPER_LID, Expression, FaceHandles
from assets.sample.geometry import draw_mesh, grid_mesh, interpolation_operator, rotation_matrix
from assets.sample.motion import Pose

STILL = Pose(0.0, 0.0, 0.0, (0.0, 0.0), 1.0, (0.0, 0.0), 0.0, 0.0)


def test_rotation_signs_and_composition() -> None:
    nose = np.array([0.0, 0.0, -1.0])
    assert (nose @ rotation_matrix(0.2, 0, 0))[0] > 0.19  # yaw: to the right
    assert (nose @ rotation_matrix(0, 0.2, 0))[1] > 0.19  # pitch: down
    assert (np.array([0.0, -1.0, 0.0]) @ rotation_matrix(0, 0, 0.2))[0] > 0.19  # roll: clockwise
    combined = rotation_matrix(0.2, -0.1, 0.3)
    apart = rotation_matrix(0, 0, 0.3) @ rotation_matrix(0, -0.1, 0) @ rotation_matrix(0.2, 0, 0)
    np.testing.assert_allclose(combined, apart, atol=1e-6)
    np.testing.assert_allclose(combined @ combined.T, np.eye(3), atol=1e-6)


def test_interpolation_is_exact_at_its_sites_and_keeps_constants() -> None:
    rng = np.random.default_rng(3)
    sites = rng.uniform(0, 100, (40, 2)).astype(np.float32)
    values = rng.normal(size=(40, 2)).astype(np.float32)
    np.testing.assert_allclose(interpolation_operator(sites, sites, 1.0) @ values, values, atol=1e-3)
    elsewhere = interpolation_operator(sites, rng.uniform(0, 100, (30, 2)).astype(np.float32), 1.0)
    np.testing.assert_allclose(elsewhere.sum(axis=1), 1.0, atol=1e-3)


def test_a_mesh_at_rest_shows_each_pixel_its_own_place_and_the_nearer_surface_wins() -> None:
    vertices, triangles = grid_mesh(2, 3, 12, 11)
    screen = np.column_stack([vertices, np.zeros(len(vertices))]).astype(np.float32)
    map_x, map_y = draw_mesh(screen, vertices, triangles, 16)
    ys, xs = np.mgrid[3:11, 2:12]
    np.testing.assert_allclose(map_x[3:11, 2:12], xs + 0.5, atol=1e-4)
    np.testing.assert_allclose(map_y[3:11, 2:12], ys + 0.5, atol=1e-4)
    assert map_x[0, 0] < -1000
    nearer = screen - np.array([0, 0, 5], np.float32)
    both, _ = draw_mesh(
        np.concatenate([nearer, screen]), np.concatenate([vertices + 100, vertices]),
        np.concatenate([triangles, triangles + len(vertices)]).astype(np.int32), 16,
    )  # fmt: skip
    assert both[5, 5] > 100


def test_follow_passes_its_keys_and_stays_between_them() -> None:
    keys = ((0.0, 1.0), (1.0, 3.0), (2.5, -2.0))
    times = np.linspace(-1, 4, 501).astype(np.float32)
    curve = motion.follow(keys, times)
    np.testing.assert_allclose(motion.follow(keys, np.array([0, 1, 2.5, 9], np.float32)), [1, 3, -2, -2], atol=1e-5)
    assert curve.min() >= -2.001
    assert curve.max() <= 3.001
    assert np.abs(np.diff(curve)).max() < 0.07


def test_blinks_close_fully_and_open_again() -> None:
    times = (np.arange(motion.FRAMES) / motion.FPS).astype(np.float32)
    closed = motion.blink_curve(times)
    assert closed.min() == 0
    assert closed.max() <= 1
    shut = closed > 0.6
    assert np.sum(np.diff(shut.astype(int)) == 1) == len(motion.BLINKS) + len(motion.LONG_BLINKS)
    assert np.mean(closed > 0.1) < 0.25


@pytest.mark.parametrize("name", ["p", "b", "m"])
def test_closed_consonants_press_the_lips(name: str) -> None:
    assert voice.viseme(name).press == 1


def test_visemes_find_the_longest_name_and_rest_otherwise() -> None:
    assert voice.viseme("aI") != voice.viseme("I")
    assert voice.viseme("i:").jaw == voice.viseme("i").jaw
    assert voice.viseme("_:") == voice.Viseme()
    assert voice.viseme("") == voice.Viseme()


def test_mouth_curves_are_bounded_and_rest_around_the_speech() -> None:
    rng = np.random.default_rng(1)
    phonemes = tuple(voice.Phoneme(name, 0.1 * i) for i, name in enumerate(["m", "aI", "p", "oU", "l", "u:", "_", "s"]))
    speech = voice.Speech(rng.uniform(-0.5, 0.5, 17_640).astype(np.float32), 22_050, phonemes)
    times = np.arange(-1, 3, 0.02, dtype=np.float32)
    curves = voice.mouth_curves(speech, times)
    assert curves.shape == (len(times), 4)
    assert curves.min() >= 0
    assert curves.max() <= 1
    assert np.all(curves[times < -0.35] == 0)
    assert np.all(curves[times > 1.2] == 0)
    assert curves[np.argmin(np.abs(times - 0.15)), 0] > 0.3  # open in the diphthong
    assert curves[np.argmin(np.abs(times - 0.25)), 2] > 0.7  # closed in the p


def _landmarks() -> "np.ndarray[tuple[int, int], np.dtype[np.float32]]":
    from skimage import data

    from assets.sample.portrait import _find_landmarks

    return _find_landmarks(np.ascontiguousarray(data.astronaut()))


def test_expressions_move_what_they_name() -> None:
    points = _landmarks()
    handles = FaceHandles(points)
    assert np.abs(handles.displace(Expression())).max() < 0.05  # smile 1 is the portrait itself
    to_points = interpolation_operator(handles.rest, points[:, :2].copy(), 1.0)

    def moved(expression: Expression) -> "np.ndarray[tuple[int, int], np.dtype[np.float32]]":
        return points[:, :2] + to_points @ handles.displace(expression)

    calm = moved(Expression(smile=0))
    assert calm[291, 0] - calm[61, 0] < points[291, 0] - points[61, 0] - 4  # a narrower mouth
    assert moved(Expression(smile=0, jaw=1))[152, 1] > calm[152, 1] + 6  # the chin drops
    assert moved(Expression(smile=0, brow=1))[105, 1] < calm[105, 1] - 2
    shut = moved(Expression(blink_left=1))
    upper, lower = shut[list(LEFT_UPPER_LID[2:7])], shut[list(LEFT_LOWER_LID[2:7])]
    assert np.abs(np.interp(upper[:, 0], lower[:, 0], lower[:, 1]) - upper[:, 1]).max() < 1.0
    assert np.abs(shut[list(BROW_OF_THE_OTHER_EYE)] - points[list(BROW_OF_THE_OTHER_EYE), :2]).max() < 0.3


BROW_OF_THE_OTHER_EYE = (334, 296, 336)


def test_truth_places_points_where_the_scene_draws_them() -> None:
    rng = np.random.default_rng(5)
    face = rng.normal(0, 30, (478, 3)).astype(np.float32) + np.array([224, 120, 10], np.float32)
    canonical, centre, radius = truth.canonical_face(face)
    pose = Pose(12.0, -6.0, 5.0, (2.0, -1.0), 1.03, (3.0, 1.0), 0.5, 1.0)
    rotation, translation, log_scale = truth.pose_truth(pose, centre, radius)
    drawn = scene.to_film(scene.place_head(face, pose)[:, :2], truth.REFERENCE_SIDE)
    np.testing.assert_allclose(np.exp(log_scale) * (canonical @ rotation)[:, :2] + translation, drawn, atol=1e-2)


def test_a_shrug_lifts_the_shoulders_more_than_the_neck() -> None:
    places = np.array([scene.LEFT_SHOULDER, scene.RIGHT_SHOULDER, (224.0, 260.0)], np.float32)
    shrugged = Pose(0.0, 0.0, 0.0, (0.0, 0.0), 1.0, (0.0, 0.0), 1.0, 0.0)
    lift = scene.torso_displacement(places, shrugged) - scene.torso_displacement(places, STILL)
    assert lift[0, 1] < lift[2, 1] < -1
    assert lift[1, 1] < lift[2, 1]
    assert np.abs(scene.torso_displacement(places, STILL)).max() < 1e-4


def test_a_missing_voice_is_one_clear_line(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(voice.ctypes.util, "find_library", lambda _: None)
    monkeypatch.setattr(sys, "argv", ["make_sample"])
    assert make_sample.main() == 2
    assert capsys.readouterr().err.count("\n") == 1


needs_espeak = pytest.mark.skipif(
    shutil.which("espeak-ng") is None, reason="espeak-ng is not installed: only the build needs it"
)


@needs_espeak
def test_sentences_do_not_overlap_and_the_last_one_is_kept_out_of_the_enrolment() -> None:
    starts = [start for start, _ in motion.NARRATION]
    spoken = voice.speak([sentence for _, sentence in motion.NARRATION])
    ends = [start + len(speech.samples) / speech.rate for start, speech in zip(starts, spoken, strict=True)]
    assert all(end < start for end, start in zip(ends, starts[1:], strict=False))
    assert ends[-2] < motion.ENROL_FRAMES / motion.FPS < starts[-1]
    assert ends[-1] < motion.FRAMES / motion.FPS
    assert all(len(speech.phonemes) > 10 for speech in spoken)


@needs_espeak
def test_the_script_makes_a_short_film(tmp_path: Path) -> None:
    out = tmp_path / "short.mp4"
    script = Path(make_sample.__file__)
    done = subprocess.run([sys.executable, script, "--frames", "3", "--out", out], capture_output=True, timeout=110)
    assert done.returncode == 0, done.stderr.decode()[-500:]
    assert out.stat().st_size > 5_000
    with np.load(out.with_suffix(".truth.npz"), allow_pickle=False) as arrays:
        assert arrays["rotation"].shape == (3, 3, 3)
