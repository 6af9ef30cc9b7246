"""Makes the sound of one piece: by Kokoro, or by espeak-ng where Kokoro does not speak the language."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from makima.audio.resample import Resampler
from makima.engines.kokoro.clauses import CLAUSE, FIRST_S, SENTENCE, SWIFT_FIRST_S, Piece
from makima.engines.kokoro.phonemes.reader import PhonemeReader
from makima.engines.kokoro.phonemes.word_places import PlacedWord
from makima.engines.kokoro.voices import Speaker
from makima.engines.protocol import Engine, SpeechRequest
from makima.events import AudioChunk, Samples, SpeechEnd, SpokenWord
from makima.models.kokoro.model import SAMPLE_RATE_HZ, Kokoro, Sound, Stop
from makima.models.kokoro.symbols import MAX_TOKENS, tokens

# The model puts silence at both ends of whatever it is given. Ours takes its place, so that the pause after a clause
# is that of a clause, and there is none where a clause had to be cut.
_PAUSES_S: Final = {SENTENCE: 0.30, CLAUSE: 0.14}
_QUIET: Final = 0.006
"""Of full scale: breath is louder, the model's silence is not."""
SPEEDS: Final = (0.5, 2.0)
"""Beyond these the model's durations, which are whole frames of 25 ms, no longer follow: most are one frame."""

_LEAD_S, _TAIL_S = 0.03, 0.06
_ESPEAK: Final = {False: "makima", True: "baritone"}
"""Who speaks for a voice, by whether it is a man's."""
_FADE_S: Final = 0.008


@dataclass(frozen=True, slots=True)
class Rendered:
    """A piece's sound, and the pause that is to follow it. Places of `words` count from the piece's beginning."""

    samples: Samples
    pause_s: float
    words: tuple[SpokenWord, ...] = ()


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

    def render(
        self, piece: Piece, language: str, speaker: Speaker, speed: float, stop: Stop, *, words: bool = False
    ) -> Rendered | None:
        """The sound of a piece; None where `stop` ended it. With `words` it says when each is spoken.

        Raises: SynthesisFailed, OutOfMemory, AssetError
        """
        pause_s = _PAUSES_S.get(piece.ends, 0.0) / speed
        if language not in self._reader.languages:
            return self._by_espeak(
                piece.text, SpeechRequest(_ESPEAK[speaker.male], language, speed=speed), pause_s, stop
            )
        symbols = self._reader.symbols(piece.text, language, british=speaker.british)
        placed = self._reader.words(piece.text, symbols, language, british=speaker.british) if words else []
        sounds: list[Samples] = []
        spoken: list[SpokenWord] = []
        at = start_sample = 0
        for part in parts_of(symbols):
            at = symbols.index(part, at)
            sound = self._model.run(tokens(part), speaker.style_for(language), speed, stop)
            if sound is None:
                return None
            first, last = loud_part(sound.samples)
            inside = [word for word in placed if at <= word.symbols.start < at + len(part)]
            spoken += [_timed(word, sound, at, start_sample - first, start_sample + last - first) for word in inside]
            sounds.append(trimmed(sound.samples))
            start_sample += len(sounds[-1])
            at += len(part)
        return Rendered(np.concatenate(sounds) if sounds else np.zeros(0, np.float32), pause_s, tuple(spoken))

    def _by_espeak(self, text: str, request: SpeechRequest, pause_s: float, stop: Stop) -> Rendered | None:
        stream = self._espeak().open(replace(request, word_times=True))
        stream.feed(text)
        stream.end_text()
        resampler = Resampler(stream.sample_rate_hz, SAMPLE_RATE_HZ)
        sounds: list[Samples] = []
        words: list[SpokenWord] = []
        for event in stream:
            if isinstance(event, AudioChunk):
                sounds.append(resampler.push(event.samples))
                words += event.words
            elif isinstance(event, SpeechEnd) and event.error is not None:
                raise event.error
            if stop.stopped:
                stream.cancel()
                return None
        samples = np.concatenate([*sounds, resampler.flush()])
        first, last = loud_part(samples)
        ratio = SAMPLE_RATE_HZ / stream.sample_rate_hz
        spoken = tuple(
            replace(
                word,
                start_sample=_within(word.start_sample * ratio - first, last - first),
                end_sample=_within((word.end_sample or word.start_sample) * ratio - first, last - first),
            )
            for word in words
        )
        return Rendered(trimmed(samples), pause_s, spoken)


def _timed(word: PlacedWord, sound: Sound, part_start: int, shift: int, end_sample: int) -> SpokenWord:
    """When a word is spoken. `part_start` is the place of the sound's first token among the symbols."""
    starts, count = sound.starts, len(sound.starts) - 1
    first, last = word.symbols.start - part_start, min(word.symbols.end - part_start, count)
    begin = _within(int(starts[first]) + shift, end_sample)
    return SpokenWord(
        word.text.start,
        word.text.end - word.text.start,
        begin,
        max(begin, _within(int(starts[max(first, last)]) + shift, end_sample)),
    )


def _within(sample: float, end_sample: int) -> int:
    return max(0, min(round(sample), end_sample))


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


def loud_part(samples: Samples) -> tuple[int, int]:
    """What of a sound is kept: all but the silence at both ends, and a little of that."""
    loud = np.flatnonzero(np.abs(samples) > _QUIET)
    if not len(loud):
        return 0, 0
    start = max(0, int(loud[0]) - round(_LEAD_S * SAMPLE_RATE_HZ))
    return start, min(len(samples), int(loud[-1]) + 1 + round(_TAIL_S * SAMPLE_RATE_HZ))


def trimmed(samples: Samples) -> Samples:
    """Without the silence at both ends, but for a little, and faded in and out."""
    start, end = loud_part(samples)
    kept = samples[start:end].copy()
    fade = min(round(_FADE_S * SAMPLE_RATE_HZ), len(kept) // 2)
    ramp = np.linspace(0.0, 1.0, fade, dtype=np.float32)
    kept[:fade] *= ramp
    kept[len(kept) - fade :] *= ramp[::-1]
    return kept
