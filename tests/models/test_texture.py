"""What stays on the person for a second becomes a texture, what does not stays away."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from codec.texture import Texture, decode_texture
from models.render.cpu import CpuRenderer
from models.texture import TextureWatcher
from tests.models.builders import made_up_code, made_up_identity

FRAME_NS = 40_000_000
SIDE = 128


class Person:
    """A person of another shirt and another light than their identity, whom a watcher looks at."""

    def __init__(self) -> None:
        self.renderer = CpuRenderer.load(made_up_identity(), 2)
        self.truth = CpuRenderer.load(made_up_identity(), 2)
        self.watcher = TextureWatcher()
        self.packets: list[tuple[int, bytes]] = []
        self._frame = 0

    def look_different(self, head: float, torso: float) -> None:
        texture = Texture.none()
        texture.head[:], texture.torso[:] = head, torso
        self.truth.set_texture(texture)

    def sit(self, seconds: float, veil: NDArray[np.float32] | None = None) -> None:
        for _ in range(round(seconds * 1e9 / FRAME_NS)):
            code = made_up_code(self._frame % 3)
            sight = self.renderer.look(code, 2)
            seen = self.truth.look(code, 2).rgb.astype(np.float32)
            left = (seen - sight.rgb) / np.float32(255)
            packet = self.watcher.update(sight.surface, left if veil is None else left + veil, self._frame * FRAME_NS)
            if packet is not None:
                self.packets.append((self._frame, packet))
                self.renderer.set_texture(self.watcher.texture)
            self._frame += 1

    def start_clock_again(self) -> None:
        self._frame = 0

    def error(self) -> float:
        """RMS grey levels between what is seen and what is rendered."""
        gaps = [
            self.truth.look(made_up_code(seed), 2).rgb.astype(float) - self.renderer.look(made_up_code(seed), 2).rgb
            for seed in range(3)
        ]
        return float(np.sqrt(np.mean(np.square(gaps))))


def test_somebody_who_looks_as_ever_costs_nothing() -> None:
    person = Person()
    person.sit(3.0)
    assert person.packets == []


def test_another_shirt_and_light_are_told_after_a_second_and_the_rest_later() -> None:
    person = Person()
    person.look_different(head=0.08, torso=-0.2)
    before = person.error()
    person.sit(6.0)
    assert 2 <= len(person.packets) <= 3
    assert person.packets[0][0] * FRAME_NS == pytest.approx(1e9, abs=1.5e8)
    assert max(len(packet) for _, packet in person.packets) < 600
    assert person.error() < before / 4
    np.testing.assert_array_equal(decode_texture(person.packets[-1][1]).torso, person.watcher.texture.torso)


def test_a_lamp_that_goes_on_and_off_is_followed_but_a_dim_one_waits() -> None:
    person = Person()
    person.sit(2.0)
    person.look_different(head=0.1, torso=0.1)
    person.sit(6.0)
    told = len(person.packets)
    assert 1 <= told <= 3
    person.look_different(head=0.105, torso=0.1)
    person.sit(3.0)
    assert len(person.packets) == told
    person.look_different(head=0.0, torso=0.0)
    person.sit(6.0)
    assert told < len(person.packets) <= told + 3
    assert person.error() < 4.0


def test_noise_and_what_does_not_stay_are_not_sent() -> None:
    person, random = Person(), np.random.default_rng(1)
    for _ in range(30):
        person.sit(0.1, random.normal(0, 0.08, (SIDE, SIDE, 3)).astype(np.float32))
    assert person.packets == []


def test_a_clock_that_starts_again_stops_nothing() -> None:
    person = Person()
    person.sit(3.0)
    person.start_clock_again()
    person.look_different(head=0.1, torso=0.1)
    person.sit(1.5)
    assert len(person.packets) == 1


def test_a_cut_starts_anew() -> None:
    person = Person()
    person.look_different(head=0.1, torso=0.1)
    person.sit(0.7)
    person.watcher.reset()
    person.sit(0.7)
    assert person.packets == []
    person.sit(0.5)
    assert len(person.packets) == 1
