"""What a voice costs: to learn it, to take it from the disk, to change to it; and how alike its clone is."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from makima.bench.report import Figure
from makima.bench.stats import percentiles
from makima.engines.qwen3.similarity import load_for_similarity, similarity
from makima.engines.qwen3.voices.voices import STAND_IN_TEXT, Voices, stand_in_recording
from makima.models import hub
from makima.models.qwen3.model import Qwen3TTS
from makima.voices.consent import consent
from makima.voices.library import Draft, open_library
from makima.voices.recording import Recording, prepare
from makima.voices.sentences import preview_text

SWITCH_TARGET_MS: Final = 5.0
CLIP_S: Final = 10.0


@dataclass(frozen=True, slots=True)
class Plan:
    """What is measured: a model's folder, the device, and the number of changes of voice."""

    folder: Path
    device: str
    quantize: str
    rounds: int = 100


def measure(plan: Plan, on_step: Callable[[str], None]) -> list[Figure]:
    """Two voices of `CLIP_S`, learned, forgotten, and spoken with by turns.

    Raises: AssetError, InvalidMessage where the model clones no voices
    """
    model = load_for_similarity(str(plan.folder), plan.device, plan.quantize, lambda news: on_step(news.what))
    recording = _recording(model.sample_rate_hz)
    with _two_voices(recording) as voices:
        fingerprint = hub.fingerprint(plan.folder)
        first, again = (Voices(model.config, voices, fingerprint) for _ in range(2))
        on_step("learning")
        learned_ms = [_timed_ms(first, voice, model) for voice in ("one", "two")]
        on_step("from the disk")
        disk_ms = [_timed_ms(again, voice, model) for voice in ("one", "two")]
        on_step("changing voices")
        switch_ms = [_timed_ms(again, voice, model) for _ in range(plan.rounds) for voice in ("one", "two")]
    on_step("comparing")
    switch = percentiles(switch_ms)
    alike = similarity(model, recording.samples, STAND_IN_TEXT, preview_text("English"), "English")
    return [
        Figure(f"learn a voice from {recording.duration_s:.0f} s", float(np.mean(learned_ms)), "ms"),
        Figure("take it from the disk", float(np.mean(disk_ms)), "ms"),
        Figure("change to it, p50", switch["p50"], "ms"),
        Figure("change to it, p95", switch["p95"], "ms", SWITCH_TARGET_MS),
        Figure("similarity of the clone", alike.cosine, "cosine"),
    ]


def _recording(rate_hz: int) -> Recording:
    """The embedded voice, about as long as is best."""
    spoken = stand_in_recording(rate_hz)
    repeats = max(1, round(CLIP_S * rate_hz / len(spoken)))
    return prepare(np.tile(spoken, repeats), None)


@contextmanager
def _two_voices(recording: Recording) -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as folder:
        library = open_library(folder, Path(folder))
        for name in ("One", "Two"):
            library.add(Draft(name, recording, transcript=STAND_IN_TEXT, consent=consent("yes", "the benchmark")))
        yield library.folder


def _timed_ms(voices: Voices, voice_id: str, model: Qwen3TTS) -> float:
    """What a request for a voice waits for: that it is looked up, and its prompt is at hand."""
    begun_s = time.perf_counter()
    voices.conditioning(voice_id, model)
    return 1000 * (time.perf_counter() - begun_s)
