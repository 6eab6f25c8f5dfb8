"""Who the other end is, for as long as a call lasts: its certificate, and its part of the safety string. Pure."""

from __future__ import annotations

import secrets

from app.net import safety
from app.net.safety import SafetyString
from app.net.signalling import NONCE_BYTES


class Trust:
    """Holds the other end to what it said first. Whatever differs later is a ValueError that says so.

    Args:
        hosts: whether this end makes the offers, and so commits itself first.
        own_fingerprint: SHA-256 of this end's certificate, 32 bytes.
    """

    def __init__(self, hosts: bool, own_fingerprint: bytes) -> None:
        self.nonce = secrets.token_bytes(NONCE_BYTES)
        self._hosts = hosts
        self._own_fingerprint = own_fingerprint
        self._their_fingerprint: bytes | None = None
        self._their_commitment: bytes | None = None
        self._their_nonce: bytes | None = None

    @property
    def commitment(self) -> bytes:
        """What this end sends before its nonce."""
        return safety.commit(self.nonce)

    def offered(self, fingerprint: bytes, commitment: bytes) -> None:
        """Take what comes with an offer.

        Raises:
            ValueError: it is not what came with the first one.
        """
        self._pin(fingerprint)
        if self._their_commitment not in (None, commitment):
            raise ValueError("it changed its commitment to the safety string")
        self._their_commitment = commitment

    def answered(self, fingerprint: bytes, nonce: bytes) -> bool:
        """Take what comes with an answer; True for the first, when this end's nonce is to be revealed.

        Raises:
            ValueError: it is not what came with the first one.
        """
        self._pin(fingerprint)
        if self._their_nonce not in (None, nonce):
            raise ValueError("it changed its part of the safety string")
        first, self._their_nonce = self._their_nonce is None, nonce
        return first

    def revealed(self, nonce: bytes) -> None:
        """Take the nonce that the other end had committed itself to.

        Raises:
            ValueError: it had not.
        """
        if self._their_commitment is None or not safety.matches(self._their_commitment, nonce):
            raise ValueError("it does not keep to its part of the safety string")
        self._their_nonce = nonce

    def _pin(self, fingerprint: bytes) -> None:
        if self._their_fingerprint not in (None, fingerprint):
            raise ValueError("it came back with another certificate")
        self._their_fingerprint = fingerprint

    def safety_string(self) -> SafetyString | None:
        """Give the string, once all of it is known."""
        if self._their_fingerprint is None or self._their_nonce is None:
            return None
        own, theirs = (self._own_fingerprint, self.nonce), (self._their_fingerprint, self._their_nonce)
        return safety.derive(own, theirs) if self._hosts else safety.derive(theirs, own)
