"""Offers that somebody tampered with: refused with a reason or taken, and the peer goes on in either case."""

import random

import pytest

from app.net import signalling
from app.net.connection import Connection
from tests.app.net.conftest import End

OFFERS = 60


@pytest.fixture(scope="module")
def offer() -> str:
    end = End().start()
    sdp = end.peer.create_offer()
    end.peer.close()
    return sdp


def tamper(sdp: str, rng: random.Random) -> str:
    lines = sdp.splitlines()
    for _ in range(rng.randint(1, 6)):
        at = rng.randrange(len(lines))
        match rng.randrange(6):
            case 0:
                lines.pop(at)
            case 1:
                lines.insert(at, lines[rng.randrange(len(lines))])
            case 2:
                lines[at] = "".join(rng.choice("az09=: /\\\"'") for _ in range(rng.randint(0, 40)))
            case 3:
                lines[at] = lines[at].replace("0", "-99999999999999999999")
            case 4:
                lines[at] = lines[at][: rng.randint(0, len(lines[at]))]
            case _:
                rng.shuffle(lines)
    return "\r\n".join(lines) + "\r\n"


def test_tampered_offers_are_refused_or_taken(offer: str) -> None:
    rng = random.Random(11)
    end = End().start()
    refused = 0
    try:
        for _ in range(OFFERS):
            try:
                sdp = tamper(offer, rng)
                signalling.check_sdp(sdp)
                end.peer.create_answer(sdp)
            except ValueError as exc:
                refused += 1
                assert len(str(exc)) < 500  # noqa: PT017  # many of them, and each has its reason
            connection, end.peer._connection = end.peer._connection, None
            if isinstance(connection, Connection):
                end.peer.net.call(connection.close())
    finally:
        end.peer.close()
    assert 0 < refused < OFFERS
