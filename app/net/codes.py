"""What people type to meet: a code, and the URL of the meeting point."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from app.net import reactor, signalling

PUBLIC_URL = "ws://relay.magic-wormhole.io:4000/v1"
"""The mailbox server that magic-wormhole's authors run for everybody. What passes is sealed, with or without TLS."""

DEFAULT_PATH = "/v1"

CODE_WORDS = 2
"""Sixteen bits: a guess is right once in 65,536 times, and a wrong one ends the call for both."""


class PairingError(ValueError):
    """Two ends did not come together; the message is one line for people."""


def parse_url(text: str) -> str:
    """Check the URL of a meeting point; without a path it gets the usual one.

    Raises:
        ValueError: it is none.
    """
    try:
        parts = urlsplit(text)
        valid = parts.scheme in ("ws", "wss") and parts.hostname and parts.port != 0 and not parts.query
    except ValueError:
        valid = False
    if not valid:
        raise ValueError(f"'{text}' is no meeting point, write ws://HOST:4000 or wss://HOST")
    return parts._replace(path=parts.path if parts.path.strip("/") else DEFAULT_PATH, fragment="").geturl()


def tidy_code(text: str) -> str:
    """Put a code as it was typed into its one form: small letters, hyphens between.

    Raises:
        PairingError: it is no code.
    """
    code = "-".join(text.lower().replace("-", " ").split())
    if not re.fullmatch(r"\d{1,8}(-[a-z]{1,20}){1,8}", code):
        raise PairingError(f"'{signalling.one_line(text)}' is no code; one looks like 7-crossover-clockwork")
    return code


def load_words() -> tuple[tuple[str, ...], ...]:
    """Give the words that codes are made of, sorted: one list for each place. The first call takes up to a second."""

    def load() -> tuple[tuple[str, ...], ...]:
        from wormhole._wordlist import PGPWordList

        words, before = PGPWordList(), ""
        places = []
        for _ in range(CODE_WORDS):
            found = words.get_completions(before, CODE_WORDS)
            place = tuple(sorted(str(code).removeprefix(before).rstrip("-") for code in found))
            places.append(place)
            before += place[0] + "-"
        return tuple(places)

    return reactor.call(load)


def complete_code(typed: str, words: tuple[tuple[str, ...], ...]) -> tuple[str, ...]:
    """Give what the last word of a code may become: the whole code so far with each word that fits, sorted.

    Args:
        typed: a number, a hyphen, and the beginning of the words.
        words: see `load_words`.
    """
    number, hyphen, rest = typed.lower().partition("-")
    if not number.isdigit() or not hyphen or rest.count("-") >= len(words):
        return ()
    before, _, last = rest.rpartition("-")
    prefix = f"{number}-{before}-" if before else f"{number}-"
    return tuple(prefix + word for word in words[rest.count("-")] if word.startswith(last))
