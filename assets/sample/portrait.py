"""The source portrait and its layers: background plate, torso and head.

scikit-image's ``data.astronaut()``: Eileen Collins, NASA, public domain. All places are in px of the 512x512 portrait;
a pixel's centre lies at half numbers. The curves below were drawn by hand on it, where the landmarks are too coarse.
"""

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float32]
ByteArray = npt.NDArray[np.uint8]

# The film shows this square of the portrait: 4 px of it above the portrait's edge, in-painted.
ORIGIN = np.array([72.0, -16.0], np.float32)
SPAN = 312.0  # px of the portrait across the film; the face is then 30 % of the width
# FaceMesh flattens a face seen from the front: turned with its own depths, it reads back 0.72 of the yaw given.
DEPTH_GAIN = 1.3
DENSITY = 3  # textures are kept at three samples per portrait px, so that film px never magnify a sample

# Where the chin and jaw end, from the left ear lobe to the right one.
JAW = np.array(
    [(181.4, 143.0), (183.0, 148.2), (184.9, 151.7), (187.0, 155.2), (190.0, 160.3), (195.0, 165.4), (200.0, 170.0),
     (205.0, 174.2), (210.0, 177.0), (215.0, 178.7), (220.0, 179.2), (225.0, 179.0), (230.0, 178.2), (235.0, 176.5),
     (240.0, 173.8), (245.0, 171.0), (250.0, 167.6), (254.0, 164.6), (257.4, 161.6)],
    np.float32,
)  # fmt: skip
# The lower edge of the upper lip and the upper edge of the lower lip, left to right.
UPPER_LIP_EDGE = np.array(
    [(202.0, 139.4), (206.0, 140.4), (209.2, 141.1), (212.8, 141.9), (217.5, 142.8), (223.2, 143.6), (229.2, 143.3),
     (234.0, 142.6), (238.0, 142.0), (241.2, 141.6), (245.2, 140.8)],
    np.float32,
)  # fmt: skip
LOWER_LIP_EDGE = np.array(
    [(202.0, 139.4), (206.5, 143.3), (209.3, 145.4), (212.8, 147.3), (217.3, 148.8), (222.8, 149.5), (228.4, 149.2),
     (233.2, 147.8), (237.1, 145.7), (240.1, 143.7), (245.2, 140.8)],
    np.float32,
)  # fmt: skip
_NECK = np.array(
    [(186.6, 132), (258, 132), (257.8, 160), (257, 165), (256.2, 170), (255, 176), (253.8, 184), (187, 184)], np.float32
)
# The face's outline beside the jaw, where a matte's pixels would show when the head turns: (box, outline) each.
_CHEEKS = (
    (
        np.array([(174, 136), (188, 136), (188, 150), (174, 150)], np.float32),
        np.array([(182.4, 130), (182.3, 136), (182.5, 141), (183.2, 145), (184.6, 149), (186, 153), (220, 153),
                  (220, 130)], np.float32),
    ),
    (
        np.array([(254, 140.5), (275, 140.5), (275, 164), (254, 164)], np.float32),
        np.array([(266.8, 134), (266.2, 140), (265.1, 145), (263.6, 150), (260.9, 155), (258.0, 160), (255.5, 164),
                  (220, 164), (220, 134)], np.float32),
    ),
)  # fmt: skip
_COLLAR_RIM = np.array([(177, 150.6), (195, 150.2), (210, 151.5), (228, 157.0), (244, 166.5), (257, 177.5)], np.float32)
_FRINGES = (
    np.array([(170, 134), (190, 134), (190, 147.4), (170, 147.4)], np.float32),
    np.array([(258.2, 148), (280, 148), (280, 164), (257.6, 164)], np.float32),
)
_SPILLS = ((183, 147), (184, 150), (185, 152), (267, 136))  # corners where background passes for skin
_RIM_RGB, _COLLAR_RGB = (98, 88, 108), (12, 10, 10)


@dataclass(frozen=True, slots=True)
class Portrait:
    """The portrait, taken apart.

    Attributes:
        rgb: (512, 512, 3) the picture.
        landmarks: (478, 3) FaceMesh points, z on the same scale.
        plate: (512, 512, 3) the background over the film's square, labelled; the person is gone.
        head: (1536, 1536, 4) straight-alpha texture of face, hair and ears, at ``DENSITY``.
        torso: the same of suit, collar and neck; the neck goes on behind the chin.
    """

    rgb: ByteArray
    landmarks: FloatArray
    plate: ByteArray
    head: ByteArray
    torso: ByteArray


def load_portrait(label: str) -> Portrait:
    """Takes the portrait apart.

    Args:
        label: one or two words to write in a corner of the background.

    Raises:
        ValueError: when FaceMesh does not find the face (a foreign version of MediaPipe).
    """
    from skimage import data

    rgb = np.ascontiguousarray(data.astronaut(), np.uint8)
    landmarks = _find_landmarks(rgb)
    mask = _person_mask(rgb)
    clean = _without_person(rgb, mask)
    matte = _person_matte(rgb, mask, clean)
    head = _head_texture(rgb, matte)
    torso = _torso_texture(rgb, matte)
    return Portrait(rgb, landmarks, _film_plate(clean, label), head, torso)


def to_film(points: FloatArray, side: int) -> FloatArray:
    """Portrait px to px of a film ``side`` px wide, for (..., 2)."""
    return np.asarray((points - ORIGIN) * (side / SPAN), np.float32)


def _find_landmarks(rgb: ByteArray) -> FloatArray:
    import mediapipe

    left, side = 78, 304  # a closer look at the upper part: the face is small in the whole picture
    near = cv2.resize(rgb[:side, left : left + side], None, fx=3, fy=3, interpolation=cv2.INTER_CUBIC)
    with mediapipe.solutions.face_mesh.FaceMesh(static_image_mode=True, refine_landmarks=True) as mesh:
        found = mesh.process(near).multi_face_landmarks
    if not found:
        raise ValueError("no face was found in the portrait")
    points = np.array([(p.x, p.y, p.z) for p in found[0].landmark], np.float32) * side
    points[:, 0] += left
    points[:, 2] *= DEPTH_GAIN
    return points


def _person_mask(rgb: ByteArray) -> FloatArray:
    """MediaPipe's coarse opacity of the person, 0..1, with the holes in the torso closed."""
    import mediapipe

    with mediapipe.solutions.selfie_segmentation.SelfieSegmentation(model_selection=0) as segmentation:
        mask = np.array(segmentation.process(rgb).segmentation_mask, np.float32)
    mask[215:] = np.maximum(mask[215:], _filled(mask[215:]))
    return mask


def _person_matte(rgb: ByteArray, mask: FloatArray, clean: ByteArray) -> FloatArray:
    """Opacity of the person, 0..1.

    Where the studio's cloth is the background, its difference from the in-painted background tells; beside the flag and
    the shuttle a guided filter draws the coarse mask to the picture's edges.
    """
    guided = cv2.ximgproc.guidedFilter(rgb.astype(np.float32) / 255, mask, 5, 2e-4)
    guided = np.clip((guided - 0.12) / 0.76, 0, 1)
    solid = (mask > 0.5).astype(np.uint8)
    inner = cv2.erode(solid, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (13, 13)))
    outer = cv2.dilate(solid, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (23, 23)))
    distance = np.linalg.norm(rgb.astype(np.float32) - clean, axis=2)
    by_difference = np.clip((distance - 22) / 45, 0, 1) * outer  # the cloth's own mottling stays under 22
    round_brush = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (7, 7))
    by_difference = cv2.morphologyEx(np.maximum(by_difference, inner), cv2.MORPH_CLOSE, round_brush)
    smooth = cv2.GaussianBlur(by_difference, (0, 0), 1.3)  # takes the steps out of the edge
    by_difference = np.clip((smooth - 0.3) / 0.6, 0, 1)
    box = np.zeros(mask.shape, np.float32)
    box[:285, 104:345] = 1
    cloth = cv2.GaussianBlur(box, (0, 0), 3)
    return np.asarray(by_difference * cloth + guided * (1 - cloth), np.float32)


def _filled(mask: FloatArray) -> FloatArray:
    """Closes holes inside the torso (badges, straps)."""
    return np.asarray(cv2.morphologyEx(mask, cv2.MORPH_CLOSE, np.ones((31, 31), np.uint8)), np.float32)


def _without_person(rgb: ByteArray, mask: FloatArray) -> ByteArray:
    """The background, continued behind the person: in-painted near the edge, blurred further in."""
    hole = cv2.dilate((mask > 0.1).astype(np.uint8), cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (19, 19)))
    near = cv2.inpaint(rgb, hole, 5, cv2.INPAINT_TELEA)
    deep = cv2.GaussianBlur(near, (0, 0), 9)
    weight = cv2.GaussianBlur(cv2.erode(hole, np.ones((9, 9), np.uint8)).astype(np.float32), (0, 0), 4)[..., None]
    return np.asarray(near * (1 - weight) + deep * weight, np.uint8)


def _enlarged(picture: ByteArray, sharpen: float) -> ByteArray:
    big = cv2.resize(picture, None, fx=DENSITY, fy=DENSITY, interpolation=cv2.INTER_LANCZOS4)
    soft = cv2.GaussianBlur(big, (0, 0), 2.2)
    return np.asarray(cv2.addWeighted(big, 1 + sharpen, soft, -sharpen, 0), np.uint8)


def polygon_mask(points: FloatArray, blur: float, shape: tuple[int, int] = (512, 512)) -> FloatArray:
    """Coverage 0..1 of a polygon at texture density, its edge softened by ``blur`` texture samples."""
    mask = np.zeros((shape[0] * DENSITY, shape[1] * DENSITY), np.uint8)
    fixed = np.round((points * DENSITY - 0.5) * 16).astype(np.int32)
    cv2.fillPoly(mask, [fixed], (255,), cv2.LINE_AA, 4)
    return np.asarray(cv2.GaussianBlur(mask, (0, 0), blur), np.float32) / 255


def _head_mask() -> FloatArray:
    around = np.array([(330, 161.6), (330, -6), (90, -6), (90, 140.5), (181.5, 140.5)], np.float32)
    return polygon_mask(np.concatenate([JAW, around]), 1.6)


def _own_colour(rgb: ByteArray, matte: FloatArray) -> ByteArray:
    """The person's colour carried on over the matte's edge, so that no background shines through it."""
    own = (matte > 0.97).astype(np.uint8)
    for x, y in _SPILLS:
        cv2.circle(own, (int(x), int(y)), 2, (0,), -1)
    sure = cv2.erode(own, np.ones((3, 3), np.uint8))
    spread = cv2.GaussianBlur(cv2.inpaint(rgb, 1 - sure, 3, cv2.INPAINT_TELEA), (0, 0), 1.0)
    return np.asarray(np.where(own[..., None] > 0, rgb, spread), np.uint8)


def _head_texture(rgb: ByteArray, matte: FloatArray) -> ByteArray:
    colour = _enlarged(_own_colour(rgb, matte), 0.7)
    opacity = cv2.resize(matte, None, fx=DENSITY, fy=DENSITY, interpolation=cv2.INTER_CUBIC)
    opacity = np.clip(opacity, 0, 1)
    for box, outline in _CHEEKS:
        here = polygon_mask(box, 3.0)
        opacity = opacity * (1 - here) + polygon_mask(outline, 1.6) * here
    opacity = opacity * _head_mask()
    return np.dstack([colour, np.asarray(opacity * 255 + 0.5, np.uint8)])


def _torso_texture(rgb: ByteArray, matte: FloatArray) -> ByteArray:
    colour = _enlarged(_own_colour(rgb, matte), 0.7).astype(np.float32)
    head = _head_mask()
    opacity = np.clip(cv2.resize(matte, None, fx=DENSITY, fy=DENSITY, interpolation=cv2.INTER_CUBIC), 0, 1) * (1 - head)
    for fringe in _FRINGES:  # of the jaw, beside the neck
        opacity = opacity * (1 - polygon_mask(fringe, 1.0))
    behind = cv2.GaussianBlur(cv2.dilate(head, np.ones((27, 27), np.uint8)), (0, 0), 1.5)
    neck = polygon_mask(_NECK, 1.5)
    beside = behind * (1 - neck)
    inside = np.concatenate([_COLLAR_RIM, np.array([(257, 186), (183, 186)], np.float32)])
    colour, opacity = _lay(colour, opacity, polygon_mask(inside, 1.5) * beside, np.array(_COLLAR_RGB, np.float32))
    half_width = np.array([0, 2.4], np.float32)
    band = np.concatenate([_COLLAR_RIM - half_width, (_COLLAR_RIM + half_width)[::-1]])
    colour, opacity = _lay(colour, opacity, polygon_mask(band, 1.5) * beside, np.array(_RIM_RGB, np.float32))
    colour, opacity = _lay(colour, opacity, neck * behind, _neck_fill(rgb))
    return np.dstack([colour, opacity * 255 + 0.5]).astype(np.uint8)


def _lay(colour: FloatArray, opacity: FloatArray, mask: FloatArray, paint: FloatArray) -> tuple[FloatArray, FloatArray]:
    m = mask[..., None]
    return np.asarray(colour * (1 - m) + paint * m, np.float32), np.maximum(opacity, mask)


def _neck_fill(rgb: ByteArray) -> FloatArray:
    """The neck's skin behind the chin: each column repeats what is seen just below the jaw, darker further up."""
    fill = np.zeros((512, 512, 3), np.float32)
    columns = np.arange(180, 264)
    first = np.interp(columns, JAW[:, 0], JAW[:, 1]) + 4.5
    skin = np.stack([rgb[int(y) : int(y) + 3, x].mean(axis=0) for x, y in zip(columns, first, strict=True)])
    skin[:8], skin[-9:] = skin[8], skin[-10]  # beside the neck there is no skin to repeat
    skin = cv2.GaussianBlur(skin.astype(np.float32)[None], (0, 0), 7.0)[0]
    for row in range(120, 200):
        shade = np.clip(1 - (first - row) * 0.012, 0.7, 1)[:, None]
        fill[row, columns] = skin * shade
    return np.asarray(cv2.resize(fill, None, fx=DENSITY, fy=DENSITY, interpolation=cv2.INTER_LINEAR), np.float32)


def _film_plate(clean: ByteArray, label: str) -> ByteArray:
    side = 512
    top = int(-ORIGIN[1])
    taller = cv2.copyMakeBorder(clean, top, 0, 0, 0, cv2.BORDER_REFLECT_101)
    left, span = int(ORIGIN[0]), int(SPAN)
    view = taller[:span, left : left + span]
    plate = cv2.resize(view, (side, side), interpolation=cv2.INTER_LANCZOS4)
    for line, text in enumerate(label.split()):
        place = (14, 24 + 16 * line)
        cv2.putText(plate, text, place, cv2.FONT_HERSHEY_SIMPLEX, 0.42, (96, 88, 90), 1, cv2.LINE_AA)
    return np.asarray(plate, np.uint8)
