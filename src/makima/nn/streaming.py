"""The contract of every streaming module: weights in the module, history in an explicit state.

A module answers three verbs: `init_state(slots)`, `forward(x, state, active)`, `state.reset(mask)`.
`forward` advances the state in place and gives back what became certain; a row whose `active` is false keeps its state,
and what comes out for it means nothing. Any chunking of an input gives the same output, up to float rounding. The
tensors of a state never move, so that a captured graph or a native kernel may keep their addresses.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any, Self

import torch
from torch import Tensor, nn


def per_row(mask: Tensor, like: Tensor) -> Tensor:
    """`mask` [B] with as many trailing axes of one as it needs to broadcast over `like` [B, ...]."""
    return mask.view(-1, *(1,) * (like.dim() - 1))


def write_rows(buffer: Tensor, value: Tensor, active: Tensor) -> None:
    """Write `value` into the rows of `buffer` that are active, in place."""
    buffer.copy_(torch.where(per_row(active, buffer), value, buffer))


@dataclasses.dataclass
class State:
    """Base of all states: a dataclass of tensors, of states, and of tuples of these. Zero means fresh.

    Shapes: every tensor is [B, ...], slots first
    """

    def tensors(self) -> Iterator[Tensor]:
        """All tensors of this state and of the states inside it."""
        for field in dataclasses.fields(self):
            yield from _tensors(getattr(self, field.name))

    def reset(self, mask: Tensor) -> None:
        """Make the rows of `mask` [B] fresh, in place; the others stay as they are. States inside see to themselves."""
        for field in dataclasses.fields(self):
            _reset(getattr(self, field.name), mask)

    def narrow(self, start: int, slots: int) -> Self:
        """The same state seen through `slots` of its rows, from `start` on; tensors are shared, not copied."""
        fields = {f.name: _narrow(getattr(self, f.name), start, slots) for f in dataclasses.fields(self)}
        return type(self)(**fields)


def _tensors(value: Any) -> Iterator[Tensor]:
    if isinstance(value, Tensor):
        yield value
    elif isinstance(value, State):
        yield from value.tensors()
    elif isinstance(value, tuple):
        for item in value:
            yield from _tensors(item)


def _reset(value: Any, mask: Tensor) -> None:
    if isinstance(value, Tensor):
        value.masked_fill_(per_row(mask, value), 0)
    elif isinstance(value, State):
        value.reset(mask)
    elif isinstance(value, tuple):
        for item in value:
            _reset(item, mask)


def _narrow(value: Any, start: int, slots: int) -> Any:
    if isinstance(value, Tensor):
        return value.narrow(0, start, slots)
    if isinstance(value, State):
        return value.narrow(start, slots)
    if isinstance(value, tuple):
        return tuple(_narrow(item, start, slots) for item in value)
    return value


class StreamingModule(nn.Module):
    """Base of modules that are causal in every part. Subclasses define `init_state` and `forward`."""


@dataclasses.dataclass
class ChainState(State):
    """States of the links of a chain."""

    links: tuple[State, ...]


class Chain(nn.ModuleList):
    """Streaming modules one after another. Shapes: as those of its links"""

    def init_state(self, slots: int) -> ChainState:
        return ChainState(tuple(link.init_state(slots) for link in self))  # type: ignore[operator]

    def forward(self, x: Tensor, state: ChainState, active: Tensor) -> Tensor:
        for link, link_state in zip(self, state.links, strict=True):
            x = link(x, link_state, active)
        return x


def place_of(module: nn.Module) -> tuple[torch.device, torch.dtype]:
    """Device and dtype of a module's weights, for the state that goes with them."""
    weight = next(module.parameters())
    return weight.device, weight.dtype
