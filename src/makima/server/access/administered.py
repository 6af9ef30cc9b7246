"""What administrators manage on the page: the models of this machine. `cli` brings what finds and fetches them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol, TypeAlias

Report: TypeAlias = Callable[[int, int], None]
"""Is told how many bytes are there, and of how many; it may raise, which ends the fetch and keeps what has come."""


class Kind(StrEnum):
    """What a model does."""

    SPEAKS = "speaks"
    LISTENS = "listens"


@dataclass(frozen=True, slots=True)
class Machine:
    """What there is to run models on. None where that cannot be told. `free_bytes` is on the disk."""

    system: str
    cores: int
    memory_bytes: int | None
    gpu: str | None
    free_bytes: int | None = None


@dataclass(frozen=True, slots=True)
class Runner:
    """An engine or a recogniser. `problem` says why it cannot load here, and what to do about that."""

    name: str
    summary: str
    kind: Kind
    in_use: bool
    problem: str | None


@dataclass(frozen=True, slots=True)
class Item:
    """Weights that are fetched by one name.

    `needs` is the command that installs the packages it is read with, where they are missing. `usable` says that the
    server can be switched to it. `factor` is the time that it takes to speak here over that of its speech, 0 on a GPU,
    and `memory_bytes` what it takes; None where that is not known.
    """

    name: str
    summary: str
    kind: Kind
    size_bytes: int
    here_bytes: int
    licence: str
    in_use: bool = False
    needs: str | None = None
    usable: bool = False
    factor: float | None = None
    memory_bytes: int | None = None


class Depot(Protocol):
    """The models of one machine. All of it blocks, and may be called from any thread."""

    def machine(self) -> Machine: ...

    def runners(self) -> list[Runner]: ...

    def items(self) -> list[Item]: ...

    def fetch(self, name: str, report: Report) -> None:
        """Raises: InvalidMessage for a name there is none of; AssetError; and what `report` raises"""

    def choose(self, name: str) -> None:
        """Have the server speak or listen with it from its next start on. Raises: InvalidMessage, AssetError"""

    def remove(self, name: str) -> int:
        """The bytes that were freed. Raises: InvalidMessage, AssetError"""
