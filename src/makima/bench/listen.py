"""Benchmark of recognisers on sentences of the embedded voice: word error rate, speed and latency.

Word errors are counted over one session with all sentences in a row. Latencies are measured with sentences that arrive
at the pace of speech, each in a separate session.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import islice

import numpy as np

from makima import installation
from makima.audio.resample import Resampler
from makima.bench.report import Figure
from makima.bench.stats import percentiles
from makima.bench.word_errors import WordErrors, word_errors
from makima.config import Settings
from makima.engines.espeak import EspeakEngine
from makima.engines.protocol import SpeechRequest
from makima.errors import AssetError, ConfigError
from makima.events import AudioChunk, Samples
from makima.stt import registry
from makima.stt.listening.session import Listener
from makima.stt.protocol import RATE_HZ, Final, ListenEnd, ListenRequest, Partial, SpeechEnded
from makima.stt.transcribe import Transcriber

SENTENCES = (
    "The weather is fine today and we will go for a walk.",
    "I would like a cup of coffee.",
    "Please turn on the light in the kitchen.",
    "The train to the city leaves at nine in the morning.",
    "My brother works in a big hospital.",
    "She opened the window and looked at the garden.",
    "Can you tell me where the station is?",
    "We have been waiting here for more than an hour.",
    "The children are playing in the park behind the school.",
    "He forgot to close the door when he left the house.",
    "There is a small shop on the other side of the street.",
    "I think that this is a very good idea.",
    "They want to buy a new car before the summer.",
    "The doctor said that you should rest for a few days.",
    "It was raining when we came home last night.",
    "Would you like to have dinner with us tomorrow?",
    "The book on the table belongs to my sister.",
    "Nobody knew the answer to that question.",
    "Please write your name and your address on this paper.",
    "We will call you as soon as we know more.",
)
VOICES = ("makima", "tenor")
NOISE_DB = 10.0
"""The signal-to-noise ratio of the noisy round."""
_PIECE_S = 0.02
_BEFORE_S, _AFTER_S = 0.4, 1.6


@dataclass(frozen=True, slots=True)
class Plan:
    """Which recognisers to measure (all that can load here if none is named), and on how many sentences."""

    recognizers: tuple[str, ...] = ()
    sentences: int = len(SENTENCES)
    paced: int = len(SENTENCES)
    """How many of them are also fed at the pace of speech, in one voice, for the latencies."""
    at_once: int = 1
    """In how many sessions each of those is fed at the same time."""

    def __post_init__(self) -> None:
        if unknown := [name for name in self.recognizers if name not in registry.RECOGNIZERS]:
            known = ", ".join(registry.RECOGNIZERS)
            raise ConfigError("--recognizer", f"There is none called {unknown[0]!r}.", mend=f"Take some of: {known}.")


@dataclass(slots=True)
class Results:
    """The measurements of one recogniser."""

    quiet: dict[str, WordErrors] = field(default_factory=dict)
    noisy: WordErrors = field(default_factory=lambda: WordErrors(0, 0))
    audio_s: float = 0.0
    recognising_s: float = 0.0
    first_partial_ms: list[float] = field(default_factory=list)
    ended_ms: list[float] = field(default_factory=list)
    final_ms: list[float] = field(default_factory=list)


def measure(plan: Plan, settings: Settings, on_step: Callable[[str], None]) -> dict[str, Results]:
    """Measure each recogniser in turn.

    Raises: AssetError where a named one cannot load, or none can
    """
    names = plan.recognizers or tuple(n for n, spec in registry.RECOGNIZERS.items() if spec.problem(settings) is None)
    if not names:
        raise AssetError("recognisers", "None can load here.", mend=installation.run("doctor"))
    speech = {voice: list(islice(_spoken(voice), plan.sentences)) for voice in VOICES}
    results = {}
    for name in names:
        chosen = registry.choose(settings.model_copy(update={"stt": name}))
        assert chosen is not None
        try:
            chosen.listener.recognizer.load(lambda _: None)
            results[name] = _measured(chosen.listener, speech, plan, on_step)
        finally:
            chosen.listener.recognizer.close()
    return results


def _measured(
    listener: Listener, speech: dict[str, list[Samples]], plan: Plan, on_step: Callable[[str], None]
) -> Results:
    results = Results()
    said = " ".join(SENTENCES[: plan.sentences])

    def errors(samples: Samples) -> WordErrors:
        begun_s = time.perf_counter()
        text = Transcriber(listener).transcribe(samples, RATE_HZ, "English")
        results.recognising_s += time.perf_counter() - begun_s
        results.audio_s += len(samples) / RATE_HZ
        return word_errors(said, text)

    for voice, spoken in speech.items():
        on_step(f"{listener.recognizer.name} hears {voice}")
        results.quiet[voice] = errors(np.concatenate(spoken))
    on_step(f"{listener.recognizer.name} hears noise")
    results.noisy = errors(_noisy(np.concatenate(speech[VOICES[0]])))
    for samples in speech[VOICES[0]][: plan.paced]:
        sessions = [threading.Thread(target=_paced, args=(listener, samples, results)) for _ in range(plan.at_once)]
        for session in sessions:
            session.start()
        for session in sessions:
            session.join()
        on_step(f"{listener.recognizer.name} is spoken to")
    return results


def _paced(listener: Listener, samples: Samples, results: Results) -> None:
    """Feed audio at the pace of speech, and record when each event arrives."""
    session = listener.open(ListenRequest(RATE_HZ))
    begun_s = time.perf_counter()

    def feed() -> None:
        piece = int(_PIECE_S * RATE_HZ)
        for at in range(0, len(samples), piece):
            time.sleep(max(0.0, begun_s + (at + piece) / RATE_HZ - time.perf_counter()))
            session.feed(samples[at : at + piece])
        session.end_audio()

    threading.Thread(target=feed, daemon=True).start()
    end_ms = 1000 * (len(samples) / RATE_HZ - _AFTER_S)
    partial = False
    for event in session:
        now_ms = 1000 * (time.perf_counter() - begun_s)
        match event:
            case Partial(_, _, start_ms) if not partial:
                partial = True
                results.first_partial_ms.append(now_ms - start_ms)
            case SpeechEnded():
                results.ended_ms.append(now_ms - end_ms)
            case Final():
                results.final_ms.append(now_ms - end_ms)
            case ListenEnd():
                return


def figures(results: dict[str, Results]) -> list[Figure]:
    """The figures of the report."""
    told = []
    for name, measured in results.items():
        for voice, errors in measured.quiet.items():
            told.append(Figure(f"{name}: word error rate, voice {voice}", 100 * errors.rate, "%"))
        told.append(Figure(f"{name}: word error rate in noise ({NOISE_DB:g} dB)", 100 * measured.noisy.rate, "%"))
        told.append(Figure(f"{name}: real-time factor", measured.recognising_s / max(measured.audio_s, 1e-9), "x"))
        series = {
            "start of speech to first settled words": measured.first_partial_ms,
            "end of speech to its end being found": measured.ended_ms,
            "end of speech to final": measured.final_ms,
        }
        for what, values in series.items():
            if values:
                told += [Figure(f"{name}: {what}, {p}", v, "ms") for p, v in percentiles(values).items() if p != "p99"]
    return told


def _spoken(voice: str) -> Iterator[Samples]:
    """The sentences, each with low noise and silence around it."""
    engine = EspeakEngine(workers=1)
    engine.load(lambda _: None)
    quiet = np.random.default_rng(1)
    try:
        for sentence in SENTENCES:
            stream = engine.open(SpeechRequest(voice))
            stream.feed(sentence)
            stream.end_text()
            samples = np.concatenate([event.samples for event in stream if isinstance(event, AudioChunk)])
            resampler = Resampler(stream.sample_rate_hz, RATE_HZ)
            speech = _trimmed(np.concatenate([resampler.push(samples), resampler.flush()]))
            room = quiet.standard_normal(len(speech) + int((_BEFORE_S + _AFTER_S) * RATE_HZ)).astype(np.float32)
            room *= np.float32(10 ** (-70 / 20))
            start = int(_BEFORE_S * RATE_HZ)
            room[start : start + len(speech)] += speech
            yield room
    finally:
        engine.close()


def _trimmed(samples: Samples) -> Samples:
    """The samples without the silence at their end."""
    loud = np.flatnonzero(np.abs(samples) >= 0.01)
    return samples[: loud[-1] + 1] if len(loud) else samples


def _noisy(samples: Samples) -> Samples:
    noise = np.random.default_rng(2).standard_normal(len(samples))
    level = np.sqrt(np.mean(samples[np.abs(samples) >= 0.01] ** 2)) * 10 ** (-NOISE_DB / 20)
    return np.asarray(samples + level * noise, np.float32)
