"""The geometry of the animated head: rotations, smooth interpolation of scattered points, and drawing a mesh."""

import numba
import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float32]


def rotation_matrix(yaw_rad: float, pitch_rad: float, roll_rad: float) -> FloatArray:
    """A head rotation for row vectors: ``turned = points @ R``; x right, y down, z away from the camera.

    Args:
        yaw_rad: positive turns the nose towards the right of the picture.
        pitch_rad: positive nods down.
        roll_rad: positive tilts clockwise, as seen in the picture.

    Returns:
        (3, 3), roll applied first, then pitch, then yaw.
    """
    cy, sy = np.cos(yaw_rad), np.sin(yaw_rad)
    cp, sp = np.cos(pitch_rad), np.sin(pitch_rad)
    cr, sr = np.cos(roll_rad), np.sin(roll_rad)
    yaw = np.array([[cy, 0, sy], [0, 1, 0], [-sy, 0, cy]])
    pitch = np.array([[1, 0, 0], [0, cp, sp], [0, -sp, cp]])
    roll = np.array([[cr, sr, 0], [-sr, cr, 0], [0, 0, 1]])
    return np.asarray(roll @ pitch @ yaw, np.float32)


def interpolation_operator(sites: FloatArray, queries: FloatArray, softness: float, slack: float = 0.0) -> FloatArray:
    """The matrix that carries values at scattered sites to other places, smoothly and exactly at the sites.

    Radial basis functions of Hardy's multiquadric kernel sqrt(r² + softness²) with a constant term: it follows tight
    detail without the overshoot of thin plates.

    Args:
        sites: (N, 2) distinct points.
        queries: (Q, 2) where values are wanted.
        softness: roundness of the field at the sites, in the points' unit.
        slack: 0 is exact at the sites; more evens out neighbours that disagree (ridge).

    Returns:
        (Q, N) matrix W with ``values_at_queries = W @ values_at_sites``.
    """
    count = len(sites)
    system = np.ones((count + 1, count + 1))
    system[count, count] = 0.0
    system[:count, :count] = _multiquadric(sites, sites, softness)
    system[np.arange(count), np.arange(count)] -= slack  # minus: the kernel is conditionally negative definite
    rows = np.ones((len(queries), count + 1))
    rows[:, :count] = _multiquadric(queries, sites, softness)
    solution = np.linalg.solve(system.T, rows.T).T
    return np.ascontiguousarray(solution[:, :count], np.float32)


def _multiquadric(a: FloatArray, b: FloatArray, softness: float) -> npt.NDArray[np.float64]:
    offset = a[:, None, :].astype(np.float64) - b[None, :, :].astype(np.float64)
    return np.asarray(np.sqrt(np.sum(offset**2, axis=2) + softness**2))


def grid_mesh(left: int, top: int, right: int, bottom: int) -> tuple[FloatArray, npt.NDArray[np.int32]]:
    """A regular mesh with one vertex per pixel: ((V, 2) vertices, (F, 3) triangles)."""
    xs, ys = np.arange(left, right + 1), np.arange(top, bottom + 1)
    vertices = np.stack(np.meshgrid(xs, ys), axis=-1).reshape(-1, 2).astype(np.float32)
    index = np.arange(len(vertices), dtype=np.int32).reshape(len(ys), len(xs))
    a, b, c, d = index[:-1, :-1], index[:-1, 1:], index[1:, :-1], index[1:, 1:]
    triangles = np.concatenate([np.stack([a, b, c], -1).reshape(-1, 3), np.stack([b, d, c], -1).reshape(-1, 3)])
    return vertices, triangles


@numba.njit(cache=True)
def draw_mesh(
    screen: FloatArray, source: FloatArray, triangles: npt.NDArray[np.int32], side: int
) -> tuple[FloatArray, FloatArray]:
    """Draws a mesh with a depth buffer and reports, for every pixel, which place of the source it shows.

    Args:
        screen: (V, 3) picture position in px, z away from the camera; pixel centres lie at half numbers.
        source: (V, 2) the place of each vertex in the source picture.
        triangles: (F, 3) vertex numbers.
        side: width and height of the picture in px.

    Returns:
        Two (side, side) maps, source x and source y; -1e4 where the mesh covers nothing.
    """
    map_x = np.full((side, side), -1e4, np.float32)
    map_y = np.full((side, side), -1e4, np.float32)
    depth = np.full((side, side), 1e9, np.float32)
    for face in range(triangles.shape[0]):
        i, j, k = triangles[face, 0], triangles[face, 1], triangles[face, 2]
        ax, ay, az = screen[i, 0], screen[i, 1], screen[i, 2]
        bx, by, bz = screen[j, 0], screen[j, 1], screen[j, 2]
        cx, cy, cz = screen[k, 0], screen[k, 1], screen[k, 2]
        area = (bx - ax) * (cy - ay) - (cx - ax) * (by - ay)
        if abs(area) < 1e-9:
            continue
        first_x = max(0, int(np.ceil(min(ax, bx, cx) - 0.5)))
        last_x = min(side - 1, int(np.floor(max(ax, bx, cx) - 0.5)))
        first_y = max(0, int(np.ceil(min(ay, by, cy) - 0.5)))
        last_y = min(side - 1, int(np.floor(max(ay, by, cy) - 0.5)))
        for row in range(first_y, last_y + 1):
            for column in range(first_x, last_x + 1):
                px, py = column + 0.5, row + 0.5
                v = ((px - ax) * (cy - ay) - (cx - ax) * (py - ay)) / area
                w = ((bx - ax) * (py - ay) - (px - ax) * (by - ay)) / area
                u = 1.0 - v - w
                if u < -1e-6 or v < -1e-6 or w < -1e-6:
                    continue
                z = u * az + v * bz + w * cz
                if z < depth[row, column]:
                    depth[row, column] = z
                    map_x[row, column] = u * source[i, 0] + v * source[j, 0] + w * source[k, 0]
                    map_y[row, column] = u * source[i, 1] + v * source[j, 1] + w * source[k, 1]
    return map_x, map_y
