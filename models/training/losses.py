"""What training minimises: the paper's photometric L2, weighed by structure, and four weak priors on coverage."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

PHOTOMETRIC = 1000.0
TORSO_COVER = 0.2
"""Pulls coverage out of the torso wherever the head explains the picture as well."""

FRONT_COVER = 1.0
"""Keeps the torso behind the head but where that costs the picture: a collar before a neck of another colour costs
many times as much, while veils of a few per cent over hair and face, which unseen frames show elsewhere, gain less."""

NECK_COVER, NECK_COLOUR = 20.0, 300.0
"""Where the head ends at the neck, the torso is to go on under it and to look alike: when a chin rises as it never did
before, what lies there comes to light. Without this a bright crack opened at unseen frames' necks."""

HEAD_BINARY = 0.5
"""Pulls the head's coverage to 0 or 1."""


@dataclass(frozen=True, slots=True)
class Rendered:
    """A batch of rendered rays.

    Attributes:
        rgb: float32 (n, 3), all layers and the background.
        head: float32 (n,), coverage of the head.
        torso: float32 (n,), coverage of the torso behind it.
        front: float32 (n,), coverage of the torso in front of it.
        under: float32 (n, 3), the torso's colour.
        neck: float32 (n,), share of the head's end at the neck in the pixel; carries no gradient.
    """

    rgb: Tensor
    head: Tensor
    torso: Tensor
    front: Tensor
    under: Tensor
    neck: Tensor

    @property
    def through(self) -> Tensor:
        """How much of the background shows, float32 (n,)."""
        return (1.0 - self.front) * (1.0 - self.head) * (1.0 - self.torso)


def training_loss(
    rendered: Rendered, rgb: Tensor, weight: Tensor, mask: Tensor, sure: Tensor, mask_weight: float
) -> Tensor:
    """The loss of one batch.

    Args:
        rendered: what the fields gave.
        rgb: float32 (n, 3), what the camera saw.
        weight: float32 (n,), what a pixel's squared error counts.
        mask: float32 (n,), 1 on the person, 0 beside it.
        sure: float32 (n,), 1 where the mask counts, else 0.
        mask_weight: of the mask.

    Returns:
        a scalar.
    """
    photometric = (weight[:, None] * (rendered.rgb - rgb) ** 2).mean()
    masked = (sure * (1.0 - rendered.through - mask) ** 2).mean()
    torso = 1.0 - ((1.0 - rendered.front) * (1.0 - rendered.torso)).mean()
    binary = (rendered.head * (1.0 - rendered.head)).mean()
    open_neck = (rendered.neck * (1.0 - rendered.torso) ** 2).mean()
    other_neck = (rendered.neck[:, None] * (rendered.under - rgb) ** 2).mean()
    priors = TORSO_COVER * torso + FRONT_COVER * rendered.front.mean() + HEAD_BINARY * binary
    priors = priors + NECK_COVER * open_neck + NECK_COLOUR * other_neck
    return PHOTOMETRIC * photometric + mask_weight * masked + priors
