"""Makes the sound of one piece: by Kokoro, or by espeak-ng where Kokoro does not speak the language."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np

from makima.audio.resample import Resampler
from makima.engines.kokoro.clauses import CLAUSE, FIRST_S, SENTENCE, SWIFT_FIRST_S, Piece
from makima.engines.kokoro.phonemes.reader import PhonemeReader
from makima.engines.kokoro.voices import Speaker
from makima.engines.protocol import Engine, SpeechRequest
from makima.events import AudioChunk, Samples, SpeechEnd
from makima.models.kokoro.model import SAMPLE_RATE_HZ, Kokoro, Stop
from makima.models.kokoro.symbols import MAX_TOKENS, tokens

# The model puts silence at both ends of whatever it is given. Ours takes its place, so that the pause after a clause
# is that of a clause, and there is none where a clause had to be cut.
_PAUSES_S: Final = {SENTENCE: 0.30, CLAUSE: 0.14}
_QUIET: Final = 0.006
"""Of full scale: breath is louder, the model's silence is not."""
_LEAD_S, _TAIL_S = 0.03, 0.06
_FADE_S: Final = 0.008


@dataclass(frozen=True, slots=True)
class Rendered:
    """A piece's sound, and the pause that is to follow it."""

    samples: Samples
    pause_s: float


class Renderer:
    """Not thread-safe: one thread renders. `espeak` gives the engine for other languages, loaded."""

    def __init__(self, model: Kokoro, reader: PhonemeReader, espeak: Callable[[], Engine]) -> None:
        self._model = model
        self._reader = reader
        self._espeak = espeak

    @property
    def first_s(self) -> float:
        """How long an utterance's first piece may be."""
        return SWIFT_FIRST_S if self._model.swift else FIRST_S

    def boundaries(self, text: str, language: str) -> list[int]:
        """Where a phrase may begin in a text without spaces. From any thread."""
        return self._reader.boundaries(text, language)

    def render(self, piece: Piece, language: str, speaker: Speaker, speed: float, stop: Stop) -> Rendered | None:
        """The sound of a piece; None where `stop` ended it.

        Raises: SynthesisFailed, OutOfMemory, AssetError
        """
        pause_s = _PAUSES_S.get(piece.ends, 0.0) / speed
        if language not in self._reader.languages:
            return self._by_espeak(piece.text, language, speaker, pause_s, stop)
        symbols = self._reader.symbols(piece.text, language, british=speaker.british)
        sounds = []
        for part in parts_of(symbols):
            samples = self._model.run(tokens(part), speaker.style_for(language), speed, stop)
            if samples is None:
                return None
            sounds.append(trimmed(samples))
        return Rendered(np.concatenate(sounds) if sounds else np.zeros(0, np.float32), pause_s)

    def _by_espeak(self, text: str, language: str, speaker: Speaker, pause_s: float, stop: Stop) -> Rendered | None:
        engine = self._espeak()
        stream = engine.open(SpeechRequest("baritone" if speaker.male else "makima", language))
        stream.feed(text)
        stream.end_text()
        resampler = Resampler(stream.sample_rate_hz, SAMPLE_RATE_HZ)
        sounds: list[Samples] = []
        for event in stream:
            if isinstance(event, AudioChunk):
                sounds.append(resampler.push(event.samples))
            elif isinstance(event, SpeechEnd) and event.error is not None:
                raise event.error
            if stop.stopped:
                stream.cancel()
                return None
        return Rendered(trimmed(np.concatenate([*sounds, resampler.flush()])), pause_s)


def parts_of(symbols: str) -> list[str]:
    """`symbols` in parts that the model takes, cut between words; a word that is longer alone is cut in itself.

    Text that holds more sounds than its length says, such as numbers, can be longer than a piece should be.
    """
    parts = []
    rest = symbols.strip()
    while len(tokens(rest)) > MAX_TOKENS:
        space = rest.rfind(" ", 1, MAX_TOKENS)
        end = space if space > 0 else MAX_TOKENS
        parts.append(rest[:end].strip())
        rest = rest[end:].strip()
    return [part for part in (*parts, rest) if any(symbol.isalpha() for symbol in part)]


def trimmed(samples: Samples) -> Samples:
    """Without the silence at both ends, but for a little, and faded in and out."""
    loud = np.flatnonzero(np.abs(samples) > _QUIET)
    if not len(loud):
        return np.zeros(0, np.float32)
    start = max(0, int(loud[0]) - round(_LEAD_S * SAMPLE_RATE_HZ))
    end = min(len(samples), int(loud[-1]) + 1 + round(_TAIL_S * SAMPLE_RATE_HZ))
    kept = samples[start:end].copy()
    fade = min(round(_FADE_S * SAMPLE_RATE_HZ), len(kept) // 2)
    ramp = np.linspace(0.0, 1.0, fade, dtype=np.float32)
    kept[:fade] *= ramp
    kept[len(kept) - fade :] *= ramp[::-1]
    return kept
