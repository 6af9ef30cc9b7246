"""`makima say`: a text into a file, a pipe or the speakers."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import numpy as np
from rich.progress import BarColumn, Progress, TextColumn

from makima.audio import wav
from makima.audio.marking import SYNTHETIC
from makima.audio.pcm import Encoding, encode
from makima.audio.player import Player
from makima.config import Settings
from makima.console import status
from makima.engines.protocol import Engine, SpeechRequest, SpeechStream
from makima.engines.registry import choose
from makima.errors import AssetError, InvalidText, SynthesisFailed
from makima.events import AudioChunk, Loading, Samples
from makima.text.language import spoken_language
from makima.text.speakable import MAX_TEXT_CHARACTERS, check_utterance
from makima.units import samples_to_ms
from makima.voices.catalog import VoiceCatalog

STDOUT = Path("-")


@dataclass(frozen=True, slots=True)
class Destination:
    """Where the audio goes: a file, standard output as `-`, the speakers, or several of them."""

    output: Path | None
    play: bool


def say_text(
    settings: Settings, text: str | None, to: Destination, voice: str | None, language: str, seed: int | None
) -> None:
    """Say `text`, or what comes on standard input if it is None.

    Raises: InvalidText, InvalidMessage, VoiceNotFound, AssetError, EngineError
    """
    spoken = spoken_language(language)
    if text is None and sys.stdin.isatty():
        raise InvalidText("There is nothing to say.", mend='Pass a text: makima say "Hello there."')
    whole = None if text is None else check_utterance(text, MAX_TEXT_CHARACTERS)
    engine = choose(settings).engine
    voice_id = VoiceCatalog(engine.voices(), settings.default_voice).find(voice).id
    try:
        load_with_progress(engine)
        begun_s = time.monotonic()
        stream = engine.open(SpeechRequest(voice_id, spoken, seed))
        _feed(stream, whole)
        total_samples, first_s = _deliver(stream, to)
    finally:
        engine.close()
    if not total_samples:
        raise InvalidText("There was nothing to be spoken in the text.", mend="It needs a letter or a digit.")
    _report(to, total_samples, stream.sample_rate_hz, first_s - begun_s, time.monotonic() - begun_s)


def load_with_progress(engine: Engine) -> None:
    """Load `engine`, with a bar for those that take a while."""
    columns = (TextColumn("Loading {task.description}"), BarColumn())
    with Progress(*columns, console=status, transient=True, disable=not status.is_terminal) as progress:
        task = progress.add_task(engine.name, total=None)

        def show(news: Loading) -> None:
            total = None if news.progress is None else 1.0
            progress.update(task, description=news.what, total=total, completed=news.progress or 0.0)

        engine.load(show)


def _feed(stream: SpeechStream, text: str | None) -> None:
    if text is not None:
        stream.feed(text)
        stream.end_text()
        return

    def read() -> None:
        for line in sys.stdin:
            stream.feed(line)
        stream.end_text()

    threading.Thread(target=read, daemon=True).start()


def _deliver(stream: SpeechStream, to: Destination) -> tuple[int, float]:
    """Send the audio to where it goes; samples in all, and when the first came."""
    total, first_s = 0, 0.0
    kept: list[Samples] = []
    with ExitStack() as stack:
        sinks: list[Callable[[Samples], None]] = []
        if to.play:
            sinks.append(stack.enter_context(Player(stream.sample_rate_hz)).write)
        if to.output == STDOUT:
            sinks.append(_stdout_writer(stream.sample_rate_hz))
        elif to.output is not None:
            sinks.append(kept.append)
        for samples in _audio(stream):
            first_s = first_s or time.monotonic()
            total += len(samples)
            for sink in sinks:
                sink(samples)
    if to.output is not None and to.output != STDOUT and total:
        _write_file(to.output, np.concatenate(kept), stream.sample_rate_hz)
    return total, first_s


def _write_file(path: Path, samples: Samples, sample_rate_hz: int) -> None:
    try:
        wav.write(path, samples, sample_rate_hz, SYNTHETIC)
    except OSError as exc:
        raise AssetError(str(path), f"It cannot be written: {exc.strerror}.") from exc


def _audio(stream: SpeechStream) -> Iterator[Samples]:
    try:
        for event in stream:
            if isinstance(event, AudioChunk):
                yield event.samples
            elif event.reason == "failed":
                raise event.error or SynthesisFailed("The engine failed without saying why.")
    finally:
        stream.cancel()


def _stdout_writer(sample_rate_hz: int) -> Callable[[Samples], None]:
    raw: IO[bytes] = sys.stdout.buffer
    raw.write(wav.header(sample_rate_hz, about=SYNTHETIC))

    def write(samples: Samples) -> None:
        raw.write(encode(samples, Encoding.PCM16))
        raw.flush()

    return write


def _report(to: Destination, samples: int, rate_hz: int, first_s: float, took_s: float) -> None:
    audio_s = samples_to_ms(samples, rate_hz) / 1000
    where = f"{to.output}: " if to.output not in (None, STDOUT) else ""
    status.print(
        f"{where}{audio_s:.1f} s of speech, first audio after {first_s * 1000:.0f} ms, all after {took_s:.2f} s",
        style="dim",
        highlight=False,
    )
