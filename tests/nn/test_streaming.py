"""The contract that every streaming module keeps. In float64, so that what differs is wrong and not rounded."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from makima.models.qwen3.codec.blocks import Chain, ConvNeXt, ResidualUnit, SnakeBeta, UpsampleBlock
from makima.models.qwen3.codec.config import CodecDecoderConfig
from makima.models.qwen3.codec.decoder import CodecDecoder, PreTransformer
from makima.nn.conv import CausalConv1d, CausalConvTranspose1d
from makima.nn.streaming import State
from makima.nn.transformer import DecoderConfig, DecoderStack

STEPS = 23
CHUNKINGS = ([1] * STEPS, [STEPS], [5, 1, 7, 10], [2, 20, 1])
EXACT = 1e-9


@dataclass(frozen=True)
class Subject:
    """A streaming module as the contract sees it: axes of time, and how to make what it takes."""

    name: str
    build: Callable[[], nn.Module]
    make: Callable[[int, int], Tensor]
    axis: int = -1
    out_axis: int = -1
    capacity: int | None = None

    def __str__(self) -> str:
        return self.name

    def state(self, module: Any, slots: int) -> State:
        state: State = module.init_state(slots) if self.capacity is None else module.init_cache(slots, self.capacity)
        return state


def stack(window: int | None, layer_scale: bool) -> DecoderConfig:
    return DecoderConfig(16, 24, 2, 4, 2, 8, 10000.0, 1e-6, not layer_scale, layer_scale, window)


CODEC = CodecDecoderConfig(
    stack=stack(5, layer_scale=True),
    quantizers=4,
    semantic=1,
    codes=32,
    code_width=16,
    latent=12,
    channels=16,
    upsample=(2, 2),
    rates=(4, 3),
)


def channels(count: int) -> Callable[[int, int], Tensor]:
    return lambda slots, steps: torch.randn(slots, count, steps, dtype=torch.float64)


def widths(slots: int, steps: int) -> Tensor:
    return torch.randn(slots, steps, 16, dtype=torch.float64)


def codes(slots: int, steps: int) -> Tensor:
    return torch.randint(32, (slots, 4, steps))


SUBJECTS = [
    Subject("conv", lambda: CausalConv1d(4, 6, 3), channels(4)),
    Subject("conv of one step", lambda: CausalConv1d(4, 6, 1), channels(4)),
    Subject("dilated conv", lambda: CausalConv1d(4, 6, 7, dilation=9), channels(4)),
    Subject("depthwise conv", lambda: CausalConv1d(4, 4, 7, groups=4), channels(4)),
    Subject("large conv", lambda: CausalConv1d(512, 512, 5), channels(512)),
    Subject("transposed conv", lambda: CausalConvTranspose1d(4, 6, 10, 5), channels(4)),
    Subject("transposed conv without overlap", lambda: CausalConvTranspose1d(4, 6, 2, 2), channels(4)),
    Subject("large transposed conv", lambda: CausalConvTranspose1d(512, 512, 4, 2), channels(512)),
    Subject("large transposed conv without overlap", lambda: CausalConvTranspose1d(512, 512, 4, 4), channels(512)),
    Subject("snake", lambda: SnakeBeta(4), channels(4)),
    Subject("convnext", lambda: ConvNeXt(4), channels(4)),
    Subject("residual unit", lambda: ResidualUnit(4, 3), channels(4)),
    Subject("upsample block", lambda: UpsampleBlock(8, 3), channels(8)),
    Subject("chain", lambda: Chain([CausalConv1d(4, 4, 3), CausalConvTranspose1d(4, 4, 4, 2)]), channels(4)),
    Subject("decoder stack", lambda: DecoderStack(stack(None, layer_scale=False)), widths, 1, 1, capacity=2 * STEPS),
    Subject("pre-transformer", lambda: PreTransformer(stack(5, layer_scale=True), 16), widths, 1, 1),
    Subject("codec decoder", lambda: CodecDecoder(CODEC), codes),
]
pytestmark = pytest.mark.parametrize("subject", SUBJECTS, ids=str)


@pytest.fixture(autouse=True)
def _seed() -> None:
    torch.manual_seed(7)


def built(subject: Subject) -> Any:
    module = subject.build().double().requires_grad_(False)
    for parameter in module.parameters():
        parameter.normal_(std=parameter[0].numel() ** -0.5 if parameter.dim() > 1 else 0.5)
    return module


def chunks(x: Tensor, sizes: list[int], axis: int) -> Iterator[Tensor]:
    ends = [0]
    for size in sizes:
        ends.append(ends[-1] + size)
    for start, end in pairwise(ends):
        yield x.narrow(axis, start, end - start)


def run(subject: Subject, module: Any, state: State, x: Tensor, sizes: list[int]) -> Tensor:
    active = torch.ones(x.shape[0], dtype=torch.bool)
    outputs = [module(chunk, state, active) for chunk in chunks(x, sizes, subject.axis)]
    return torch.cat(outputs, dim=subject.out_axis)


def same(found: Tensor, wanted: Tensor) -> None:
    torch.testing.assert_close(found, wanted, rtol=EXACT, atol=EXACT)


def test_any_chunking_equals_the_whole(subject: Subject) -> None:
    module, x = built(subject), subject.make(2, STEPS)
    whole = run(subject, module, subject.state(module, 2), x, [STEPS])
    for sizes in CHUNKINGS:
        same(run(subject, module, subject.state(module, 2), x, sizes), whole)


def test_the_future_never_changes_the_past(subject: Subject) -> None:
    module, x, other = built(subject), subject.make(1, STEPS), subject.make(1, STEPS)
    told = torch.cat((x.narrow(subject.axis, 0, 11), other.narrow(subject.axis, 11, STEPS - 11)), dim=subject.axis)
    outputs = [run(subject, module, subject.state(module, 1), given, [STEPS]) for given in (x, told)]
    past = 11 * outputs[0].shape[subject.out_axis] // STEPS
    same(outputs[1].narrow(subject.out_axis, 0, past), outputs[0].narrow(subject.out_axis, 0, past))


def test_a_masked_row_is_untouched(subject: Subject) -> None:
    module, x = built(subject), subject.make(2, STEPS)
    whole = run(subject, module, subject.state(module, 2), x, [STEPS])
    state, heard = subject.state(module, 2), []
    for chunk in chunks(x, [5, 1, 7, 10], subject.axis):
        for turn in (0, 1):  # one row at a time, each while the other is masked and given nonsense
            active = torch.tensor([turn == 0, turn == 1])
            given = subject.make(2, chunk.shape[subject.axis])
            given[turn] = chunk[turn]
            heard.append(module(given, state, active)[turn])
    axis = subject.out_axis - 1 if subject.out_axis > 0 else subject.out_axis
    for turn in (0, 1):
        same(torch.cat(heard[turn::2], dim=axis), whole[turn])


def test_a_reset_row_is_fresh(subject: Subject) -> None:
    module, x = built(subject), subject.make(2, STEPS)
    whole = run(subject, module, subject.state(module, 2), x, [STEPS])
    state = subject.state(module, 2)
    head, tail = (x.narrow(subject.axis, *part) for part in ((0, 9), (9, STEPS - 9)))
    run(subject, module, state, head, [9])
    state.reset(torch.tensor([False, True]))
    mixed = tail.clone()
    mixed[1] = x[1].narrow(subject.axis if subject.axis < 0 else subject.axis - 1, 0, STEPS - 9)
    out = run(subject, module, state, mixed, [STEPS - 9])
    axis = subject.out_axis if subject.out_axis < 0 else subject.out_axis - 1
    made = out.shape[subject.out_axis]
    same(out[0], whole[0].narrow(axis, whole.shape[subject.out_axis] - made, made))
    same(out[1], whole[1].narrow(axis, 0, made))


def test_buffers_do_not_move(subject: Subject) -> None:
    module, x = built(subject), subject.make(2, STEPS)
    state = subject.state(module, 2)
    before = [tensor.data_ptr() for tensor in state.tensors()]
    run(subject, module, state, x, [3, 20])
    state.reset(torch.tensor([True, False]))
    assert [tensor.data_ptr() for tensor in state.tensors()] == before


def test_a_view_of_some_rows_shares_them(subject: Subject) -> None:
    module, x = built(subject), subject.make(3, STEPS)
    whole = run(subject, module, subject.state(module, 3), x, [STEPS])
    state = subject.state(module, 3)
    out = run(subject, module, state.narrow(1, 1), x[1:2], [9, 14])
    same(out[0], whole[1])
