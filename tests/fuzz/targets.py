"""All targets, and their share of the cases."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from importlib import import_module
from random import Random
from typing import Final


@dataclass(frozen=True)
class Target:
    """A function of a module here, which does one case with a source of chance; its `share` of all cases."""

    name: str
    module: str
    function: str
    share: float

    @cached_property
    def case(self) -> Callable[[Random], None]:
        """The function. Its module is imported only now, as PyTorch alone takes seconds."""
        found: Callable[[Random], None] = getattr(import_module(f"tests.fuzz.{self.module}"), self.function)
        return found


TARGETS: Final = (
    Target("speak session", "messages", "speak_session", 0.16),
    Target("listen session", "messages", "listen_session", 0.2),
    Target("wire", "messages", "wire_text", 0.18),
    Target("realtime", "messages", "realtime", 0.06),
    Target("hosted services", "messages", "hosted", 0.06),
    Target("wyoming frames", "messages", "wyoming", 0.12),
    Target("names", "texts", "names", 0.11),
    Target("markup", "texts", "markup", 0.04),
    Target("front end", "texts", "front_end", 0.02),
    Target("long texts", "texts", "long_text", 0.0002),
    Target("audio", "files", "audio", 0.02),
    Target("weights", "models", "weights", 0.01),
    Target("configurations", "models", "configurations", 0.005),
    Target("books", "books", "book", 0.01),
    Target("manifests", "files", "manifests", 0.0048),
)


def case(target: Target, number: int, seed: int) -> None:
    """Run one case; the same three give the same case."""
    target.case(Random(f"{target.name}/{seed}/{number}"))
