"""Faces of frames in a row go together, and none waits for one that does not come."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from app.call.face_groups import FaceGroups
from codec.transform import MOST_FRAMES
from codec.types import FaceCode, Stakes


def face(number: int) -> FaceCode:
    return FaceCode(np.zeros(30, np.float32), np.full(6, number, np.float32), np.zeros(20, np.float32))


def numbers(groups: FaceGroups, seq: int, together: int, found: bool = True) -> list[tuple[int, list[int]]]:
    return [
        (group.first, [int(code.pose[0]) for code in group.codes])
        for group in groups.take(face(seq) if found else None, seq, together)
    ]


def test_one_by_one() -> None:
    groups = FaceGroups()
    assert [numbers(groups, seq, 1) for seq in (3, 4, 9)] == [[(3, [3])], [(4, [4])], [(9, [9])]]


def test_three_together_until_a_frame_is_missing_or_without_a_face() -> None:
    groups = FaceGroups()
    assert [numbers(groups, seq, 3) for seq in (0, 1, 2)] == [[], [], [(0, [0, 1, 2])]]
    assert [numbers(groups, seq, 3) for seq in (3, 5, 6)] == [[], [(3, [3])], []]
    assert numbers(groups, 7, 3, found=False) == [(5, [5, 6])]
    assert numbers(groups, 8, 3, found=False) == []


def test_fewer_together_sends_what_waited() -> None:
    groups = FaceGroups()
    assert numbers(groups, 0, 5) == []
    assert numbers(groups, 2, 1) == [(0, [0]), (2, [2])]


@given(st.lists(st.tuples(st.integers(1, 3), st.booleans(), st.integers(0, 9)), max_size=60))
def test_every_face_goes_once_and_in_order(steps: list[tuple[int, bool, int]]) -> None:
    groups, seq, put, got = FaceGroups(), 0, [], []
    for skip, found, together in steps:
        seq += skip
        if found:
            put.append(seq)
        for first, members in numbers(groups, seq, together, found):
            assert 1 <= len(members) <= MOST_FRAMES
            assert members == list(range(first, first + len(members)))
            got += members
    for _, members in numbers(groups, seq + 1, 1, found=False):
        got += members
    assert got == put


def test_what_is_at_stake_goes_along_where_it_is_known_of_all() -> None:
    stakes = [Stakes(np.eye(2, dtype=np.float16), np.full(2, n, np.float16), 1.0) for n in range(6)]
    groups = FaceGroups()
    found = [group for n in range(3) for group in groups.take(face(n), n, 3, stakes[n])]
    assert [group.stakes for group in found] == [tuple(stakes[:3])]
    for n in (3, 4, 5):
        found = groups.take(face(n), n, 3, None if n == 4 else stakes[n])
    assert [group.stakes for group in found] == [()]
    assert groups.take(face(6), 6, 1, stakes[0])[0].stakes == (stakes[0],)
