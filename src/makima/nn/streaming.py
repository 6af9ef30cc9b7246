"""The contract of every streaming module: weights in the module, history in an explicit state.

A module answers three verbs: `init_state(slots)`, `forward(x, state, active)`, `state.reset(mask)`.
`forward` advances the state in place and gives back what became certain; a row whose `active` is false keeps its state,
and what comes out for it means nothing. Any chunking of an input gives the same output, up to float rounding. The
tensors of a state never move, so that a captured graph or a native kernel may keep their addresses.
"""

from __future__ import annotations

import dataclasses
from functools import cached_property
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

    What is inside is collected once, into flat tuples, as it is needed several times a step. So fields must not be
    assigned again once the state is in use.

    Shapes: every tensor is [B, ...], slots first
    """

    @cached_property
    def _parts(self) -> tuple[State, ...]:
        """This state, and all states inside it."""
        inner = [item for value in self._values() for item in _flat(value) if isinstance(item, State)]
        return self, *(part for state in inner for part in state._parts)

    @cached_property
    def _own(self) -> tuple[Tensor, ...]:
        """The tensors of this state that are not those of a state inside it."""
        return tuple(item for value in self._values() for item in _flat(value) if isinstance(item, Tensor))

    @cached_property
    def _all(self) -> tuple[Tensor, ...]:
        return tuple(tensor for part in self._parts for tensor in part._own)

    @cached_property
    def _rows(self) -> dict[int, Self]:
        return {}

    def tensors(self) -> tuple[Tensor, ...]:
        """All tensors of this state and of the states inside it."""
        return self._all

    def reset(self, mask: Tensor) -> None:
        """Make the rows of `mask` [B] fresh, in place; the others stay as they are."""
        for part in self._parts:
            part.clear(mask)

    def clear(self, mask: Tensor) -> None:
        """What `reset` does to the tensors of this state alone."""
        for tensor in self._own:
            tensor.masked_fill_(per_row(mask, tensor), 0)

    def narrow(self, start: int, slots: int) -> Self:
        """The same state seen through `slots` of its rows, from `start` on; tensors are shared, not copied."""
        fields = {f.name: _narrow(getattr(self, f.name), start, slots) for f in dataclasses.fields(self)}
        return type(self)(**fields)

    def row(self, slot: int) -> Self:
        """One row alone, as `narrow` gives it; the view is made once. A state of one row is that row itself."""
        if self._all and len(self._all[0]) == 1:
            return self
        if slot not in self._rows:
            self._rows[slot] = self.narrow(slot, 1)
        return self._rows[slot]

    def _values(self) -> list[Any]:
        return [getattr(self, field.name) for field in dataclasses.fields(self)]


def _flat(value: Any) -> list[Any]:
    return [item for each in value for item in _flat(each)] if isinstance(value, tuple) else [value]


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


def place_of(module: nn.Module) -> tuple[torch.device, torch.dtype]:
    """Device and dtype of a module's weights, for the state that goes with them."""
    weight = next(module.parameters())
    return weight.device, weight.dtype
