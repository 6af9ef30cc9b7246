"""A rule: a pattern of written text, and what is said for it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

Replacement: TypeAlias = str | Callable[[re.Match[str]], str]


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule by name. `replacement` is what `re.sub` takes: words, or written text that the grammar reads right."""

    name: str
    pattern: re.Pattern[str]
    replacement: Replacement

    def apply(self, text: str) -> str:
        return self.pattern.sub(self.replacement, text)


def rule(name: str, pattern: str, replacement: Replacement) -> Rule:
    return Rule(name, re.compile(pattern), replacement)
