"""Engines speak, recognisers hear them: how many words arrive, and how fast both are.

Each sentence is spoken and recognised by itself, in its language, which the recogniser is told.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from makima import installation
from makima.audio.resample import Resampler
from makima.bench.report import Figure
from makima.bench.word_errors import WordErrors
from makima.bench.words.score import errors, measure_of
from makima.bench.words.sentences import SENTENCES
from makima.config import Settings
from makima.engines import registry as engines
from makima.engines.protocol import Engine, SpeechRequest
from makima.errors import AssetError, ConfigError, RecognitionFailed, SynthesisFailed
from makima.events import AudioChunk, Samples, SpeechEnd
from makima.stt import registry as recognizers
from makima.stt.protocol import RATE_HZ
from makima.stt.transcribe import Transcriber

_AROUND_S = 0.5
"""Silence before and after a sentence; less than that and the detector misses soft beginnings."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What is measured; whatever is empty stands for all that can load here, for voices the default one."""

    engines: tuple[str, ...] = ()
    voices: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    recognizers: tuple[str, ...] = ()
    sentences: int = 20

    def __post_init__(self) -> None:
        for option, named, known in (
            ("--engine", self.engines, tuple(engines.ENGINES)),
            ("--recognizer", self.recognizers, tuple(recognizers.RECOGNIZERS)),
            ("--language", self.languages, tuple(SENTENCES)),
        ):
            if unknown := [name for name in named if name not in known]:
                raise ConfigError(
                    option, f"There is none called {unknown[0]!r}.", mend=f"Take some of: {', '.join(known)}."
                )


@dataclass(slots=True)
class Row:
    """One voice in one language, heard by one recogniser."""

    engine: str
    voice: str
    language: str
    recognizer: str
    errors: WordErrors = field(default_factory=lambda: WordErrors(0, 0))
    audio_s: float = 0.0
    speaking_s: float = 0.0
    recognising_s: float = 0.0
    misheard: list[tuple[str, str]] = field(default_factory=list)

    @property
    def name(self) -> str:
        return f"{self.engine} {self.voice}, {self.language}, {self.recognizer}"


@dataclass(frozen=True, slots=True)
class _Spoken:
    text: str
    samples: Samples
    took_s: float


def measure(plan: Plan, settings: Settings, on_step: Callable[[str], None]) -> list[Row]:
    """Measure each voice of each engine in each language against each recogniser.

    Raises: AssetError where one that was named cannot load, or none can; SynthesisFailed
    """
    rows: list[Row] = []
    listeners = [
        recognizers.choose(settings.model_copy(update={"stt": name}))
        for name in plan.recognizers or _able(recognizers.RECOGNIZERS, settings)
    ]
    if not listeners:
        raise AssetError("recognisers", "None can load here.", mend=installation.run("doctor"))
    for name in plan.engines or _able(engines.ENGINES, settings):
        engine = engines.choose(settings.model_copy(update={"engine": name})).engine
        try:
            engine.load(lambda _: None)
            spoken = dict(_spoken(engine, plan, settings, on_step))
        finally:
            engine.close()
        for choice in listeners:
            assert choice is not None
            recognizer = choice.listener.recognizer
            recognizer.load(lambda _: None)
            try:
                transcriber = Transcriber(choice.listener)
                for (voice, language), said in spoken.items():
                    if language in recognizer.capabilities.languages:
                        on_step(f"{recognizer.name} hears {voice} in {language}")
                        rows.append(_heard(Row(name, voice, language, recognizer.name), said, transcriber))
            finally:
                recognizer.close()
    return rows


def figures(rows: list[Row]) -> list[Figure]:
    """What is told of it."""
    told = []
    for row in rows:
        told += [
            Figure(f"{row.name}: {measure_of(row.language)}", 100 * row.errors.rate, "%"),
            Figure(f"{row.name}: real-time factor of speaking", row.speaking_s / row.audio_s, "x"),
            Figure(f"{row.name}: real-time factor of recognising", row.recognising_s / row.audio_s, "x"),
        ]
    return told


class _Spec(Protocol):
    def problem(self, settings: Settings) -> AssetError | None: ...


def _able(specs: Mapping[str, _Spec], settings: Settings) -> tuple[str, ...]:
    return tuple(name for name, spec in specs.items() if spec.problem(settings) is None)


def _spoken(
    engine: Engine, plan: Plan, settings: Settings, on_step: Callable[[str], None]
) -> Iterator[tuple[tuple[str, str], list[_Spoken]]]:
    for voice in plan.voices or (settings.default_voice,):
        for language in plan.languages or tuple(SENTENCES):
            if language not in engine.capabilities.languages:
                continue
            on_step(f"{engine.name} speaks {language} as {voice}")
            sentences = SENTENCES[language][: plan.sentences]
            yield (voice, language), [_said(engine, voice, language, sentence) for sentence in sentences]


def _said(engine: Engine, voice: str, language: str, sentence: str) -> _Spoken:
    begun_s = time.perf_counter()
    stream = engine.open(SpeechRequest(voice, language))
    stream.feed(sentence)
    stream.end_text()
    chunks: list[Samples] = []
    for event in stream:
        if isinstance(event, AudioChunk):
            chunks.append(event.samples)
        elif isinstance(event, SpeechEnd) and event.error is not None:
            raise SynthesisFailed(f"{sentence!r} was not spoken: {event.error}") from event.error
    took_s = time.perf_counter() - begun_s
    resampler = Resampler(stream.sample_rate_hz, RATE_HZ)
    samples = np.concatenate([resampler.push(np.concatenate(chunks)), resampler.flush()])
    return _Spoken(sentence, np.asarray(samples, np.float32), took_s)


def _heard(row: Row, spoken: list[_Spoken], transcriber: Transcriber) -> Row:
    silence = np.zeros(round(_AROUND_S * RATE_HZ), np.float32)
    for said in spoken:
        begun_s = time.perf_counter()
        try:
            text = transcriber.transcribe(np.concatenate([silence, said.samples, silence]), RATE_HZ, row.language)
        except RecognitionFailed:
            text = ""
        row.recognising_s += time.perf_counter() - begun_s
        row.speaking_s += said.took_s
        row.audio_s += len(said.samples) / RATE_HZ
        found = errors(said.text, text, row.language)
        row.errors += found
        if found.errors:
            row.misheard.append((said.text, text))
    return row
