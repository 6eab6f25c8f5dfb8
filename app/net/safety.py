"""The safety string: six pictures that two people compare to know that nobody sits between them.

It is a hash of the SHA-256 fingerprints of both ends' DTLS certificates and of a random nonce of each end. The offering
end commits itself to its nonce (sends a hash of it) before it sees the other's, and reveals it afterwards, as in ZRTP
(RFC 6189 section 4.1.1) and Matrix. Without the nonces somebody between the two could try certificates until the short
strings on both sides agree, in a second for six pictures of 64; so every attempt is one guess in 2^36, and each wrong
one shows.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass

COUNT = 6
"""Pictures in a safety string, six bits each."""

_LABEL = b"visavis safety string 1\0"

PICTURES: tuple[tuple[str, str], ...] = (
    ("🐶", "dog"), ("🐱", "cat"), ("🦁", "lion"), ("🐎", "horse"), ("🦄", "unicorn"), ("🐷", "pig"),
    ("🐘", "elephant"), ("🐰", "rabbit"), ("🐼", "panda"), ("🐓", "rooster"), ("🐧", "penguin"), ("🐢", "turtle"),
    ("🐟", "fish"), ("🐙", "octopus"), ("🦋", "butterfly"), ("🌷", "flower"), ("🌳", "tree"), ("🌵", "cactus"),
    ("🍄", "mushroom"), ("🌏", "globe"), ("🌙", "moon"), ("☁️", "cloud"), ("🔥", "fire"), ("🍌", "banana"),
    ("🍎", "apple"), ("🍓", "strawberry"), ("🌽", "corn"), ("🍕", "pizza"), ("🎂", "cake"), ("❤️", "heart"),
    ("😀", "smiley"), ("🤖", "robot"), ("🎩", "hat"), ("👓", "glasses"), ("🔧", "spanner"), ("🎅", "santa"),
    ("👍", "thumbs up"), ("☂️", "umbrella"), ("⌛", "hourglass"), ("⏰", "clock"), ("🎁", "gift"),
    ("💡", "light bulb"), ("📕", "book"), ("✏️", "pencil"), ("📎", "paperclip"), ("✂️", "scissors"),
    ("🔒", "lock"), ("🔑", "key"), ("🔨", "hammer"), ("☎️", "telephone"), ("🏁", "flag"), ("🚂", "train"),
    ("🚲", "bicycle"), ("✈️", "aeroplane"), ("🚀", "rocket"), ("🏆", "trophy"), ("⚽", "ball"), ("🎸", "guitar"),
    ("🎺", "trumpet"), ("🔔", "bell"), ("⚓", "anchor"), ("🎧", "headphones"), ("📁", "folder"), ("📌", "pin"),
)  # fmt: skip
"""Matrix's list for the same purpose: 64 pictures that look different and have short names (Matrix specification,
"SAS method: emoji"). Order and number never change: both ends must show the same."""


@dataclass(frozen=True, slots=True)
class SafetyString:
    """What both people should see.

    Attributes:
        indices: six numbers of 0 to 63, into `PICTURES`.
    """

    indices: tuple[int, ...]

    @property
    def emoji(self) -> str:
        """The six pictures, with a space between."""
        return " ".join(PICTURES[index][0] for index in self.indices)

    @property
    def names(self) -> str:
        """Their names, to be read out or shown where there are no pictures."""
        return ", ".join(PICTURES[index][1] for index in self.indices)


def commit(nonce: bytes) -> bytes:
    """Give the commitment to a nonce of 32 bytes: 32 bytes."""
    return hashlib.sha256(_LABEL + nonce).digest()


def matches(commitment: bytes, nonce: bytes) -> bool:
    """Tell whether this is the nonce that was committed to."""
    return hmac.compare_digest(commitment, commit(nonce))


def derive(offering: tuple[bytes, bytes], answering: tuple[bytes, bytes]) -> SafetyString:
    """Derive the string.

    Args:
        offering: SHA-256 fingerprint and nonce of the end that made the offer, 32 bytes each.
        answering: the same of the other end.
    """
    digest = hashlib.sha256(_LABEL + b"".join(offering) + b"".join(answering)).digest()
    bits = int.from_bytes(digest[:8], "big") >> (64 - 6 * COUNT)
    return SafetyString(tuple(bits >> 6 * place & 63 for place in reversed(range(COUNT))))
