"""The committed clip and its ground truth agree with each other, by FaceMesh's independent judgement."""

from pathlib import Path

import av
import numpy as np
import numpy.typing as npt

from tests.assets.conftest import FloatArray, Seen


def test_clip_is_a_square_film_with_sound(clip: Path) -> None:
    assert clip.stat().st_size < 4_500_000
    with av.open(str(clip)) as film:
        video, sound = film.streams.video[0], film.streams.audio[0]
        assert (video.width, video.height, video.average_rate, video.frames) == (512, 512, 25, 1000)
        assert video.codec_context.name == "h264"
        samples = np.concatenate([frame.to_ndarray().ravel() for frame in film.decode(sound)])
        assert abs(len(samples) / sound.codec_context.sample_rate - 40) < 0.5
        assert np.abs(samples).max() > 0.2


def test_truth_has_a_row_per_frame(truth: dict[str, FloatArray], clip: Path) -> None:
    assert clip.with_suffix(".truth.npz").stat().st_size < 200_000
    frames = 1000
    assert truth["rotation"].shape == (frames, 3, 3)
    assert truth["translation"].shape == (frames, 2)
    assert truth["log_scale"].shape == (frames,)
    assert truth["torso"].shape == (frames, 4)
    assert truth["canonical"].shape == (478, 3)
    for name in ("blink_left", "blink_right", "gaze_x", "gaze_y", "smile", "jaw", "brow", "round", "press", "tongue"):
        assert truth[name].shape == (frames,)
        assert np.abs(truth[name]).max() <= 1
    assert all(np.isfinite(values).all() for values in truth.values())


def test_rotations_are_rotations_and_move_smoothly(truth: dict[str, FloatArray]) -> None:
    rotation = truth["rotation"].astype(np.float64)
    product = rotation @ rotation.transpose(0, 2, 1)
    np.testing.assert_allclose(product, np.broadcast_to(np.eye(3), product.shape), atol=1e-5)
    assert np.all(np.linalg.det(rotation) > 0.999)
    assert _degrees_between(rotation[1:], rotation[:-1]).max() < 2.5


def test_enrolment_covers_the_poses_of_the_test_part(truth: dict[str, FloatArray]) -> None:
    first = int(truth["enrol_frames"])
    for entry in ((2, 0), (2, 1), (1, 0)):  # sines of yaw, pitch and roll, but for the sign
        values = truth["rotation"][:, entry[0], entry[1]]
        assert values[:first].min() < values[first:].min()
        assert values[:first].max() > values[first:].max()


def test_facemesh_finds_the_face_in_every_sampled_frame(seen: Seen) -> None:
    assert len(seen.frames) == seen.sampled == 125


def test_measured_pose_agrees_with_the_truth(seen: Seen, truth: dict[str, FloatArray]) -> None:
    rotation, scale, _ = _procrustes(truth["canonical"], seen.points)
    true = truth["rotation"][seen.frames].astype(np.float64)
    offset = _nearest_rotation(np.mean(rotation @ true.transpose(0, 2, 1), axis=0))
    error = _degrees_between(rotation, offset @ true)
    assert error.mean() < 2.0
    assert error.max() < 6.0
    log_scale = np.log(scale) - truth["log_scale"][seen.frames]
    assert log_scale.std() < 0.02


def test_measured_place_agrees_with_the_truth(seen: Seen, truth: dict[str, FloatArray]) -> None:
    eyes = [33, 133, 263, 362]
    units = np.exp(truth["log_scale"][seen.frames])[:, None, None]
    turned = truth["canonical"][eyes] @ truth["rotation"][seen.frames]
    expected = units * turned[..., :2] + truth["translation"][seen.frames][:, None]
    error = np.linalg.norm((seen.points[:, eyes, :2] - expected).mean(axis=1), axis=1)
    assert np.median(error) < 1.0
    assert error.max() < 2.5


def test_expressions_are_seen(seen: Seen, truth: dict[str, FloatArray]) -> None:
    width = _distance(seen, 33, 263)
    measured = {
        "blink_left": -_distance(seen, 159, 145) / _distance(seen, 33, 133),
        "blink_right": -_distance(seen, 386, 374) / _distance(seen, 263, 362),
        "jaw": _distance(seen, 168, 152) / width,
        "smile": _distance(seen, 61, 291) / width,
        "gaze_x": (seen.points[:, [468, 473], 0].mean(1) - seen.points[:, [33, 133, 263, 362], 0].mean(1)) / width,
        "brow": (seen.points[:, [33, 263], 1].mean(1) - seen.points[:, [105, 334], 1].mean(1)) / width,
    }
    correlation = {name: np.corrcoef(value, truth[name][seen.frames])[0, 1] for name, value in measured.items()}
    assert min(correlation.values()) > 0.5, correlation


def test_blinks_close_the_eyes(seen: Seen, truth: dict[str, FloatArray]) -> None:
    opening = _distance(seen, 159, 145) / _distance(seen, 33, 133)
    closed = truth["blink_left"][seen.frames] > 0.95
    awake = truth["blink_left"][seen.frames] < 0.05
    assert closed.sum() >= 3
    assert np.median(opening[closed]) < 0.55 * np.median(opening[awake])


def _distance(seen: Seen, a: int, b: int) -> FloatArray:
    return np.asarray(np.linalg.norm(seen.points[:, a, :2] - seen.points[:, b, :2], axis=1), np.float32)


def _procrustes(
    canonical: FloatArray, points: FloatArray
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Similarity from the upper face (talking does not move it) to each frame: R, scale, and the fit's centre."""
    upper = np.flatnonzero(canonical[:468, 1] < canonical[4, 1])
    source = canonical[upper].astype(np.float64) - canonical[upper].mean(axis=0)
    target = points[:, upper].astype(np.float64)
    centre = target.mean(axis=1)
    u, s, vt = np.linalg.svd(np.einsum("ni,tnj->tij", source, target - centre[:, None]))
    sign = np.ones_like(s)
    sign[:, 2] = np.sign(np.linalg.det(u @ vt))
    return (u * sign[:, None, :]) @ vt, (s * sign).sum(axis=1) / np.sum(source**2), centre


def _nearest_rotation(matrix: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    u, _, vt = np.linalg.svd(matrix)
    return np.asarray(u @ vt, np.float64)


def _degrees_between(a: npt.NDArray[np.float64], b: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    trace = np.einsum("tij,tij->t", a, b)
    return np.asarray(np.degrees(np.arccos(np.clip((trace - 1) / 2, -1, 1))), np.float64)
