"""Choosing a token: drawn as the release draws it, or always the likeliest."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Sampling:
    """How tokens are chosen. A temperature of 0 takes the likeliest; `top_k` of 0 means no limit.

    Source: the defaults of `generate` in the released package
    """

    temperature: float = 0.8
    top_k: int = 1000
    top_p: float = 0.95
    repetition_penalty: float = 1.2

    @classmethod
    def greedy(cls) -> Self:
        """Always the likeliest token, with the same repetition penalty."""
        return cls(temperature=0.0)


def penalise(scores: NDArray[np.float32], said: Iterable[int], penalty: float) -> NDArray[np.float32]:
    """Make the tokens in `said` less likely. Shapes: scores [V] -> [V]

    Source: CTRL, arXiv 1909.05858
    """
    ids = list(set(said))
    penalised = scores.copy()
    penalised[ids] = np.where(scores[ids] < 0, scores[ids] * penalty, scores[ids] / penalty)
    return penalised


def choose(logits: NDArray[np.float32], said: Iterable[int], sampling: Sampling, random: np.random.Generator) -> int:
    """The next token, after those in `said`. Shapes: logits [V]

    The penalty comes last, on what temperature and limits have left, as it does in the release.
    """
    if sampling.temperature <= 0:
        return int(penalise(logits, said, sampling.repetition_penalty).argmax())
    # Stable, so that the same scores are always drawn from in the same order.
    order = np.argsort(-logits, kind="stable")[: sampling.top_k or None]
    share = _softmax(logits[order] / sampling.temperature)
    likelier = share.cumsum() - share
    kept = order[(likelier < sampling.top_p) | (np.arange(len(order)) == 0)]
    scores = np.full_like(logits, -np.inf)
    scores[kept] = logits[kept] / np.float32(sampling.temperature)
    share = _softmax(penalise(scores, said, sampling.repetition_penalty)[kept])
    place = int(np.searchsorted(share.cumsum(), random.random() * share.sum(), side="right"))
    return int(kept[min(place, len(kept) - 1)])


def _softmax(scores: NDArray[np.float32]) -> NDArray[np.float64]:
    raised = np.exp((scores - scores.max()).astype(np.float64))
    return np.asarray(raised / raised.sum(), np.float64)
