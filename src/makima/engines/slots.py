"""Which utterance is in which slot, and which of them a round serves: pure rules.

A round runs pieces of prompts for a short time, at least one piece, and then makes one frame for every slot that can
take one. So an utterance that is being spoken waits no longer than that for its next frame, even if many others begin.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Generic, Protocol, TypeVar


class Occupant(Protocol):
    """An utterance in a slot."""

    @property
    def ended(self) -> bool:
        """Whether no more of it is needed."""

    @property
    def prompted(self) -> bool:
        """Whether all of its prompt has been run."""

    @property
    def held_back(self) -> bool:
        """Whether its listener is behind, or it waits for text."""


T = TypeVar("T", bound=Occupant)


class Slots(Generic[T]):
    """A fixed number of slots. Iterating gives each slot that is taken, with its occupant."""

    def __init__(self, count: int) -> None:
        self._occupants: list[T | None] = [None] * count
        self._arrivals: list[int] = []  # slots that are taken, the oldest first

    def __iter__(self) -> Iterator[tuple[int, T]]:
        return iter([(slot, occupant) for slot, occupant in enumerate(self._occupants) if occupant is not None])

    def __len__(self) -> int:
        """How many slots are taken."""
        return len(self._arrivals)

    def __getitem__(self, slot: int) -> T:
        occupant = self._occupants[slot]
        assert occupant is not None, slot
        return occupant

    def get(self, slot: int) -> T | None:
        """The occupant of a slot; None if it is free."""
        return self._occupants[slot]

    @property
    def free(self) -> int | None:
        """A free slot, if there is one."""
        return next((slot for slot, occupant in enumerate(self._occupants) if occupant is None), None)

    def put(self, slot: int, occupant: T) -> None:
        assert self._occupants[slot] is None, slot
        self._occupants[slot] = occupant
        self._arrivals.append(slot)

    def release(self, slot: int) -> None:
        self._occupants[slot] = None
        self._arrivals.remove(slot)

    def to_prompt(self) -> tuple[int, T] | None:
        """The slot whose prompt is run next, with its occupant: of those with a prompt left, the one taken first."""
        for slot in self._arrivals:
            each = self._occupants[slot]
            if each is not None and not each.prompted and not each.ended:
                return slot, each
        return None

    def to_step(self) -> dict[int, T]:
        """The slots that can take a frame, lowest first, with their occupants. All of them do in the same step."""
        return {slot: each for slot, each in self if each.prompted and not each.held_back and not each.ended}
