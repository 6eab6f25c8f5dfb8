"""The embedding: what it passes through, what it may look at, and its way through an identity."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from codec.types import FaceParams
from models.embedding import LEARNED_RANGE, WINDOW, Embedder, ExpressionEmbedding, leading_numbers, windows


def params(expression: np.ndarray) -> FaceParams:
    zero = np.zeros(3, np.float32)
    return FaceParams(expression.astype(np.float32), np.eye(3, dtype=np.float32), zero, np.zeros(20, np.float32))


def test_the_sender_passes_the_leading_numbers_through() -> None:
    expression = np.random.default_rng(0).normal(size=79)
    code = Embedder(ExpressionEmbedding()).embed(params(expression))
    assert code.shape == (30,)
    assert np.array_equal(code[:20], expression[:20].astype(np.float32))
    assert np.array_equal(code[20:26], expression[73:].astype(np.float32))
    assert np.abs(code[26:]).max() <= LEARNED_RANGE


def test_attention_sees_the_past_and_every_coefficient() -> None:
    torch.manual_seed(0)
    window = torch.randn(1, WINDOW, 79, requires_grad=True)
    ExpressionEmbedding()(window).sum().backward()
    assert window.grad is not None
    assert (window.grad[0].abs().sum(1) > 0).all()
    assert (window.grad[0, -1].abs() > 0).float().mean() > 0.95


def test_windows_never_cross_a_cut() -> None:
    numbers = windows(np.zeros((10, 79), np.float32), [0, 6])
    assert numbers[3].tolist() == [0, 0, 1, 2, 3]
    assert numbers[5].tolist() == [1, 2, 3, 4, 5]
    assert numbers[6].tolist() == [6, 6, 6, 6, 6]
    assert numbers[9].tolist() == [6, 6, 7, 8, 9]


def test_the_sender_computes_what_training_did() -> None:
    torch.manual_seed(0)
    embedding = ExpressionEmbedding()
    expressions = np.random.default_rng(0).normal(size=(8, 79)).astype(np.float32)
    learned = embedding(torch.from_numpy(expressions[windows(expressions, [0])])).detach().numpy()
    together = np.concatenate([leading_numbers(expressions), learned], 1)
    embedder = Embedder(embedding)
    one_by_one = np.stack([embedder.embed(params(e)) for e in expressions])
    assert np.allclose(together, one_by_one, atol=1e-5)
    embedder.reset()
    assert np.allclose(embedder.embed(params(expressions[0])), together[0], atol=1e-5)


def test_an_embedding_survives_its_identity() -> None:
    embedding = ExpressionEmbedding()
    arrays = embedding.to_arrays()
    again = ExpressionEmbedding.from_arrays(arrays)
    window = torch.randn(2, WINDOW, 79)
    assert torch.allclose(embedding(window), again(window), atol=2e-2)
    del arrays["embedding.key.weight"]
    with pytest.raises(ValueError, match=r"embedding.key.weight"):
        ExpressionEmbedding.from_arrays(arrays)
