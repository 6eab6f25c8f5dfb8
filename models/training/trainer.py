"""One training step of an avatar and its embedding, before and after its density is baked."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numba
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from codec.types import FaceCode
from models.embedding import ExpressionEmbedding
from models.field.avatar import Avatar, quantise_density, restore_density
from models.field.freeform import Freeform
from models.field.head import gate_columns
from models.field.march import Rays, composite, sample_rays
from models.field.motion import PersonalMotion
from models.field.occupancy import Occupancy, carve, face_shell
from models.field.planes import add_planes, plane_centres
from models.field.sheets import FACE, TORSO
from models.field.space import CUT_Y
from models.field.tints import TINTS, Tints
from models.field.torso import flow_at, layered
from models.render.depth import dense_blocks, pack_density
from models.render.rays import march_rays
from models.training.dataset import PixelBatch, PixelSampler, TrainingSet
from models.training.losses import Rendered, training_loss

TABLE_RATE, FIELD_RATE, FRAME_RATE = 1e-2, 4e-3, 1.5e-3
"""Adam's rates for hash tables, field networks and per-frame networks (embedding and conditioner)."""

WARM_UP, HELD, LAST = 0.03, 0.20, 0.03
"""Rates rise over the first 3 % of training, hold to 20 %, then fall to 3 % of themselves."""

TABLE_EPSILON = 1e-6
"""Adam's for hash tables: with 1e-12 even the smallest gradient makes a whole step, so entries that few rays meet move
by chance. On unseen frames of a studio clip 1e-6 and 1e-5 are worth .0003 of SSIM."""

CODE_NOISE, WARP_NOISE = 0.3, 0.05
"""Noise on the code in training, as colours and as the warp see it: colours must bear codes they never saw; the warp is
exact once frames are aligned, and shaking it by 0.15 as well cost 0.1 dB on unseen faces."""

PLACE_NOISE = 0.3
"""Noise on pose and torso as colours see them, in standard deviations of the clip: by exact ones fields would come to
know single frames."""

PLATE_FROM, PLATE_RATES = 0.03, (0.3, 0.05)
"""When plates begin to follow what is seen beside the person, and how fast, at first and at the end. Estimated plates
are smooth guesses within some 8 px of the outline, and those pixels are seen whenever the head moves."""

OUTLINE_FROM, CLEAR = 0.3, 0.95
"""When the fields' own coverage is good enough to tell what of the unsure outline is background, and how clear of
head and torso a pixel must then be."""

MASK_WEIGHT = 30.0
"""Against `PHOTOMETRIC`: a pixel wrongly covered costs as much as a colour that is off by a sixth."""

REFRESH_STEPS = 16
CARVED_FRAMES = 40
CHANGED = ("rotation", "leading", "pose", "torso", "freeform", "plates")
"""What training improves of its data."""

NECK = 0.4
"""Canonical units before its cut that are the head's end at the neck."""

BATCH_MULTIPLE = 2048
"""Sample counts are padded to this multiple: oneDNN builds a kernel for every new shape."""


def rate_factor(fraction: float) -> float:
    """Learning-rate factor at a fraction of training in [0, 1]."""
    if fraction < WARM_UP:
        return max(fraction / WARM_UP, 0.01)
    if fraction < HELD:
        return 1.0
    return 1.0 - (1.0 - LAST) * (fraction - HELD) / (1.0 - HELD)


@dataclass(frozen=True, slots=True)
class HeadWeights:
    """What the codes of a batch of F frames make of the head's field.

    Attributes:
        rows: float32 (F, 5, 64), first-layer rows of the gates.
        second: float32 (F, 64), second-layer bias.
        planes: float32 (F, N, 8), the feature planes.
    """

    rows: Tensor
    second: Tensor
    planes: Tensor


class Trainer:
    """Holds what a training run changes, and steps it."""

    def __init__(
        self, data: TrainingSet, avatar: Avatar, embedding: ExpressionEmbedding, device: str, seed: int
    ) -> None:
        self.data, self.avatar, self.embedding = data, avatar, embedding
        self.device = torch.device(device)
        avatar.conditioner.set_units(data.pose, data.torso)
        avatar.motion = PersonalMotion.still(data.pose, data.leading)
        avatar.freeform, avatar.tints = Freeform.none(FACE.most), Tints.none(TINTS)
        avatar.folds = Freeform.none(TORSO.most, TORSO)
        avatar.to(self.device)
        embedding.to(self.device)
        self._sampler = PixelSampler(data, avatar.head.gate_centre.cpu().numpy(), seed)
        self._random = np.random.default_rng(seed)
        chosen = self._random.choice(len(data.rgb), min(CARVED_FRAMES, len(data.rgb)), replace=False)
        shell = face_shell(avatar.basis.mean)
        carved = carve(shell, data.trimap[chosen], data.rotation[chosen], data.translation[chosen])
        self.occupancy = Occupancy(carved, seed)
        self._centre = avatar.head.gate_centre.cpu().numpy()
        self._plane_centres = self._tensor(plane_centres(self._centre))
        self._steps = 0
        self._packed: tuple[NDArray[np.int32], NDArray[np.float32]] | None = None
        tables = [avatar.head.grid.table, avatar.torso.grid.table, *avatar.head.planes.tables]
        kept = {id(table) for table in tables}
        fields = [p for m in (avatar.head, avatar.torso) for p in m.parameters() if id(p) not in kept]
        frames = [*avatar.conditioner.parameters(), *embedding.parameters()]
        groups = [
            {"params": tables, "lr": TABLE_RATE, "eps": TABLE_EPSILON},
            {"params": fields, "lr": FIELD_RATE},
            {"params": frames, "lr": FRAME_RATE},
        ]
        self._optimiser = torch.optim.Adam(groups, betas=(0.9, 0.99), fused=True)
        self._base = [TABLE_RATE, FIELD_RATE, FRAME_RATE]

    @property
    def baked(self) -> bool:
        """Whether density is fixed."""
        return self.avatar.density is not None

    def bake(self) -> None:
        """Fixes density, as it will be stored; from now on a ray takes one colour sample."""
        self._fix(restore_density(quantise_density(self.occupancy.bake(self.avatar.head))))

    def _fix(self, density: NDArray[np.float32]) -> None:
        self.avatar.density = density
        self._packed = pack_density(density), dense_blocks(density)

    def state(self) -> dict[str, NDArray[Any]]:
        """Everything that steps change, copied; `restore` takes it."""
        data = self.data
        arrays: dict[str, NDArray[Any]] = {
            "steps": np.array(self._steps),
            **{f"data.{name}": getattr(data, name).copy() for name in CHANGED},
            **{f"occupancy.{name}": array.copy() for name, array in self.occupancy.state().items()},
        }
        for part, module in (("avatar", self.avatar), ("embedding", self.embedding)):
            arrays |= {f"{part}.{name}": value.cpu().numpy().copy() for name, value in module.state_dict().items()}
        for index, moments in self._optimiser.state_dict()["state"].items():
            arrays |= {f"adam.{index}.{name}": value.cpu().numpy().copy() for name, value in moments.items()}
        if self.avatar.density is not None:
            arrays["density"] = quantise_density(self.avatar.density)
        return arrays

    def restore(self, arrays: Mapping[str, NDArray[Any]]) -> None:
        """Goes on from where another run of the same data was.

        Raises:
            ValueError, KeyError, RuntimeError: the state does not fit.
        """
        for part, module in (("avatar", self.avatar), ("embedding", self.embedding)):
            names = module.state_dict()
            module.load_state_dict({name: torch.from_numpy(arrays[f"{part}.{name}"]) for name in names})
        self._restore_adam(arrays)
        for name in CHANGED:
            getattr(self.data, name)[...] = arrays[f"data.{name}"]
        self.occupancy.restore({name: arrays[f"occupancy.{name}"] for name in self.occupancy.state()})
        if "density" in arrays:
            self._fix(restore_density(arrays["density"]))
        self._steps = int(arrays["steps"])
        self._random = np.random.default_rng(self._steps)
        self._sampler.reseed(self._steps)

    def _restore_adam(self, arrays: Mapping[str, NDArray[Any]]) -> None:
        state: dict[int, dict[str, Tensor]] = {}
        for key in arrays:
            if key.startswith("adam."):
                _, index, name = key.split(".")
                # Adam keeps and changes the very arrays that it is given.
                state.setdefault(int(index), {})[name] = torch.from_numpy(arrays[key].copy())
        self._optimiser.load_state_dict({**self._optimiser.state_dict(), "state": state})

    def step(self, fraction: float) -> float:
        """One step of Adam.

        Args:
            fraction: how much of the training is over, in [0, 1].

        Returns:
            mean squared error of the batch's colours.
        """
        for group, base in zip(self._optimiser.param_groups, self._base, strict=True):
            group["lr"] = base * rate_factor(fraction)
        batch = self._sampler.draw()
        rgb, weight, mask, sure = (self._tensor(v) for v in (batch.rgb, batch.weight, batch.mask, batch.sure))
        rendered = self._render(batch)
        loss = training_loss(rendered, rgb, weight, mask, sure, MASK_WEIGHT)
        self._optimiser.zero_grad(set_to_none=True)
        loss.backward()
        self._optimiser.step()
        self._steps += 1
        self._follow_plates(batch, rendered, fraction)
        if not self.baked and self._steps % REFRESH_STEPS == 0:
            self.occupancy.refresh(self.avatar.head)
        return float(((rendered.rgb.detach() - rgb) ** 2).mean())

    def _follow_plates(self, batch: PixelBatch, rendered: Rendered, fraction: float) -> None:
        """Moves the plates' pixels against the gradient of their own squared error."""
        if fraction < PLATE_FROM:
            return
        first, last = PLATE_RATES
        through = rendered.through.detach().cpu().numpy()
        error = batch.rgb - rendered.rgb.detach().cpu().numpy()
        seen = (batch.sure > 0.0) & (batch.mask == 0.0)
        if fraction > OUTLINE_FROM:
            seen |= (batch.sure == 0.0) & (through > CLEAR)
        step = (first + (last - first) * fraction) * through[seen, None] * error[seen]
        shot = self.data.shot[batch.frames[batch.frame[seen]]]
        column, row = batch.pixels[seen].astype(np.int64).T
        self.data.plates[shot, row, column] += step

    @torch.no_grad()
    def codes(self) -> NDArray[np.float32]:
        """The embedding of every frame, without noise: float32 (T, 30)."""
        parts = []
        for start in range(0, len(self.data.window), 1024):
            window = self.data.expression[self.data.window[start : start + 1024]]
            parts.append(self.embedding(self._tensor(window)).cpu().numpy())
        return np.concatenate([self.data.leading, np.concatenate(parts)], 1)

    def plate(self, shot: int) -> NDArray[np.uint8]:
        """A shot's background as learned so far: uint8 (256, 256, 3)."""
        return np.clip(np.rint(self.data.plates[shot] * 255.0), 0, 255).astype(np.uint8)

    def face_codes(self) -> list[FaceCode]:
        """Every frame's code as the sender would give it before quantisation."""
        data = self.data
        numbers = zip(self.codes(), data.pose.copy(), data.torso.copy(), data.freeform.copy(), strict=True)
        return [FaceCode(*parts) for parts in numbers]

    def _moved_as(self, t: int, z: NDArray[np.float32]) -> FaceCode:
        """A frame's code with other numbers (30,)."""
        return FaceCode(z, self.data.pose[t], self.data.torso[t], self.data.freeform[t])

    def _tensor(self, array: NDArray[np.generic]) -> Tensor:
        return torch.from_numpy(np.ascontiguousarray(array)).to(self.device)

    def _render(self, batch: PixelBatch) -> Rendered:
        frames = batch.frames
        learned = self.embedding(self._tensor(self.data.expression[self.data.window[frames]]))
        z = torch.cat([self._tensor(self.data.leading[frames]), learned], 1)
        moved = (z + WARP_NOISE * torch.randn_like(z)).detach().cpu().numpy()
        z = z + CODE_NOISE * torch.randn_like(z)
        place = self._tensor(self.data.pose[frames]), self._tensor(self.data.torso[frames])
        place = self.avatar.conditioner.shaken(*place, PLACE_NOISE)
        rows, second, bias, blend = self.avatar.conditioner(z, *place)
        codes = [self._moved_as(t, numbers) for t, numbers in zip(frames, moved, strict=True)]
        tints = self._tensor(np.stack([self.avatar.tint(code) for code in codes]))
        head_weights = HeadWeights(rows, second, self.avatar.head.planes.blend(blend + tints))
        warp, moved_torso = self._bend(codes)
        rays = Rays(batch.pixels, batch.frame, self.data.rotation[frames], self.data.translation[frames], warp)
        shade = self._deferred if self.baked else self._volume
        head, cover, neck = shade(rays, head_weights)
        pixels, frame = self._tensor(batch.pixels), self._tensor(batch.frame.astype(np.int64))
        flow = self._tensor(moved_torso)
        select = nn.functional.one_hot(frame, len(frames)).float()
        layers = self.avatar.torso(pixels + flow_at(pixels, flow, frame), select, bias)
        under, behind, front = layers
        rgb = layered(head, cover, layers, self._tensor(batch.plate))
        return Rendered(rgb, cover, behind, front, under, neck)

    def _bend(self, codes: list[FaceCode]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Warps and torso flows of some frames, on all threads: 0.8 ms each, nearly all without Python's lock."""
        with ThreadPoolExecutor(numba.get_num_threads()) as threads:
            warps, flows = threads.map(self.avatar.warp, codes), threads.map(self.avatar.flow, codes)
            return np.stack(list(warps)), np.stack(list(flows))

    def _volume(self, rays: Rays, weights: HeadWeights) -> tuple[Tensor, Tensor, Tensor]:
        """Light and coverage of the head along rays, and its share at the neck: not known yet."""
        jitter = self._random.random(len(rays.pixels), np.float32)
        samples = sample_rays(rays, self.occupancy.grid, jitter)
        count = len(samples.points)
        padded = -(-max(count, 1) // BATCH_MULTIPLE) * BATCH_MULTIPLE
        points = np.zeros((padded, 3), np.float32)
        points[:count] = samples.points
        frame = np.zeros(padded, np.int64)
        frame[:count] = rays.frame[samples.ray]
        sigma, colour = self._shade(points, frame, weights)
        ray, start = self._tensor(samples.ray), self._tensor(samples.start)
        light, cover = composite(sigma[:count], colour[:count], ray, start, len(rays.pixels))
        return light, cover, torch.zeros_like(cover)

    def _deferred(self, rays: Rays, weights: HeadWeights) -> tuple[Tensor, Tensor, Tensor]:
        """`_volume` from the baked density."""
        assert self._packed is not None
        coverage, points = march_rays(rays, *self._packed)
        _, colour = self._shade(points, rays.frame.astype(np.int64), weights)
        cover = self._tensor(coverage)
        neck = self._tensor(coverage * (points[:, 1] > CUT_Y - NECK))
        return cover[:, None] * colour, cover, neck

    def _shade(
        self, points: NDArray[np.float32], frame: NDArray[np.int64], weights: HeadWeights
    ) -> tuple[Tensor, Tensor]:
        head, place, of = self.avatar.head, self._tensor(points), self._tensor(frame)
        frames = len(weights.rows)
        features = head.encode(place)
        density = head.density(features)
        features = add_planes(features, place, of, weights.planes, self._plane_centres)
        columns = self._tensor(gate_columns(points, frame, frames, self._centre))
        select = nn.functional.one_hot(of, frames)
        return density, head.colour(features, columns, select, weights.rows, weights.second)
