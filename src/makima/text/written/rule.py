"""A rule: a pattern of written text, and what is said for it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from time import thread_time
from typing import Any, Protocol, TypeAlias

import regex

from makima.text.grammar.spent import spent_s

Replacement: TypeAlias = str | Callable[[re.Match[str]], str]

LIMIT_S = 0.25
"""How long one rule may take for one text, of its own thread's processor time without that of grammars."""


def own_time_s() -> float:
    """Processor time of this thread but for what it spent in grammars."""
    return thread_time() - spent_s()


class Pattern(Protocol):
    """What a rule needs of a compiled pattern."""

    def sub(self, repl: Any, string: str, *, timeout: float) -> str: ...


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule by name. `replacement` is what `re.sub` takes: words, or written text that the grammar reads right."""

    name: str
    pattern: Pattern
    replacement: Replacement

    def apply(self, text: str) -> str:
        """`text` with what the rule says.

        Raises: TimeoutError where it takes longer than `LIMIT_S`
        """
        begun_s = own_time_s()
        while True:
            try:
                return self.pattern.sub(self.replacement, text, timeout=LIMIT_S)
            except TimeoutError:
                # The limit counts the time of all threads of the process: what others used is not the rule's.
                if own_time_s() - begun_s >= LIMIT_S:
                    raise


def rule(name: str, pattern: str, replacement: Replacement) -> Rule:
    # `re` cannot be stopped in the middle of a search; this module can, and takes the same patterns.
    return Rule(name, regex.compile(pattern), replacement)
