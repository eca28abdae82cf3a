"""Word vectors trained on sentences: skip-gram with negative sampling (Mikolov et al. 2013)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import torch
from torch.nn import functional

SMOOTHING = 0.75
"""Exponent of a word's count in the probability to draw it as a negative (section 2.2)."""


def train_skip_gram(
    sentences: Sequence[Sequence[str]],
    *,
    width: int,
    window: int,
    negatives: int,
    epochs: int,
    batch_size: int,
    learning_rate: float,
    seed: int,
) -> tuple[list[str], torch.Tensor]:
    """Train vectors that distinguish a word's neighbours from random words.

    Args:
        window: words on each side that count as neighbours.
        negatives: words drawn for each neighbour.

    Returns:
        the words, sorted, and their vectors float32 [V, C]. A word without neighbours keeps its
        initial vector.
    """
    counts = Counter(word for words in sentences for word in words)
    words = sorted(counts)
    numbers = {word: number for number, word in enumerate(words)}
    generator = torch.Generator().manual_seed(seed)
    vectors = (torch.rand(len(words), width, generator=generator) - 0.5) / width
    others = torch.zeros(len(words), width)
    pairs = torch.tensor(
        [pair for each in sentences for pair in _pairs([numbers[word] for word in each], window)],
        dtype=torch.long,
    ).view(-1, 2)
    shares = torch.tensor([float(counts[word]) for word in words]) ** SMOOTHING
    tables = [vectors.requires_grad_(), others.requires_grad_()]
    optimizer = torch.optim.Adam(tables, lr=learning_rate)
    for _ in range(epochs):
        for batch in torch.randperm(len(pairs), generator=generator).split(batch_size):
            drawn = torch.multinomial(
                shares, len(batch) * negatives, replacement=True, generator=generator
            ).view(len(batch), negatives)
            optimizer.zero_grad()
            skip_gram_loss(vectors, others, pairs[batch], drawn).backward()
            optimizer.step()
    return words, vectors.detach()


def skip_gram_loss(
    vectors: torch.Tensor, others: torch.Tensor, pairs: torch.Tensor, drawn: torch.Tensor
) -> torch.Tensor:
    """Average the loss of a neighbour and its negatives over pairs (equation 4).

    Args:
        vectors: vectors of words, [V, C].
        others: vectors of words as neighbours, [V, C].
        pairs: word and neighbour, [P, 2].
        drawn: negatives of each pair, [P, K].
    """
    centre = vectors[pairs[:, 0]]
    near = (centre * others[pairs[:, 1]]).sum(1)
    far = torch.einsum("pc,pkc->pk", centre, others[drawn])
    return -(functional.logsigmoid(near) + functional.logsigmoid(-far).sum(1)).mean()


def _pairs(sentence: Sequence[int], window: int) -> list[tuple[int, int]]:
    """List (word, neighbour) for all pairs of words at most `window` apart.

    >>> _pairs([5, 6, 7], 1)
    [(5, 6), (6, 5), (6, 7), (7, 6)]
    """
    return [
        (sentence[place], sentence[near])
        for place in range(len(sentence))
        for near in range(max(0, place - window), min(len(sentence), place + window + 1))
        if near != place
    ]
