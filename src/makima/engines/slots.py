"""Who is in which slot, and who of them is served in a round: pure rules.

A round runs pieces of prompts for a short while, one at least, and then makes one frame for every slot that can take
one. So nobody who speaks waits longer for its next frame than that, however many begin.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Generic, Protocol, TypeVar


class Occupant(Protocol):
    """What a slot's rules know of who is in it."""

    @property
    def ended(self) -> bool:
        """Whether nothing more is wanted of it."""

    @property
    def prompted(self) -> bool:
        """Whether all of its prompt has been run."""

    @property
    def held_back(self) -> bool:
        """Whether its listener is behind, or its text has not been written yet."""


T = TypeVar("T", bound=Occupant)


class Slots(Generic[T]):
    """A fixed number of slots. Iterating gives each slot that is taken, with who is in it."""

    def __init__(self, count: int) -> None:
        self._occupants: list[T | None] = [None] * count
        self._arrivals: list[int] = []  # slots that are taken, in the order in which they were

    def __iter__(self) -> Iterator[tuple[int, T]]:
        return iter([(slot, occupant) for slot, occupant in enumerate(self._occupants) if occupant is not None])

    def __len__(self) -> int:
        """How many are taken."""
        return len(self._arrivals)

    def __getitem__(self, slot: int) -> T:
        occupant = self._occupants[slot]
        assert occupant is not None, slot
        return occupant

    def get(self, slot: int) -> T | None:
        """Who is in a slot, if anybody is."""
        return self._occupants[slot]

    @property
    def free(self) -> int | None:
        """A slot that nobody is in."""
        return next((slot for slot, occupant in enumerate(self._occupants) if occupant is None), None)

    def put(self, slot: int, occupant: T) -> None:
        assert self._occupants[slot] is None, slot
        self._occupants[slot] = occupant
        self._arrivals.append(slot)

    def release(self, slot: int) -> None:
        self._occupants[slot] = None
        self._arrivals.remove(slot)

    def to_prompt(self) -> int | None:
        """Whose prompt is run on: that of whoever came first."""
        return next((slot for slot in self._arrivals if not self[slot].prompted and not self[slot].ended), None)

    def to_step(self) -> list[int]:
        """All that can take a frame, lowest first: none waits for another's turn."""
        return [slot for slot, each in self if each.prompted and not each.held_back and not each.ended]
