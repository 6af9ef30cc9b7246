"""What became of each utterance of a soak: exactly one end, and where it was spoken whole, the right audio."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class End(StrEnum):
    """How an utterance ended, as its client saw it."""

    COMPLETE = "complete"
    CANCELLED = "cancelled"
    INTERRUPTED = "interrupted"
    FAILED = "failed"
    LEFT = "left"
    """The client went away before the end."""


@dataclass(eq=False, slots=True)
class Entry:
    """One utterance."""

    door: str
    text: str
    pcm: bytearray = field(default_factory=bytearray, repr=False)
    ends: list[End] = field(default_factory=list)


@dataclass(slots=True)
class Ledger:
    """Utterances by door and end; and what was wrong with any of them, in words."""

    counts: Counter[tuple[str, End]] = field(default_factory=Counter)
    done: Counter[str] = field(default_factory=Counter)
    """Things that are no utterances and went well: recordings heard, jobs, uploads, deletions."""
    faults: list[str] = field(default_factory=list)
    compared: int = 0
    """Complete utterances whose audio was compared with what it should be."""
    refused: int = 0
    """Requests that heard `RATE_LIMITED`."""
    open: set[Entry] = field(default_factory=set)

    def begin(self, door: str, text: str) -> Entry:
        """An utterance was asked for."""
        entry = Entry(door, text)
        self.open.add(entry)
        return entry

    def end(self, entry: Entry, how: End, expected: bytes | None = None) -> None:
        """It has ended. A complete one must have the `expected` audio, where that is given."""
        entry.ends.append(how)
        if len(entry.ends) > 1:
            self.fault(entry.door, f"an utterance ended twice: {', '.join(entry.ends)}")
            return
        self.open.discard(entry)
        self.counts[entry.door, how] += 1
        if how is not End.COMPLETE or expected is None:
            return
        self.compared += 1
        if bytes(entry.pcm) != expected:
            self.fault(
                entry.door, f"other audio than offline: {difference(bytes(entry.pcm), expected)}; {entry.text!r}"
            )

    def fault(self, door: str, what: str) -> None:
        """Note what went wrong."""
        self.faults.append(f"{door}: {what}")

    @property
    def ends(self) -> Mapping[End, int]:
        """How many utterances ended in each way."""
        found = dict.fromkeys(End, 0)
        for (_, end), count in self.counts.items():
            found[end] += count
        return found


def difference(got: bytes, expected: bytes) -> str:
    """Two recordings in 16 bits that are not the same, compared in words."""
    same = next(
        (at for at, (a, b) in enumerate(zip(got, expected, strict=False)) if a != b), min(len(got), len(expected))
    )
    return f"{len(got) // 2} samples instead of {len(expected) // 2}, the same up to {same // 2}"
