"""Caches against attention written out, for rows at different positions."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from makima.nn.kv_cache import Cache, KVCache, RingCache

DEVICE, DTYPE = torch.device("cpu"), torch.float64
WIDTH, WINDOW = 4, 5


def written_out(q: Tensor, k: Tensor, v: Tensor, window: int) -> Tensor:
    """Attention of one row, one query after another. Shapes: [N, T, D]"""
    groups = q.shape[0] // k.shape[0]
    out = torch.zeros_like(q)
    for head in range(q.shape[0]):
        for step in range(q.shape[1]):
            seen = slice(max(0, step - window + 1), step + 1)
            scores = k[head // groups, seen] @ q[head, step] / WIDTH**0.5
            out[head, step] = scores.softmax(0) @ v[head // groups, seen]
    return out


@pytest.mark.parametrize("window", [None, WINDOW])
def test_rows_out_of_step(window: int | None) -> None:
    torch.manual_seed(2)
    q, k, v = (torch.randn(2, heads, 12, WIDTH, dtype=DTYPE) for heads in (4, 2, 2))
    cache: Cache = (
        KVCache.empty(2, 1, 2, 20, WIDTH, DEVICE, DTYPE)
        if window is None
        else RingCache.empty(2, 1, 2, window, WIDTH, DEVICE, DTYPE)
    )
    at, heard = [0, 0], [torch.empty(4, 0, WIDTH, dtype=DTYPE)] * 2
    for steps, active in ((3, (1, 0)), (2, (0, 1)), (1, (1, 1)), (7, (1, 0)), (1, (1, 1)), (8, (0, 1))):
        mask = torch.tensor(active, dtype=torch.bool)
        parts = [
            torch.stack(
                [
                    x[row, :, at[row] : at[row] + steps]
                    if active[row]
                    else torch.randn(x.shape[1], steps, WIDTH, dtype=DTYPE)
                    for row in (0, 1)
                ]
            )
            for x in (q, k, v)
        ]
        plan = cache.plan(steps, mask)
        out = plan.attend(0, *parts)
        for row in (0, 1):
            if active[row]:
                heard[row] = torch.cat((heard[row], out[row]), dim=1)
                at[row] += steps
    assert at == [12, 12]
    for row in (0, 1):
        torch.testing.assert_close(heard[row], written_out(q[row], k[row], v[row], window or 99))


def test_a_step_looks_at_no_more_than_it_must() -> None:
    cache = KVCache.empty(1, 1, 1, 1000, WIDTH, DEVICE, DTYPE)
    active = torch.ones(1, dtype=torch.bool)
    assert cache.plan(3, active).visible.shape == (1, 3, 3)  # type: ignore[attr-defined]
    assert cache.plan(1, active).visible.shape == (1, 1, 4)  # type: ignore[attr-defined]


def test_a_nan_does_not_outlive_a_reset() -> None:
    cache = KVCache.empty(2, 1, 1, 8, WIDTH, DEVICE, DTYPE)
    active = torch.ones(2, dtype=torch.bool)
    bad = torch.full((2, 1, 3, WIDTH), torch.nan, dtype=DTYPE)
    cache.plan(3, active).attend(0, bad, bad, bad)
    cache.reset(active)
    good = torch.ones(2, 1, 1, WIDTH, dtype=DTYPE)
    torch.testing.assert_close(cache.plan(1, active).attend(0, good, good, good), good)
