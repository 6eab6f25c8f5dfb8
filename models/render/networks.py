"""Which of the networks' layers this processor runs; every choice takes and gives the same."""

from __future__ import annotations

from models.field.conditioning import GATES
from models.render import half_layers, layers
from models.render.layers import ENCODED
from models.render.vector import DOTS

_CHOSEN = half_layers if DOTS else layers

run_network, network_scratch, prepare_weight = _CHOSEN.run_network, _CHOSEN.network_scratch, _CHOSEN.prepare_weight

INPUTS = ENCODED + GATES + GATES % 2
"""Rows of a chunk's input: the head's, and one more that stays zero, for layers that take two at a time."""
