"""What a text without markup consists of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

MAX_PAUSE_S = 10.0
"""Longer pauses are cut to this: a listener would take them for a broken connection."""


@dataclass(frozen=True, slots=True)
class Pause:
    """Silence that was asked for, exact to the sample."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Written:
    """Text to be read; `say_as` is what SSML calls `interpret-as`, None where nothing was said."""

    text: str
    say_as: str | None = None


@dataclass(frozen=True, slots=True)
class Break:
    """Here a sentence ends, whatever marks there are."""


Item: TypeAlias = Pause | Written | Break
