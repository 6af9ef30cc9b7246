"""What flows out of an engine: audio, its end, and news of loading."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from makima.errors import MakimaError

Samples: TypeAlias = NDArray[np.float32]
"""Mono audio, [S] float32 in [-1, 1]."""

EndReason: TypeAlias = Literal["end", "length", "recovered", "cancelled", "failed"]


@dataclass(frozen=True, slots=True)
class SpokenWord:
    """A word as it is spoken.

    Units: text_start and text_length in characters of the text that was fed; start_sample, and end_sample where it is
           known, count from the utterance's first sample
    """

    text_start: int
    text_length: int
    start_sample: int
    end_sample: int | None = None


@dataclass(frozen=True, slots=True)
class AudioChunk:
    """A run of audio, and the words that begin in it where the engine knows them.

    Shapes: samples [S] float32 in [-1, 1], at the stream's sample rate
    Units:  start_sample counts from the utterance's first sample
    """

    samples: Samples
    start_sample: int
    words: tuple[SpokenWord, ...] = ()


@dataclass(frozen=True, slots=True)
class SpeechEnd:
    """The last event of every stream.

    `end`: all text was spoken. `length`: a cap ended it. `recovered`: a guard ended a run-away. `cancelled`: asked for.
    `failed`: `error` says why. `onset_sample` is the first that can be heard, where the engine listens for it. `words`
    are those that no chunk has told of, as no sound came after them.
    """

    reason: EndReason
    total_samples: int
    error: MakimaError | None = None
    onset_sample: int | None = field(default=None, compare=False)
    words: tuple[SpokenWord, ...] = field(default=(), compare=False)


SpeechEvent: TypeAlias = AudioChunk | SpeechEnd


@dataclass(frozen=True, slots=True)
class Loading:
    """News of loading: what is being loaded, and how far (0 to 1, or None where that is not known)."""

    what: str
    progress: float | None


OnLoading: TypeAlias = Callable[[Loading], None]
