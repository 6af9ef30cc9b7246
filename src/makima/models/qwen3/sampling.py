"""Choosing codes: greedy or drawn, with settings and noise of each slot's own.

Noise is a function of the slot's seed, its frame and the codebook, worked out on the device by integer hashing: what an
utterance sounds like depends neither on who shares the batch nor on the device.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Final, Self

import torch
from torch import Tensor

from makima.nn.streaming import State

SUPPRESSED_TAIL: Final = 1024
"""How many ids at the end of the talker's vocabulary are never sounds (all but EOS are ruled out). Source: the official
generation code."""
MIN_FRAMES: Final = 2
"""EOS is ruled out before this many frames. Source: the official generation code."""


@dataclass(frozen=True, slots=True)
class Sampling:
    """How codes are chosen: code 0 by the first five settings, the others by those named `predictor_`.

    `top_k` of 0 means no limit; `seed` of None draws one.
    """

    do_sample: bool = True
    top_k: int = 50
    top_p: float = 1.0
    temperature: float = 0.9
    repetition_penalty: float = 1.05
    predictor_do_sample: bool = True
    predictor_top_k: int = 50
    predictor_top_p: float = 1.0
    predictor_temperature: float = 0.9
    seed: int | None = None

    @classmethod
    def greedy(cls) -> Self:
        """Always the likeliest code, in both models, with the same repetition penalty."""
        return cls(do_sample=False, predictor_do_sample=False)


@dataclass
class Policy(State):
    """One sampler's settings for each slot. `depth`, known to the host, is the largest `top_k` in use; 0: all greedy.

    Shapes: all [B]
    """

    sample: Tensor
    top_k: Tensor
    top_p: Tensor
    temperature: Tensor
    depth: int = 0

    @classmethod
    def empty(cls, slots: int, device: torch.device) -> Policy:
        sample, top_k = (torch.zeros(slots, dtype=dtype, device=device) for dtype in (torch.bool, torch.int64))
        top_p, temperature = (torch.zeros(slots, device=device) for _ in range(2))
        return cls(sample, top_k, top_p, temperature)

    def set(self, slot: int, sample: bool, top_k: int, top_p: float, temperature: float, vocab: int) -> None:
        """Give one slot its settings. A temperature of 0 means greedy."""
        limit = min(top_k, vocab) if top_k > 0 else vocab
        sample = sample and temperature > 0
        self.sample[slot], self.top_k[slot] = sample, limit
        self.top_p[slot], self.temperature[slot] = top_p, temperature if sample else 1.0
        if sample:
            self.depth = max(self.depth, limit)


@dataclass
class SamplerState(State):
    """What choosing needs to know of each slot.

    Shapes: seed, frame [B] int64; penalty [B]; said [B, V] bool, the codes 0 that the utterance has had
    """

    talker: Policy
    predictor: Policy
    seed: Tensor
    frame: Tensor
    penalty: Tensor
    said: Tensor

    @classmethod
    def empty(cls, slots: int, vocab: int, device: torch.device) -> SamplerState:
        seed, frame = (torch.zeros(slots, dtype=torch.int64, device=device) for _ in range(2))
        talker, predictor = (Policy.empty(slots, device) for _ in range(2))
        said = torch.zeros(slots, vocab, dtype=torch.bool, device=device)
        return cls(talker, predictor, seed, frame, torch.ones(slots, device=device), said)

    def set(self, slot: int, sampling: Sampling, vocab: int, predictor_vocab: int) -> None:
        """Begin an utterance in a slot."""
        s = sampling
        self.talker.set(slot, s.do_sample, s.top_k, s.top_p, s.temperature, vocab)
        self.predictor.set(
            slot, s.predictor_do_sample, s.predictor_top_k, s.predictor_top_p, s.predictor_temperature, predictor_vocab
        )
        seed = secrets.randbits(62) if s.seed is None else s.seed
        self.seed[slot] = seed % 2**63
        self.frame[slot] = 0
        self.penalty[slot] = s.repetition_penalty
        self.said[slot] = False


def penalise(logits: Tensor, said: Tensor, penalty: Tensor) -> Tensor:
    """Make what was said before less likely. Shapes: logits, said [B, V], penalty [B] -> [B, V]

    Source: CTRL, arXiv 1909.05858
    """
    factor = penalty[:, None]
    return torch.where(said, torch.where(logits > 0, logits / factor, logits * factor), logits)


def choose(logits: Tensor, policy: Policy, noise: Tensor) -> Tensor:
    """Pick an id for each row by its policy.

    Shapes: logits [B, V] float32, noise [B] in [0, 1) -> [B] int64
    """
    best = logits.argmax(-1)
    if policy.depth == 0:
        return best
    scores, ids = logits.topk(min(policy.depth, logits.shape[-1]))
    rank = torch.arange(scores.shape[-1], device=scores.device)
    scores = (scores / policy.temperature[:, None]).masked_fill(rank >= policy.top_k[:, None], -torch.inf)
    share = scores.softmax(-1)
    likelier = share.cumsum(-1) - share
    top_p = policy.top_p[:, None]
    share = share.masked_fill((likelier >= top_p) & (top_p < 1) & (rank > 0), 0)
    reached = share.cumsum(-1)
    place = (reached <= noise[:, None] * reached[:, -1:]).sum(-1, keepdim=True)
    drawn = ids.gather(-1, place.clamp(max=ids.shape[-1] - 1))[:, 0]
    return torch.where(policy.sample, drawn, best)


@dataclass(frozen=True, slots=True)
class Draw:
    """Picks the codes of one frame, codebook by codebook: by a policy, with noise of each slot's seed and frame.

    Shapes: noise [B, K] in [0, 1), all of the frame's
    """

    policy: Policy
    noise: Tensor

    @classmethod
    def of(cls, policy: Policy, seed: Tensor, frame: Tensor, codebooks: int) -> Self:
        """With the noise of all codebooks worked out at once: a sixteenth of the operations of one after the other."""
        books = torch.arange(codebooks, device=seed.device)
        return cls(policy, noise_of(seed[:, None], frame[:, None], books))

    def __call__(self, logits: Tensor, codebook: int) -> Tensor:
        """Shapes: logits [B, V] float32 -> [B] int64"""
        return choose(logits, self.policy, self.noise[:, codebook])


def noise_of(seed: Tensor, frame: Tensor, codebook: int | Tensor) -> Tensor:
    """A number that looks random, always the same for the same three.

    Shapes: seed, frame [B] int64 -> [B] in [0, 1); a tensor of codebooks is broadcast with them
    """
    state = _mix(seed)
    state = _mix(state ^ (seed >> 32))
    state = _mix(state ^ frame)
    state = _mix(state ^ codebook)
    return (state >> 8).float() * 2.0**-24


def _mix(x: Tensor) -> Tensor:
    """Scramble 32 bits held in 64. Source: the `lowbias32` constants of github.com/skeeto/hash-prospector"""
    word = 0xFFFFFFFF
    x = (x + 0x9E3779B9) & word
    x = ((x ^ (x >> 16)) * 0x7FEB352D) & word
    x = ((x ^ (x >> 15)) * 0x846CA68B) & word
    return x ^ (x >> 16)
