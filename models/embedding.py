"""The fine-tuning embedding: 79 expression numbers over a short window to at most 30 (Li et al. 2024, section III-B).

Twenty-six of the thirty are the leading coefficients themselves (20 of the landmarks, 6 of the silhouette): the
receiver rebuilds its warp from them, so they must mean the same before and after. Four more are learned with the
field by attention over the current and the last frames; they carry what the leading ones leave out.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from codec.types import CODE_SIZE, EXPRESSION_SIZE, FaceParams
from models.field.warp import LANDMARK_DIMS, OUTLINE_DIMS
from models.tracking.arrays import Arrays, take

WINDOW = 5
"""Frames of attention, the current one last: 200 ms at 25 fps, the length of a fast mouth movement; causal."""

LEARNED = CODE_SIZE - LANDMARK_DIMS - OUTLINE_DIMS
WIDTH = 32
LEARNED_RANGE = 2.0
"""The learned numbers lie within +-2, so that their spread is like the leading ones'."""

LANDMARKS = EXPRESSION_SIZE - OUTLINE_DIMS
"""The expression's landmark coefficients come first, then the silhouette's."""

PREFIX = "embedding."


class ExpressionEmbedding(nn.Module):
    """Attention from the current frame's expression to a short causal window."""

    def __init__(self) -> None:
        super().__init__()
        self.token = nn.Linear(EXPRESSION_SIZE, WIDTH)
        self.place = nn.Parameter(0.02 * torch.randn(WINDOW, WIDTH))
        self.query = nn.Linear(WIDTH, WIDTH)
        self.key = nn.Linear(WIDTH, WIDTH)
        self.value = nn.Linear(WIDTH, WIDTH)
        self.out = nn.Sequential(nn.Linear(2 * WIDTH, WIDTH), nn.ReLU(), nn.Linear(WIDTH, LEARNED))

    def forward(self, window: Tensor) -> Tensor:
        """Embeds expressions.

        Args:
            window: float32 (B, WINDOW, 79), the current frame last.

        Returns:
            float32 (B, 4): the learned numbers.
        """
        token = torch.relu(self.token(window) + self.place)
        query = self.query(token[:, -1:])
        score = (query @ self.key(token).transpose(1, 2)) / WIDTH**0.5
        seen = (torch.softmax(score, 2) @ self.value(token))[:, 0]
        learned: Tensor = LEARNED_RANGE * torch.tanh(self.out(torch.cat([token[:, -1], seen], 1)))
        return learned

    def to_arrays(self) -> dict[str, NDArray[np.generic]]:
        """Arrays for an identity file."""
        return {
            PREFIX + name: value.detach().cpu().numpy().astype(np.float16) for name, value in self.state_dict().items()
        }

    @classmethod
    def from_arrays(cls, arrays: Arrays) -> ExpressionEmbedding:
        """Rebuilds the embedding from an identity file's arrays.

        Raises:
            ValueError: an array is missing, has another shape or is not finite.
        """
        embedding = cls()
        state = {
            name: torch.from_numpy(take(arrays, PREFIX + name, tuple(value.shape), np.float16).astype(np.float32))
            for name, value in embedding.state_dict().items()
        }
        embedding.load_state_dict(state)
        return embedding


def leading_numbers(expression: NDArray[np.float32]) -> NDArray[np.float32]:
    """The code's leading landmark and silhouette numbers, float32 (..., 26), of expressions (..., 79)."""
    return np.concatenate([expression[..., :LANDMARK_DIMS], expression[..., LANDMARKS:]], -1)


def windows(expressions: NDArray[np.float32], starts: list[int]) -> NDArray[np.int64]:
    """Frame numbers of each frame's window.

    Args:
        expressions: float32 (T, 79).
        starts: first frames of shots; a window never looks back over one.

    Returns:
        int64 (T, WINDOW), the current frame last; where the past is missing, the shot's first frame stands in.
    """
    first = np.zeros(len(expressions), np.int64)
    for start in starts:
        first[start:] = start
    back = np.arange(len(expressions))[:, None] - np.arange(WINDOW - 1, -1, -1)[None]
    return np.maximum(back, first[:, None])


class Embedder:
    """The embedding at the sender: keeps the window of the frames it has seen."""

    def __init__(self, embedding: ExpressionEmbedding) -> None:
        self._embedding = embedding.eval()
        self._past: list[NDArray[np.float32]] = []

    def reset(self) -> None:
        """Forgets the past, after a lost face or a jump."""
        self._past.clear()

    @torch.no_grad()
    def embed(self, params: FaceParams) -> NDArray[np.float32]:
        """Code of one frame: float32 (30,)."""
        self._past = [*self._past, params.expression][-WINDOW:]
        padded = [self._past[0]] * (WINDOW - len(self._past)) + self._past
        window = torch.from_numpy(np.stack(padded).astype(np.float32))[None]
        return np.concatenate([leading_numbers(params.expression), self._embedding(window)[0].numpy()])
