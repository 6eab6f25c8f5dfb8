"""The safety string: the same at both ends, another one with somebody between, and the same in every version."""

import secrets

from app.net.safety import COUNT, PICTURES, commit, derive, matches

ONES, TWOS, THREES, FOURS = (bytes((value,)) * 32 for value in (1, 2, 3, 4))


def test_derivation_never_changes() -> None:
    golden = derive((ONES, TWOS), (THREES, FOURS))
    assert golden.indices == (10, 2, 54, 12, 16, 56)
    assert golden.names == "penguin, lion, rocket, fish, tree, ball"
    assert golden.emoji == "🐧 🦁 🚀 🐟 🌳 ⚽"
    assert commit(ONES).hex() == "d8c4dd589e6ad893f492614e53b1b5b14fbc6453627fb0bb53e3866368fe04ea"


def test_every_part_counts() -> None:
    strings = {
        derive((ONES, TWOS), (THREES, FOURS)),
        derive((TWOS, ONES), (THREES, FOURS)),
        derive((ONES, TWOS), (FOURS, THREES)),
        derive((THREES, FOURS), (ONES, TWOS)),
        derive((FOURS, TWOS), (THREES, FOURS)),
    }
    assert len(strings) == 5


def test_pictures_are_all_different_and_all_used() -> None:
    assert len({picture for picture, _ in PICTURES}) == len({name for _, name in PICTURES}) == 64
    seen = {index for _ in range(400) for index in derive((secrets.token_bytes(32), ONES), (ONES, ONES)).indices}
    assert seen == set(range(64))
    assert len(derive((ONES, ONES), (ONES, ONES)).indices) == COUNT


def test_commitment_holds_to_one_nonce() -> None:
    assert matches(commit(ONES), ONES)
    assert not matches(commit(ONES), TWOS)
    assert not matches(b"", ONES)
