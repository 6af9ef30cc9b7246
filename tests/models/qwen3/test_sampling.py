"""Choosing codes, against the rules written out for one row."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from makima.models.qwen3.sampling import Policy, SamplerState, Sampling, choose, noise_of, penalise


def policy(*rows: tuple[bool, int, float, float]) -> Policy:
    made = Policy.empty(len(rows), torch.device("cpu"))
    for slot, (sample, top_k, top_p, temperature) in enumerate(rows):
        made.set(slot, sample, top_k, top_p, temperature, vocab=40)
    return made


def shares(logits: Tensor, top_k: int, top_p: float, temperature: float, draws: int = 20000) -> Tensor:
    """How often each id is chosen as the noise runs evenly from 0 to 1."""
    settings = policy(*[(True, top_k, top_p, temperature)] * draws)
    ids = choose(logits.expand(draws, -1), settings, torch.arange(draws) / draws)
    return torch.bincount(ids, minlength=len(logits)) / draws


@pytest.fixture
def logits() -> Tensor:
    return torch.randn(40, generator=torch.Generator().manual_seed(1)) * 2


def test_shares_follow_the_softmax(logits: Tensor) -> None:
    torch.testing.assert_close(shares(logits, 0, 1.0, 0.9), (logits / 0.9).softmax(-1), atol=1e-4, rtol=0)


def test_top_k_keeps_the_likeliest(logits: Tensor) -> None:
    kept = logits.topk(5).indices
    wanted = torch.zeros(40)
    wanted[kept] = (logits[kept] / 0.7).softmax(-1)
    torch.testing.assert_close(shares(logits, 5, 1.0, 0.7), wanted, atol=1e-4, rtol=0)


def test_top_p_keeps_the_smallest_set_that_reaches_it(logits: Tensor) -> None:
    likely, ids = logits.softmax(-1).sort(descending=True)
    count = int((likely.cumsum(-1) < 0.6).sum()) + 1
    wanted = torch.zeros(40)
    wanted[ids[:count]] = likely[:count] / likely[:count].sum()
    torch.testing.assert_close(shares(logits, 0, 0.6, 1.0), wanted, atol=1e-4, rtol=0)


def test_the_likeliest_is_always_kept(logits: Tensor) -> None:
    assert shares(logits, 0, 0.0, 1.0)[logits.argmax()] == 1


def test_rows_keep_to_their_own_policy(logits: Tensor) -> None:
    noise = torch.full((3,), 0.97)
    mixed = choose(logits.expand(3, -1), policy((False, 50, 1.0, 0.9), (True, 2, 1.0, 1.0), (True, 0, 1.0, 1.0)), noise)
    alone = [
        choose(logits[None], policy(row), noise[:1])[0]
        for row in ((False, 50, 1.0, 0.9), (True, 2, 1.0, 1.0), (True, 0, 1.0, 1.0))
    ]
    assert mixed.tolist() == [int(code) for code in alone]
    assert int(mixed[0]) == int(logits.argmax())


def test_no_temperature_means_greedy(logits: Tensor) -> None:
    assert int(choose(logits[None], policy((True, 50, 1.0, 0.0)), torch.tensor([0.99]))[0]) == int(logits.argmax())


def test_penalty_makes_what_was_said_less_likely() -> None:
    said = torch.tensor([[True, True, False]])
    found = penalise(torch.tensor([[2.0, -2.0, 2.0]]), said, torch.tensor([1.25]))
    torch.testing.assert_close(found, torch.tensor([[1.6, -2.5, 2.0]]))


def test_noise_is_even_and_of_its_own_for_all_three() -> None:
    seeds, frames = torch.arange(64).repeat_interleave(64), torch.arange(64).repeat(64)
    drawn = torch.stack([noise_of(seeds, frames, codebook) for codebook in range(16)])
    assert len(set(drawn.flatten().tolist())) > 0.99 * drawn.numel()
    assert float(drawn.min()) >= 0
    assert float(drawn.max()) < 1
    torch.testing.assert_close(drawn.mean(), torch.tensor(0.5), atol=5e-3, rtol=0)
    histogram = torch.histc(drawn, 16, 0, 1) / drawn.numel()
    torch.testing.assert_close(histogram, torch.full((16,), 1 / 16), atol=3e-3, rtol=0)
    pairs = torch.corrcoef(drawn)
    assert float((pairs - torch.eye(16)).abs().max()) < 0.06
    assert torch.equal(noise_of(seeds, frames, 3), drawn[3])


def test_large_seeds_differ() -> None:
    seeds = torch.tensor([1, 1 + 2**32, 1 + 2**61])
    assert len(set(noise_of(seeds, torch.zeros(3, dtype=torch.int64), 0).tolist())) == 3


def test_a_seed_is_drawn_where_none_is_given() -> None:
    state = SamplerState.empty(2, 8, torch.device("cpu"))
    state.set(0, Sampling(), 8, 8)
    state.set(1, Sampling(), 8, 8)
    assert int(state.seed[0]) != int(state.seed[1])


def test_greedy_keeps_the_penalty() -> None:
    sampling = Sampling.greedy()
    assert not sampling.do_sample
    assert not sampling.predictor_do_sample
    assert sampling.repetition_penalty == Sampling().repetition_penalty == 1.05
