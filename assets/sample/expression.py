"""How expression moves the points of the portrait's face.

The portrait smiles with open lips. Every expression is therefore a displacement from there: smile 1 is the portrait
itself, smile 0 a calm face with the lips together. All lengths are px of the portrait.
"""

from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt

from assets.sample.portrait import JAW, LOWER_LIP_EDGE, UPPER_LIP_EDGE

FloatArray = npt.NDArray[np.float32]

# FaceMesh point numbers, each from the left of the picture to the right.
UPPER_LIP_OUTER = (61, 185, 40, 39, 37, 0, 267, 269, 270, 409, 291)
LOWER_LIP_OUTER = (146, 91, 181, 84, 17, 314, 405, 321, 375)
_LIP_INSIDE = (
    76, 184, 74, 73, 72, 11, 302, 303, 304, 408, 306, 77, 90, 180, 85, 16, 315, 404, 320, 307,
    62, 183, 42, 41, 38, 12, 268, 271, 272, 407, 292, 96, 89, 179, 86, 15, 316, 403, 319, 325,
    78, 191, 80, 81, 82, 13, 312, 311, 310, 415, 308, 95, 88, 178, 87, 14, 317, 402, 318, 324,
)  # fmt: skip
LEFT_UPPER_LID = (33, 246, 161, 160, 159, 158, 157, 173, 133)
LEFT_LOWER_LID = (33, 7, 163, 144, 145, 153, 154, 155, 133)
RIGHT_UPPER_LID = (362, 398, 384, 385, 386, 387, 388, 466, 263)
RIGHT_LOWER_LID = (362, 382, 381, 380, 374, 373, 390, 249, 263)
BROWS = (46, 53, 52, 65, 55, 70, 63, 105, 66, 107, 276, 283, 282, 295, 285, 300, 293, 334, 296, 336)

JAW_DROP = 8.0  # of the chin, at jaw 1
LASH_HEIGHT = 1.7  # the lashes' dark band above the upper lid's edge moves with the edge, unstretched
_MOUTH_CENTRE, _MOUTH_HALF, _MOUTH_CORNER_ROW = 223.6, 21.6, 140.1  # in the portrait
_LOWEST_FIXED_ROW, _CHIN_ROW = 124.0, 179.0  # the jaw's drop grows from the one to the other


@dataclass(frozen=True, slots=True)
class Expression:
    """Named coefficients. Left and right are the picture's.

    Attributes:
        blink_left: 0 open, 1 closed.
        blink_right: 0 open, 1 closed.
        gaze_x: -1..1, positive to the right of the picture.
        gaze_y: -1..1, positive down.
        smile: 0 calm, 1 as in the portrait.
        jaw: 0..1 opening.
        brow: -0.5..1, raised brows.
        round: 0..1 rounded lips.
        press: 0..1 lips together in spite of the jaw.
        tongue: 0..1 tongue's tip at the upper teeth.
    """

    blink_left: float = 0.0
    blink_right: float = 0.0
    gaze_x: float = 0.0
    gaze_y: float = 0.0
    smile: float = 1.0
    jaw: float = 0.0
    brow: float = 0.0
    round: float = 0.0
    press: float = 0.0
    tongue: float = 0.0


EXPRESSION_NAMES: tuple[str, ...] = tuple(field.name for field in fields(Expression))


class FaceHandles:
    """The points that carry expression: FaceMesh's, the hand-drawn lip edges and jaw, and a still ring of hair."""

    def __init__(self, landmarks: FloatArray) -> None:
        """Takes the portrait's (478, 3) landmarks."""
        xy = np.asarray(landmarks[:468, :2], np.float32)
        kept = np.setdiff1d(np.arange(468), _LIP_INSIDE)
        self._parts: dict[str, slice] = {}
        lids = {name: xy[list(points)] for name, points in _LIDS.items()}
        self._lids = lids
        pieces = {
            "mesh": xy[kept],
            "upper_lip": UPPER_LIP_EDGE,
            "lower_lip": LOWER_LIP_EDGE[1:-1],
            "jaw": JAW,
            "left_lash": lids["left_upper"][1:-1] - (0, LASH_HEIGHT),
            "right_lash": lids["right_upper"][1:-1] - (0, LASH_HEIGHT),
            "hair": _still_ring(),
        }
        start = 0
        for name, points in pieces.items():
            self._parts[name] = slice(start, start + len(points))
            start += len(points)
        every = np.concatenate(list(pieces.values())).astype(np.float32)
        self.rest, self._unique = _distinct(every)
        self._every = every
        numbers = {int(number): place for place, number in enumerate(kept)}
        self._upper_outer = np.array([numbers[n] for n in UPPER_LIP_OUTER])
        self._lower_outer = np.array([numbers[n] for n in LOWER_LIP_OUTER])
        self._brows = np.array([numbers[n] for n in BROWS])
        self._lid_rows = {name: np.array([numbers[n] for n in points]) for name, points in _LIDS.items()}

    def displace(self, expression: Expression) -> FloatArray:
        """Displacement (N, 2) of the handles ``rest`` (N, 2) for an expression, in px of the portrait."""
        moved = self._skin(expression)
        self._shape_lips(moved, expression)
        for side, closed in (("left", expression.blink_left), ("right", expression.blink_right)):
            self._shape_lids(moved, side, closed, expression.gaze_y)
        return np.asarray(moved[self._unique], np.float32)

    def _skin(self, e: Expression) -> FloatArray:
        """What cheeks, chin and brows do; lips and lids are placed afterwards."""
        p = self._every
        moved = np.zeros_like(p)
        depth = np.clip((p[:, 1] - _LOWEST_FIXED_ROW) / (_CHIN_ROW - _LOWEST_FIXED_ROW), 0, 1.1)
        moved[:, 1] += e.jaw * JAW_DROP * depth**1.4
        moved[:, 0] -= e.jaw * 0.035 * (p[:, 0] - 223.0) * depth  # cheeks hollow a little
        calm = 1 - e.smile
        for corner, inwards in (((202.0, 139.4), 1.0), ((245.2, 140.8), -1.0)):
            reach = np.exp(-np.sum((p - corner) ** 2, axis=1) / (2 * 13.0**2))
            moved[:, 0] += reach * inwards * (2.2 * calm + 1.4 * e.round)
            moved[:, 1] += reach * 3.2 * calm
        lift = np.exp(-((p[:, 1] - 91.0) ** 2) / (2 * 8.0**2))
        moved[:, 1] -= e.brow * 3.2 * lift
        moved[self._brows, 1] -= e.brow * 0.9
        moved[self._parts["hair"]] = 0.0
        return moved

    def _shape_lips(self, moved: FloatArray, e: Expression) -> None:
        """Places the lips: parabolas between the corners, plus the portrait's own deviation from one, fading."""
        half = (_MOUTH_HALF - 3.1 * (1 - e.smile)) * (1 - 0.33 * e.round) * (1 - 0.12 * e.jaw)
        corner = _MOUTH_CORNER_ROW + 5.2 * (1 - e.smile) + 3.0 * e.jaw
        upper = 146.4 - 2.8 * e.smile - 1.5 * e.jaw - 0.6 * e.round
        lower = 146.6 + 2.9 * e.smile + 9.2 * e.jaw + 0.8 * e.round * (0.3 + e.jaw)
        press = min(1.0, e.press) ** 0.7
        meeting = upper + 0.45 * (lower - upper)
        upper += press * (meeting - upper)
        lower += press * (meeting - lower)
        roll_in = 0.5 * press  # pressed lips show less red
        own = float(np.clip(e.smile, 0, 1)) * (1 - press)  # closed lips share one line
        outer_upper = 140.4 + 0.55 * (upper - 143.6) + roll_in - 0.5 * e.round
        outer_lower = 156.2 + 0.92 * (lower - 149.5) - roll_in + 0.6 * e.round
        places = (
            (_rows(self._parts["upper_lip"]), upper, 143.6, own),
            (_rows(self._parts["lower_lip"]), lower, 149.5, own),
            (self._upper_outer, outer_upper, 140.4, 1.0),
            (self._lower_outer, outer_lower, 156.2, 1.0),
        )
        for rows, middle, middle_at_rest, share in places:
            p = self._every[rows]
            across = (p[:, 0] - _MOUTH_CENTRE) / _MOUTH_HALF
            bend = np.clip(across**2, 0, 1)
            deviation = p[:, 1] - (_MOUTH_CORNER_ROW * bend + middle_at_rest * (1 - bend))
            moved[rows, 0] = across * (half - _MOUTH_HALF)
            moved[rows, 1] = corner * bend + middle * (1 - bend) + share * deviation - p[:, 1]

    def _shape_lids(self, moved: FloatArray, side: str, closed: float, gaze_y: float) -> None:
        """Lowers the upper lid (blink, or gaze down) and lifts the lower one a little; the skin above follows."""
        upper, lower = self._lids[f"{side}_upper"], self._lids[f"{side}_lower"]
        opening = np.maximum(0, np.interp(upper[:, 0], lower[:, 0], lower[:, 1]) - upper[:, 1])
        drop = float(np.clip(closed + 0.30 * gaze_y * (1 - closed), -0.12, 1.0))
        sink = drop * 0.86 * opening
        rise = max(0.0, closed) * 0.14 * np.interp(lower[:, 0], upper[:, 0], opening)
        middle = upper[len(upper) // 2]
        p = self._every[self._parts["mesh"]]
        above = np.interp(p[:, 0], upper[:, 0], upper[:, 1]) - p[:, 1]
        reach = np.where((above > 0) & (np.abs(p[:, 0] - middle[0]) < 14), np.exp(-above / 3.0), 0.0)
        moved[self._parts["mesh"], 1] += reach * np.interp(p[:, 0], upper[:, 0], sink, 0.0, 0.0)
        moved[self._lid_rows[f"{side}_lower"], 1] = -rise
        moved[self._lid_rows[f"{side}_upper"], 1] = sink
        moved[self._parts[f"{side}_lash"], 1] = sink[1:-1] * 0.97


_LIDS: dict[str, tuple[int, ...]] = {
    "left_upper": LEFT_UPPER_LID, "left_lower": LEFT_LOWER_LID,
    "right_upper": RIGHT_UPPER_LID, "right_lower": RIGHT_LOWER_LID,
}  # fmt: skip


def _rows(part: slice) -> npt.NDArray[np.int64]:
    return np.arange(part.start, part.stop)


def _still_ring() -> FloatArray:
    """Points in the hair that expression never moves."""
    angle = np.linspace(np.pi * 1.02, np.pi * 1.98, 25)
    rings = [np.stack([227 + a * np.cos(angle), 118 + b * np.sin(angle)], 1) for a, b in ((56, 58), (74, 92))]
    ears = np.array([(172, 128), (165, 140), (276, 130), (286, 142)])
    return np.concatenate([*rings, ears]).astype(np.float32)


def _distinct(points: FloatArray) -> tuple[FloatArray, npt.NDArray[np.int64]]:
    """Drops points closer than 0.6 px to a later one: interpolation needs distinct sites, and later ones are finer."""
    distance = np.linalg.norm(points[:, None] - points[None], axis=2)
    later = np.triu(distance < 0.6, 1)
    keep = np.flatnonzero(~later.any(axis=1))
    return points[keep], keep
