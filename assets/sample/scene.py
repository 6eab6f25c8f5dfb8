"""Draws one frame: background, torso, and the head with what shows through eyes and mouth."""

import cv2
import numpy as np
import numpy.typing as npt

from assets.sample.expression import Expression, FaceHandles
from assets.sample.geometry import draw_mesh, grid_mesh, interpolation_operator, rotation_matrix
from assets.sample.interior import Eye, Mouth, Patch, closed_eyes_texture, face_holes, lip_texture
from assets.sample.motion import Pose
from assets.sample.portrait import DENSITY, ORIGIN, SPAN, ByteArray, FloatArray, Portrait, to_film

SIDE = 512
HEAD_BOX = (146, 4, 310, 186)  # left, top, right, bottom of the head's mesh in the portrait
PIVOT = np.array([224.0, 146.0, 55.0], np.float32)  # where the skull turns on the neck
SHRUG_LIFT = 11.0  # px of the portrait that the shoulders rise at shrug 1
LEFT_SHOULDER, RIGHT_SHOULDER = (92.0, 268.0), (352.0, 272.0)  # where the truth reports the torso's movement
_SKULL_CENTRE, _SKULL_AXES = np.array([227.5, 94.0, 58.0]), np.array([76.0, 82.0, 74.0])
_SHADE_TINT = np.array([0.9, 1.06, 1.12], np.float32)  # shade under lids and lips is warm
_TORSO_STEP = 8  # film px between the points where the torso's movement is computed; it is very smooth


class Scene:
    """Everything that can be prepared once; ``draw`` then makes a frame."""

    def __init__(self, portrait: Portrait) -> None:
        """Prepares meshes, textures and interpolation for a portrait."""
        self._portrait = portrait
        self._handles = FaceHandles(portrait.landmarks)
        self._vertices, self._triangles = grid_mesh(*HEAD_BOX)
        self._depth = head_depth(portrait.landmarks, self._vertices)
        self._spread = interpolation_operator(self._handles.rest, self._vertices, 1.0)
        eyes, mouth = face_holes(portrait.landmarks)
        self._holes = np.dstack([eyes, mouth])
        self._eyes = [Eye(portrait.head, portrait.landmarks, right) for right in (False, True)]
        self._skin = lip_texture(portrait.head, mouth)
        self._closed_eyes = closed_eyes_texture(self._skin, portrait.landmarks)
        self._mouth = Mouth(portrait.head, portrait.landmarks)

    def draw(self, pose: Pose, expression: Expression) -> ByteArray:
        """One frame, (512, 512, 3)."""
        picture = self._portrait.plate.astype(np.float32)
        picture = _over(picture, self._torso(pose))
        return np.asarray(_over(picture, self._head(pose, expression)) + 0.5, np.uint8)

    def landmarks_at(self, expression: Expression) -> FloatArray:
        """(478, 3) the portrait's points with an expression, before any pose."""
        points = self._portrait.landmarks.copy()
        spread = interpolation_operator(self._handles.rest, points[:, :2].copy(), 1.0)
        points[:, :2] += spread @ self._handles.displace(expression)
        return points

    def _torso(self, pose: Pose) -> FloatArray:
        ticks = np.arange(0, SIDE + _TORSO_STEP, _TORSO_STEP, dtype=np.float32)
        shown = np.stack(np.meshgrid(ticks, ticks), -1) * (SPAN / SIDE) + ORIGIN
        origin = shown.copy()
        for _ in range(4):  # the movement is small and smooth: the inverse converges at once
            origin = shown - torso_displacement(origin, pose)
        maps = (origin * DENSITY - 0.5).astype(np.float32)
        pixels = (np.arange(SIDE, dtype=np.float32) + 0.5) / _TORSO_STEP
        at_x, at_y = np.meshgrid(pixels, pixels)
        full = np.asarray(cv2.remap(maps, at_x, at_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE), np.float32)
        return _sample(self._portrait.torso, full[..., 0], full[..., 1])

    def _head(self, pose: Pose, expression: Expression) -> FloatArray:
        moved = np.column_stack([self._vertices, self._depth]).astype(np.float32)
        moved[:, :2] += self._spread @ self._handles.displace(expression)
        turned = place_head(moved, pose)
        screen = np.column_stack([to_film(turned[:, :2], SIDE), turned[:, 2]]).astype(np.float32)
        map_x, map_y = draw_mesh(screen, self._vertices, self._triangles, SIDE)
        map_x, map_y = map_x * DENSITY - 0.5, map_y * DENSITY - 0.5
        skin = _sample(self._skin, map_x, map_y)
        closing = _smooth_step((max(expression.blink_left, expression.blink_right) - 0.15) / 0.5)
        if closing > 0:
            lids = _sample(self._closed_eyes, map_x, map_y)
            skin[..., :3] += (lids - skin[..., :3]) * np.float32(closing)
        holes = _sample(self._holes, map_x, map_y)
        for hole, inside in self._interiors(pose, expression, holes):
            skin[..., :3] = skin[..., :3] * (1 - hole[..., None]) + inside * hole[..., None]
        return skin

    def _interiors(self, pose: Pose, expression: Expression, holes: FloatArray) -> list[tuple[FloatArray, FloatArray]]:
        """What is seen through eyes and mouth, shaded where lids and lips stand above it: (hole, colour) each."""
        parts = []
        stacks = ([patch for eye in self._eyes for patch in eye.patches(expression)], self._mouth.patches(expression))
        for channel, (stack, softness, ambient) in enumerate(zip(stacks, (2.2, 3.0), (0.45, 0.52), strict=True)):
            hole = np.ascontiguousarray(holes[..., channel])
            inside = np.zeros((SIDE, SIDE, 3), np.float32)
            for patch, shift in stack:
                inside = _over(inside, _placed(patch, shift, pose))
            light = np.clip(cv2.GaussianBlur(hole, (0, 0), softness) * 1.25, 0, 1)
            shade = (ambient + (1 - ambient) * light)[..., None]
            parts.append((hole, inside * shade**_SHADE_TINT))
        return parts


def head_depth(landmarks: FloatArray, vertices: FloatArray) -> FloatArray:
    """Depth z of the head at (V, 2) places of the portrait: FaceMesh on the face, an ellipsoid for the hair."""
    face = landmarks[:468]
    free = face[:, 1] > 88.0  # above it the fringe covers the forehead
    sites, depths = face[free, :2], face[free, 2]
    xs, ys = np.meshgrid(np.arange(148, 311, 8.0), np.arange(8, 140, 8.0))
    around = np.stack([xs.ravel(), ys.ravel()], 1).astype(np.float32)
    apart = np.min(np.linalg.norm(around[:, None] - sites[None], axis=2), axis=1) > 9
    inside_face = (around[:, 1] > 88) & (np.abs(around[:, 0] - 225) < 38)
    around = around[apart & ~inside_face]
    rho = np.sum(((around - _SKULL_CENTRE[:2]) / _SKULL_AXES[:2]) ** 2, axis=1)
    bulge = _SKULL_CENTRE[2] - _SKULL_AXES[2] * np.sqrt(np.clip(1 - rho, 0.0, 1) + 0.02)
    every = np.concatenate([sites, around]).astype(np.float32)
    values = np.concatenate([depths, bulge]).astype(np.float32)
    return np.asarray(interpolation_operator(every, vertices, 2.5, slack=2.0) @ values, np.float32)


def head_shift(pose: Pose) -> FloatArray:
    """(2,) the head's movement in px of the portrait: carried by the torso, plus its own."""
    carried = torso_movement(np.array([[224.0, 200.0]], np.float32), pose)[0]
    return np.asarray(carried + np.array(pose.shift), np.float32)


def place_head(points: FloatArray, pose: Pose) -> FloatArray:
    """Turns (N, 3) points of the head with a pose, in px of the portrait."""
    turned = pose.scale * ((points - PIVOT) @ head_rotation(pose)) + PIVOT
    turned[:, :2] += head_shift(pose)
    return np.asarray(turned, np.float32)


def head_rotation(pose: Pose) -> FloatArray:
    """(3, 3) of a pose, for row vectors."""
    return rotation_matrix(*np.radians([pose.yaw, pose.pitch, pose.roll]))


def torso_movement(points: FloatArray, pose: Pose) -> FloatArray:
    """Displacement (..., 2) of the torso itself: sway, lean about the hips, nearness, and the shoulders' lift."""
    x, y = points[..., 0], points[..., 1]
    angle = np.radians(pose.lean)
    offset = points - np.array([224.0, 420.0])
    turned = np.stack([-np.sin(angle) * offset[..., 1], np.sin(angle) * offset[..., 0]], -1)
    outward = np.clip(np.abs(x - 224.0) / 110.0, 0, 1)
    lift = pose.shrug * SHRUG_LIFT * (0.30 + 0.70 * outward**2 * (3 - 2 * outward))
    lift = lift * np.clip((470 - y) / 180, 0, 1)
    moved = turned + np.array(pose.sway) + (pose.scale - 1) * (points - PIVOT[:2])
    moved[..., 1] -= lift
    return np.asarray(moved, np.float32)


def torso_displacement(points: FloatArray, pose: Pose) -> FloatArray:
    """Displacement (..., 2) of the torso's layer: the torso's, and the neck's, which goes with the head."""
    movement = torso_movement(points, pose)
    x, y = points[..., 0], points[..., 1]
    flat = np.column_stack([x.ravel(), y.ravel(), np.full(x.size, PIVOT[2])]).astype(np.float32)
    with_head = (place_head(flat, pose)[:, :2] - flat[:, :2]).reshape(points.shape)
    up = np.clip((222.0 - y) / 60.0, 0, 1)  # from the collar's depth to the chin
    middle = np.exp(-(((x - 222.0) / 44.0) ** 4))
    share = (0.75 * up**2 * (3 - 2 * up) * middle)[..., None]
    return np.asarray(movement * (1 - share) + with_head * share, np.float32)


def _smooth_step(t: float) -> float:
    t = min(1.0, max(0.0, t))
    return t * t * (3 - 2 * t)


def _sample(texture: npt.NDArray[np.generic], map_x: FloatArray, map_y: FloatArray) -> FloatArray:
    seen = cv2.remap(np.asarray(texture), map_x, map_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT)
    return np.asarray(seen, np.float32)


def _over(below: FloatArray, above: FloatArray) -> FloatArray:
    opacity = above[..., 3:] * np.float32(1 / 255)
    return np.asarray(below + (above[..., :3] - below) * opacity, np.float32)


def _placed(patch: Patch, shift: tuple[float, float], pose: Pose) -> FloatArray:
    """A patch drawn where the head's pose puts it: flat, so an affine map."""
    height, width = patch.rgba.shape[:2]
    corners = np.array([[0, 0], [width, 0], [0, height]], np.float32)
    at = corners / DENSITY + (patch.left + shift[0], patch.top + shift[1])
    solid = np.column_stack([at, np.full(3, patch.depth)]).astype(np.float32)
    shown = to_film(place_head(solid, pose)[:, :2], SIDE)
    affine = cv2.getAffineTransform(corners - 0.5, shown.astype(np.float32) - np.float32(0.5))
    return np.asarray(cv2.warpAffine(patch.rgba, affine, (SIDE, SIDE), flags=cv2.INTER_LINEAR), np.float32)
