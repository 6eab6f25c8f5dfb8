"""The sound of a call as samples: what cards, codec and clocks agree on."""

from __future__ import annotations

SAMPLE_RATE = 48_000
"""Samples a second, one channel: Opus's own rate (RFC 6716 section 2)."""

BLOCK_SAMPLES = 960
"""20 ms: what a sound card asks for and gives at once."""

BLOCK_NS = BLOCK_SAMPLES * 1_000_000_000 // SAMPLE_RATE
