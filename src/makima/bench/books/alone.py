"""The engine alone: the same paragraphs spoken one by one, and nothing kept of them."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable
from dataclasses import dataclass

from makima.bench.books.processes import processor_s
from makima.config import Settings
from makima.engines.output import Format, SpeechOutput
from makima.engines.protocol import Engine, SpeechRequest, catalog_of
from makima.engines.registry import choose


@dataclass(frozen=True, slots=True)
class Alone:
    """What the engine took for some text."""

    took_s: float
    processor_s: float
    audio_s: float


def speak_alone(settings: Settings, texts: Iterable[str], at_most_s: float) -> Alone:
    """Speak `texts`, and begin no further one after `at_most_s`. The first is spoken before the clock starts."""
    engine = choose(settings).engine
    voice = catalog_of(engine, settings.default_voice).find(None).id
    audio_s = begun_s = spent_s = 0.0
    try:
        engine.load(lambda _: None)
        for number, text in enumerate(texts):
            spoken_s = _speak(engine, voice, text)
            if number == 0:
                begun_s, spent_s = time.monotonic(), processor_s(os.getpid())
                continue
            audio_s += spoken_s
            if time.monotonic() - begun_s > at_most_s:
                break
        return Alone(time.monotonic() - begun_s, processor_s(os.getpid()) - spent_s, audio_s)
    finally:
        engine.close()


def _speak(engine: Engine, voice: str, text: str) -> float:
    with SpeechOutput(Format()) as output:
        output.open(engine, SpeechRequest(voice, "English", priority="low", word_times=True))
        output.feed(text, complete=True)
        for _ in output:
            pass
        return output.audio_ms / 1000
