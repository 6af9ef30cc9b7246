"""Rotary positions against complex numbers."""

from __future__ import annotations

import torch

from makima.nn.kv_cache import attend
from makima.nn.transformer import rotary, rotate


def test_rotation_is_a_complex_product() -> None:
    torch.manual_seed(1)
    x = torch.randn(2, 3, 5, 8, dtype=torch.float64)
    positions = torch.tensor([[0, 1, 2, 3, 4], [90, 91, 92, 93, 94]])
    turned = rotate(x, *rotary(positions, 8, 10000.0, torch.float64))
    angles = positions[:, None, :, None].float() / 10000.0 ** (torch.arange(4) / 4)
    wanted = torch.complex(x[..., :4], x[..., 4:]) * torch.exp(1j * angles.double())
    torch.testing.assert_close(turned, torch.cat((wanted.real, wanted.imag), -1), atol=1e-4, rtol=0)


def test_only_distance_matters() -> None:
    torch.manual_seed(1)
    q, k = torch.randn(2, 1, 1, 1, 16, dtype=torch.float64)

    def product(first: int, second: int) -> float:
        turns = [rotary(torch.tensor([[at]]), 16, 10000.0, torch.float64) for at in (first, second)]
        return float((rotate(q, *turns[0]) * rotate(k, *turns[1])).sum())

    assert abs(product(40, 33) - product(7, 0)) < 1e-5


def test_query_heads_share_key_heads() -> None:
    torch.manual_seed(1)
    q, k, v = (torch.randn(2, heads, 3, 8) for heads in (6, 2, 2))
    visible = torch.ones(2, 3, 3, dtype=torch.bool).tril()
    wide = attend(q, k.repeat_interleave(3, 1), v.repeat_interleave(3, 1), visible)
    torch.testing.assert_close(attend(q, k, v, visible), wide)
