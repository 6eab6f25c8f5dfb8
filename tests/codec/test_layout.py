from __future__ import annotations

import numpy as np
import pytest

from codec.layout import Layout
from codec.types import FaceCode


def test_pack_and_unpack_are_inverse() -> None:
    layout = Layout(22, 6, 20, 9)
    vector = np.arange(layout.size, dtype=np.float32)
    code = layout.unpack(vector)
    assert [len(part) for part in (code.z, code.pose, code.torso, code.freeform)] == [22, 6, 20, 9]
    assert np.array_equal(layout.pack(code), vector)


def test_groups_cover_the_vector_in_order() -> None:
    layout = Layout(7, 6, 0, 3)
    assert [(part.start, part.stop) for part in layout.groups.values()] == [(0, 7), (7, 13), (13, 13), (13, 16)]


@pytest.mark.parametrize(
    "sizes", [(0, 6, 20), (31, 6, 20), (30, 5, 20), (30, 6, 65), (30, 6, -1), (30, 6, 20, 193), (30, 6, 20, -1)]
)
def test_impossible_layouts_are_refused(sizes: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="no layout"):
        Layout(*sizes)


def test_a_code_that_does_not_fit_is_refused() -> None:
    layout = Layout()
    good = layout.unpack(np.zeros(layout.size, np.float32))
    with pytest.raises(ValueError, match="does not fit"):
        layout.pack(FaceCode(good.z[:-1], good.pose, good.torso))
    with pytest.raises(ValueError, match="finite"):
        layout.pack(FaceCode(good.z + np.float32(np.nan), good.pose, good.torso))
    with pytest.raises(ValueError, match="expected 56"):
        layout.unpack(np.zeros(3, np.float32))
