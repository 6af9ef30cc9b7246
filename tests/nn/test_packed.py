"""Linear maps laid out for a CPU's libraries, against the plain ones."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from makima.nn import packed
from makima.nn.conv import CausalConv1d, CausalConvTranspose1d
from makima.nn.packed import Int8Linear, PackedLinear, int8_possible
from makima.nn.transformer import Linear, replace_linears


def linear(inputs: int, outputs: int, *, bias: bool = False) -> Linear:
    made = Linear(inputs, outputs, bias=bias)
    torch.manual_seed(5)
    for parameter in made.parameters():
        parameter.normal_()
    return made


@pytest.mark.parametrize("bias", [False, True])
@pytest.mark.parametrize("packs", [False, True], ids=["plain", "oneDNN"])
def test_packed_is_the_same_map(*, bias: bool, packs: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    if packs and not torch.backends.mkldnn.is_available():  # type: ignore[no-untyped-call]
        pytest.skip("PyTorch was built without oneDNN")
    monkeypatch.setattr(torch.backends.mkldnn, "is_available", lambda: packs)
    plain = linear(48, 80, bias=bias)
    for shape in ((1, 1, 48), (2, 5, 48)):
        x = torch.randn(shape)
        torch.testing.assert_close(PackedLinear.of(plain)(x), plain(x))
        torch.testing.assert_close(PackedLinear.of(plain)(x.transpose(0, 1)), plain(x.transpose(0, 1)))


needs_int8 = pytest.mark.skipif(not int8_possible(), reason="PyTorch was built without products of 8 bits")


@needs_int8
@pytest.mark.parametrize("seven_bits", [False, True])
def test_eight_bits_err_by_their_rounding(*, seven_bits: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    if not seven_bits and packed.sums_saturate():
        pytest.skip("this processor's sums of products of 8 bits saturate")
    monkeypatch.setattr(packed, "sums_saturate", lambda: seven_bits)
    plain = linear(64, 96)
    x = torch.randn(1, 1, 64)
    wanted, found = plain(x), Int8Linear.of(plain)(x)
    error = (found - wanted).square().mean().sqrt() / wanted.square().mean().sqrt()
    assert 0 < error < (0.03 if seven_bits else 0.02)


@needs_int8
@pytest.mark.parametrize("rows", [1, 3])
@pytest.mark.parametrize("sign", [1, -1])
def test_the_largest_sums_do_not_saturate(rows: int, sign: int) -> None:
    for width in (8, 64, 1024):
        found = Int8Linear(torch.full((width, width), float(sign)))(torch.ones(rows, width))
        torch.testing.assert_close(found, torch.full((rows, width), float(sign * width)), rtol=0.01, atol=0)


@needs_int8
def test_a_loud_row_does_not_drown_the_others() -> None:
    rounded = Int8Linear.of(linear(64, 96))
    rows = torch.randn(1, 3, 64)
    rows[0, 1] *= 1e4
    rows[0, 2] = 0
    found = rounded(rows)
    for index in range(3):
        # Alone a row is rounded from its least to its greatest value, in company from minus to plus the greater.
        alone = rounded(rows[:, index : index + 1])[0, 0]
        assert (found[0, index] - alone).norm() <= 0.03 * alone.norm()
    assert torch.equal(found[:, :2], rounded(rows[:, :2]))


@needs_int8
def test_a_map_to_zero_stays_one() -> None:
    plain = linear(16, 16)
    plain.weight[3] = 0
    found = Int8Linear.of(plain)(torch.randn(1, 16))
    assert found[0, 3] == 0
    assert found.isfinite().all()


def test_every_linear_below_is_replaced() -> None:
    tree = nn.ModuleDict({"one": linear(4, 4), "deeper": nn.Sequential(linear(4, 8), nn.SiLU())})
    replace_linears(tree, PackedLinear.of)
    assert [type(module).__name__ for module in tree.modules() if not list(module.children())] == [
        "PackedLinear",
        "PackedLinear",
        "SiLU",
    ]


@pytest.mark.parametrize(
    "module",
    [CausalConv1d(512, 2048, 4), CausalConvTranspose1d(512, 1024, 8, 4), CausalConvTranspose1d(1024, 1024, 4, 4)],
    ids=["convolution", "transposed", "transposed, one stride"],
)
def test_convolutions_of_large_weights_are_packed(module: CausalConv1d | CausalConvTranspose1d) -> None:
    torch.manual_seed(6)
    for parameter in module.requires_grad_(False).parameters():
        parameter.normal_(std=0.05)
    x, active = torch.randn(1, module.conv.in_channels, 6), torch.ones(1, dtype=torch.bool)
    wanted = module(x, module.init_state(1), active)
    module.pack()
    assert all(parameter.numel() < 1 << 20 for parameter in module.parameters())
    state = module.init_state(1)
    found = torch.cat([module(piece, state, active) for piece in torch.split(x, [1, 3, 2], dim=-1)], dim=-1)
    torch.testing.assert_close(found, wanted, rtol=1e-4, atol=1e-4)


def test_small_or_dilated_convolutions_are_left_alone() -> None:
    for module in (
        CausalConv1d(512, 512, 4),
        CausalConv1d(512, 2048, 4, dilation=3),
        CausalConvTranspose1d(8, 8, 4, 2),
    ):
        module.pack()
        assert module.conv.weight is not None
