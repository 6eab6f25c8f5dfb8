"""What shows through the holes of the face: eyeballs, and the mouth with teeth and tongue."""

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from assets.sample.expression import (
    JAW_DROP,
    LEFT_LOWER_LID,
    LEFT_UPPER_LID,
    RIGHT_LOWER_LID,
    RIGHT_UPPER_LID,
    Expression,
)
from assets.sample.portrait import DENSITY, LOWER_LIP_EDGE, UPPER_LIP_EDGE, ByteArray, FloatArray, polygon_mask

GAZE_REACH_X, GAZE_REACH_Y = 3.0, 1.5  # px of the portrait that the iris travels at gaze ±1
IRIS_RADIUS = 4.4
_MOUTH_BOX = (190, 126, 258, 182)  # left, top, right, bottom


@dataclass(frozen=True, slots=True)
class Patch:
    """A flat, see-through piece of texture at a depth.

    Attributes:
        rgba: (h, w, 4) uint8 at ``DENSITY`` samples per portrait px.
        left: portrait px of its first column.
        top: portrait px of its first row.
        depth: its z, on the landmarks' scale.
    """

    rgba: ByteArray
    left: float
    top: float
    depth: float


def face_holes(landmarks: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Where eyes and mouth are see-through: two masks 0..1 (eyes, mouth) over the texture."""
    eyes = np.zeros((512 * DENSITY, 512 * DENSITY), np.float32)
    for upper, lower in ((LEFT_UPPER_LID, LEFT_LOWER_LID), (RIGHT_UPPER_LID, RIGHT_LOWER_LID)):
        eyes = np.maximum(eyes, polygon_mask(_contour(landmarks, upper, lower), 1.0))
    mouth = polygon_mask(np.concatenate([UPPER_LIP_EDGE, LOWER_LIP_EDGE[-2:0:-1]]), 1.0)
    return eyes, mouth


def _contour(landmarks: FloatArray, upper: tuple[int, ...], lower: tuple[int, ...]) -> FloatArray:
    return np.concatenate([landmarks[list(upper), :2], landmarks[list(lower[-2:0:-1]), :2]])


def closed_eyes_texture(texture: ByteArray, landmarks: FloatArray) -> ByteArray:
    """The head's colours (…, 3) with smooth upper lids and a line of lashes at their edge, to show while eyes close.

    The portrait's lashes stand up over its lids; drawn down with the lid they would smear over it.
    """
    zone = np.zeros(texture.shape[:2], np.float32)
    line = np.zeros_like(zone)
    for upper in (LEFT_UPPER_LID, RIGHT_UPPER_LID):
        edge = landmarks[list(upper), :2]
        outer = -1.0 if edge[0, 0] < 224 else 1.0  # lashes stand out beyond the eye's outer corner
        end = edge[0 if outer < 0 else -1]
        lid = np.concatenate([edge + _down(1.2), edge[::-1] - _down(4.2)])
        wing = end + np.array([(outer * 4.5, -4.2), (outer * 4.5, 1.0), (0, 1.8), (0, -4.2)])
        zone = np.maximum(zone, np.maximum(polygon_mask(lid, 0.6), polygon_mask(wing.astype(np.float32), 0.6)))
        band = np.concatenate([edge - _down(0.75), edge[::-1] + _down(0.35)])
        line = np.maximum(line, polygon_mask(band, 1.0))
    rows = slice(78 * DENSITY, 118 * DENSITY)
    near, zone, line = texture[rows, :, :3], zone[rows, :, None], line[rows, :, None] * 0.85
    smooth = cv2.GaussianBlur(cv2.inpaint(near, (zone > 0.2).astype(np.uint8), 9, cv2.INPAINT_TELEA), (0, 0), 2.5)
    skin = near * (1 - zone) + smooth * (zone * 0.97)
    closed = texture[..., :3].copy()
    closed[rows] = (skin * (1 - line) + np.array([62, 42, 34], np.float32) * line).astype(np.uint8)
    return closed


def _down(distance: float) -> FloatArray:
    return np.array([0.0, distance], np.float32)


def lip_texture(texture: ByteArray, mouth: FloatArray) -> ByteArray:
    """The head's texture with the lips' own colour at their edge, where dark corners and teeth spilled over it.

    Args:
        texture: (…, 4) of the head.
        mouth: the mouth's opening, 0..1.
    """
    rows, columns = slice(126 * DENSITY, 165 * DENSITY), slice(190 * DENSITY, 260 * DENSITY)
    opening = (mouth[rows, columns] > 0.1).astype(np.uint8)
    zone = cv2.dilate(opening, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (5, 5)))
    filled = cv2.inpaint(np.ascontiguousarray(texture[rows, columns, :3]), zone, 4, cv2.INPAINT_TELEA)
    mended = texture.copy()
    mended[rows, columns, :3] = filled
    return mended


class Eye:
    """One eyeball: the sclera stays, the iris moves over it."""

    def __init__(self, texture: ByteArray, landmarks: FloatArray, right: bool) -> None:
        """Cuts the eye out of the head's texture."""
        upper, lower = (RIGHT_UPPER_LID, RIGHT_LOWER_LID) if right else (LEFT_UPPER_LID, LEFT_LOWER_LID)
        centre = landmarks[473 if right else 468]
        contour = _contour(landmarks, upper, lower)
        box = np.array([*(contour.min(0) - 7), *(contour.max(0) + 7)]).astype(int)
        depth = float(landmarks[[upper[0], upper[-1]], 2].mean()) - 1.0  # the eyeball's front, between its corners
        opening = polygon_mask(contour, 0.8)
        yy, xx = np.mgrid[: 512 * DENSITY, : 512 * DENSITY].astype(np.float32)
        radius = np.hypot((xx + 0.5) / DENSITY - centre[0], (yy + 0.5) / DENSITY - centre[1])
        self.sclera = _cut(np.dstack([_sclera(texture, opening, radius, box), np.full_like(opening, 255)]), box, depth)
        self.iris = _cut(_iris(texture, opening, radius, box), box, depth)

    def patches(self, expression: Expression) -> list[tuple[Patch, tuple[float, float]]]:
        """Its patches from back to front, each with the (x, y) shift in portrait px."""
        shift = (expression.gaze_x * GAZE_REACH_X, expression.gaze_y * GAZE_REACH_Y)
        return [(self.sclera, (0.0, 0.0)), (self.iris, shift)]


def _cut(rgba: npt.NDArray[np.generic], box: npt.NDArray[np.int64] | tuple[int, ...], depth: float) -> Patch:
    left, top, right, bottom = (int(v) for v in box)
    piece = rgba[top * DENSITY : bottom * DENSITY, left * DENSITY : right * DENSITY]
    return Patch(np.ascontiguousarray(np.clip(piece, 0, 255), np.uint8), float(left), float(top), depth)


def _sclera(texture: ByteArray, opening: FloatArray, radius: FloatArray, box: npt.NDArray[np.int64]) -> FloatArray:
    """The white of the eye, continued behind iris and lids."""
    white = (opening > 0.97) & (radius > IRIS_RADIUS + 0.9)
    rows, columns = slice(box[1] * DENSITY, box[3] * DENSITY), slice(box[0] * DENSITY, box[2] * DENSITY)
    picture = texture.astype(np.float32)[..., :3]
    here = picture[rows, columns]
    weight = white[rows, columns].astype(np.float32)
    bright = np.clip((here.mean(axis=2) - 120) / 60, 0, 1)  # lashes are not the white of the eye
    weight = weight * bright + 1e-6
    total = cv2.GaussianBlur(weight, (0, 0), 9)
    fill = cv2.GaussianBlur(here * weight[..., None], (0, 0), 9) / total[..., None]
    keep = cv2.GaussianBlur(white[rows, columns].astype(np.float32), (0, 0), 1.5)[..., None] * 0.6
    out = picture.copy()
    out[rows, columns] = here * keep + fill * (1 - keep)
    return out


def _iris(texture: ByteArray, opening: FloatArray, radius: FloatArray, box: npt.NDArray[np.int64]) -> FloatArray:
    """The iris as photographed, completed by a drawn one where the lids cover it."""
    rim = np.clip((radius - 2.6) / 1.8, 0, 1)[..., None]
    drawn = np.array([58, 38, 20], np.float32) * (1 - rim) + np.array([40, 27, 17], np.float32) * rim
    drawn = np.where(radius[..., None] < 1.7, np.array([16, 11, 9], np.float32), drawn)
    seen = cv2.GaussianBlur(cv2.erode(opening, np.ones((5, 5), np.uint8)), (0, 0), 1.5)[..., None]
    colour = texture[..., :3] * seen + cv2.GaussianBlur(drawn, (0, 0), 1.2) * (1 - seen)
    disc = _falling((radius - IRIS_RADIUS) / 0.28)
    return np.dstack([colour, disc * 255])


class Mouth:
    """Cavity, tongue, lower teeth and upper teeth, from back to front."""

    def __init__(self, texture: ByteArray, landmarks: FloatArray) -> None:
        """Takes the upper teeth from the portrait and draws the rest."""
        lips = float(landmarks[[13, 14], 2].mean())
        self.cavity = _cut(_drawn_cavity(), _MOUTH_BOX, lips + 14)
        self.tongue = _cut(_drawn_tongue(), _MOUTH_BOX, lips + 9)
        self.lower_teeth = _cut(_drawn_lower_teeth(), _MOUTH_BOX, lips + 5)
        self.upper_teeth = _cut(_upper_teeth(texture), _MOUTH_BOX, lips + 3.5)

    def patches(self, expression: Expression) -> list[tuple[Patch, tuple[float, float]]]:
        """Its patches from back to front, each with the (x, y) shift in portrait px."""
        jaw = expression.jaw * JAW_DROP * 0.9
        tongue = jaw * (1 - 0.35 * expression.tongue) - 3.2 * expression.tongue + 1.5
        still = (0.0, 0.0)
        return [
            (self.cavity, still), (self.tongue, (0.0, tongue)),
            (self.lower_teeth, (0.0, jaw)), (self.upper_teeth, still),
        ]  # fmt: skip


def _falling(t: FloatArray) -> FloatArray:
    """A soft edge: 1 far below zero, 0 far above."""
    return np.asarray(1 / (1 + np.exp(np.clip(t, -30, 30))), np.float32)


def _canvas() -> tuple[FloatArray, FloatArray]:
    yy, xx = np.mgrid[: 512 * DENSITY, : 512 * DENSITY].astype(np.float32)
    return (xx + np.float32(0.5)) / np.float32(DENSITY), (yy + np.float32(0.5)) / np.float32(DENSITY)


def _drawn_cavity() -> FloatArray:
    x, y = _canvas()
    light = np.exp(-(((x - 223.5) / 16) ** 2) - ((y - 149) / 12) ** 2)[..., None]
    colour = np.array([30, 11, 11], np.float32) + light * np.array([46, 17, 16], np.float32)
    return np.dstack([colour, np.full_like(x, 255)])


def _drawn_tongue() -> FloatArray:
    x, y = _canvas()
    inside = ((x - 223.5) / 12.5) ** 2 + ((y - 156.4) / 8.0) ** 2
    opacity = _falling((inside - 1) * np.float32(9))
    light = np.clip(1.05 - 0.5 * inside - 0.16 * np.exp(-(((x - 223.5) / 1.2) ** 2)), 0.3, 1.1)[..., None]
    return np.dstack([light * np.array([188, 98, 94], np.float32), opacity * 255])


def _drawn_lower_teeth() -> FloatArray:
    x, y = _canvas()
    across = x - 223.5
    edge = 148.1 + 0.010 * across**2  # the row curves back from the middle
    tooth = 2.75 - 0.02 * np.abs(across)
    phase = np.abs((across / tooth) % 1.0 - 0.5) * 2  # 1 between two teeth
    top = edge + 0.35 * phase**4
    opacity = _falling((top - y) / 0.22) * _falling((np.abs(across) - 12.5) / 0.8)
    gap = 1 - 0.24 * phase**6
    shade = (np.clip(1 - 0.035 * np.abs(across), 0.4, 1) * np.clip(1.02 - 0.02 * (y - edge), 0.6, 1) * gap)[..., None]
    return np.dstack([shade * np.array([206, 190, 172], np.float32), opacity * 255])


def _upper_teeth(texture: ByteArray) -> FloatArray:
    """The portrait's own teeth: all between the lips, continued upwards behind the upper lip."""
    x, y = _canvas()
    upper = np.interp(x[0], UPPER_LIP_EDGE[:, 0], UPPER_LIP_EDGE[:, 1]) + 0.9
    lower = np.interp(x[0], LOWER_LIP_EDGE[:, 0], LOWER_LIP_EDGE[:, 1]) - 0.5
    source_y = np.maximum(y, upper[None, :]).astype(np.float32)
    colour = cv2.remap(texture[..., :3], x * DENSITY - 0.5, source_y * DENSITY - 0.5, cv2.INTER_LINEAR)
    opacity = _falling((y - lower[None, :]) / 0.25) * _falling((np.abs(x - 222.8) - 15.2) / 0.9)
    return np.dstack([colour.astype(np.float32), opacity * 255])
