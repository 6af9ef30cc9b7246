"""The default voice's recording for engines that clone: spoken by Kokoro, so that all engines have the same person."""

from __future__ import annotations

import logging
from typing import Final

import numpy as np

from makima.audio.resample import Resampler
from makima.engines.kokoro.engine import KokoroEngine
from makima.engines.kokoro.phonemes.reader import ENGLISH, JAPANESE
from makima.engines.kokoro.voices import DEFAULT_VOICE
from makima.engines.protocol import Engine, SpeechRequest
from makima.errors import MakimaError
from makima.events import AudioChunk, Loading, OnLoading, Samples
from makima.models.assets.bundles import DEFAULT_STYLE
from makima.voices.library import DEFAULT_ID, Draft, Library
from makima.voices.manifest import ClonedVoice, Origin, find_voice
from makima.voices.recording import RATE_HZ, prepare

log = logging.getLogger(__name__)

TEXTS: Final = {
    JAPANESE: "こんばんは、マキマです。書いてくださった文は、すぐに読み上げます。",
    ENGLISH: "Good evening. I will read to you whatever you write, as soon as you have written it. "
    "Some of it may be late, but I am never in a hurry.",
}
"""Twelve seconds in both of her languages; Japanese where Kokoro itself speaks it."""

PAUSE_S: Final = 0.35


def ensure_reference(library: Library, engine: KokoroEngine, on_loading: OnLoading) -> ClonedVoice | None:
    """Give the default voice a recording where it has none. What stands against it is a warning, and no error.

    `engine` is loaded for it, and closed.
    """
    try:
        present = find_voice(library.folder, DEFAULT_ID)
        if present is not None and present.reference is not None:
            return present
        on_loading(Loading("the default voice, spoken by Kokoro", None))
        return _made(library, engine)
    except (MakimaError, OSError) as exc:
        log.warning("the default voice gets no recording: %s", exc)
        return None
    finally:
        engine.close()


def _made(library: Library, engine: KokoroEngine) -> ClonedVoice:
    engine.load(lambda _: None)
    spoken = {language: text for language, text in TEXTS.items() if language not in engine.capabilities.spoken_by}
    pause: Samples = np.zeros(round(PAUSE_S * RATE_HZ), np.float32)
    sounds = [part for language, text in spoken.items() for part in (pause, _said(engine, text, language))]
    transcript = " ".join(spoken.values())
    draft = Draft(
        name="Makima",
        recording=prepare(np.concatenate(sounds[1:]), transcript),
        transcript=transcript,
        description="The default voice: Kokoro's Makima, reading Japanese and English.",
        origin=Origin(model=engine.capabilities.model, speaker=DEFAULT_STYLE, text=transcript),
    )
    return library.add(draft, DEFAULT_ID, replace=True)


def _said(engine: Engine, text: str, language: str) -> Samples:
    """A text in the default voice: [S] at `RATE_HZ`."""
    stream = engine.open(SpeechRequest(DEFAULT_VOICE, language))
    stream.feed(text)
    stream.end_text()
    resampler = Resampler(stream.sample_rate_hz, RATE_HZ)
    pieces: list[Samples] = []
    for event in stream:
        if isinstance(event, AudioChunk):
            pieces.append(resampler.push(event.samples))
        elif event.error is not None:
            raise event.error
    return np.concatenate([*pieces, resampler.flush()])
